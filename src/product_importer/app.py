"""The entry point of the library; it puts the library's parts together."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

from product_importer import embedded
from product_importer.errors import MigrationError
from product_importer.imports import Imports
from product_importer.model import Actor, ImportOptions, ImportReport
from product_importer.plugins import load_plugins
from product_importer.registry import PluginSet
from product_importer.settings import Settings, load_settings
from product_importer.sinks import Sinks
from product_importer.storage import open_storage
from product_importer.store.actions import Actions
from product_importer.store.connect import Database
from product_importer.store.events import Audience
from product_importer.store.kept_files import KeptFiles
from product_importer.store.migrate import migrate, pending
from product_importer.store.uploads import Uploads

if TYPE_CHECKING:
    import asyncpg

    from product_importer.catalogue import Catalogue
    from product_importer.imports.contents import Content
    from product_importer.imports.schedules import Schedules
    from product_importer.pipeline.watch import OnProgress
    from product_importer.store.changes.keeping import ChangeHistory
    from product_importer.store.deletions import Deletions
    from product_importer.store.profiles import Profiles

FORMER_NAMES: Final = frozenset(
    {
        *("cancel", "create", "create_from", "create_from_upload", "due", "hand_over", "interrupted"),
        *("numbers", "preview", "recent", "rejects", "report", "resume", "start", "state", "suspected"),
        "warnings",
    }
)
"""Former methods of the importer, which are now those of ``Importer.imports``, with the same names."""


class Opening:
    """The result of :meth:`Importer.open`: opens the importer with ``async with`` or with ``await``."""

    def __init__(self, opened: Callable[[AsyncExitStack], Awaitable[Importer]]) -> None:
        self._opened = opened
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Importer:
        async with AsyncExitStack() as stack:
            importer = await self._opened(stack)
            importer._opened = self._stack = stack.pop_all()  # noqa: SLF001 - the two are made for each other
        return importer

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    def __await__(self) -> Generator[Any, None, Importer]:
        return self.__aenter__().__await__()


class Importer:
    """Product Importer with one database. Made by :meth:`open`.

    ``imports`` registers, runs and shows imports; ``catalogue`` shows and changes products; ``deletions``
    deletes all of them; ``uploads`` receives files piece by piece; ``profiles`` keeps how files are read;
    ``schedules`` imports URLs at certain times; ``sinks`` are the event sinks; ``actions`` lists requests and
    their actors; ``changes`` is the log of changes. ``storage`` keeps files until their import ends.
    """

    def __init__(self, database: Database, plugins: PluginSet, settings: Settings) -> None:
        self.database = database
        self.plugins = plugins
        self.settings = settings
        self.actions = Actions(database)
        self._audience = Audience(plugins.event_sinks.values())
        self.sinks = Sinks(database, plugins, seconds=settings.plugin_timeout)
        place = settings.storage_url or (settings.data_dir / "imports").as_uri()
        self.storage = open_storage(place, settings.disk_reserve)
        files = KeptFiles(
            database, self.storage, resumable_days=settings.keep_days, days=settings.keep_files_days
        )
        self.uploads = Uploads(
            *(database, files, self._audience),
            hours=settings.upload_hours,
            most_open=settings.open_uploads,
        )
        self.imports = Imports(database, plugins, settings, files, self.uploads)
        self._opened = AsyncExitStack()

    @cached_property
    def changes(self) -> ChangeHistory:
        """The log of all changes of products of this database."""
        from product_importer.store.changes.keeping import ChangeHistory  # noqa: PLC0415 - few imports need it

        return ChangeHistory(self.database, self.settings.history_months)

    @cached_property
    def schedules(self) -> Schedules:
        """The schedules of this database: imports of a URL at certain times."""
        from product_importer.imports.schedules import Schedules  # noqa: PLC0415 - few imports need it

        return Schedules(self.database, self.plugins, self.storage)

    @cached_property
    def profiles(self) -> Profiles:
        """The profiles of this database: how files are read and merged, by name."""
        from product_importer.store.profiles import Profiles  # noqa: PLC0415 - few imports need it

        return Profiles(self.database)

    @cached_property
    def deletions(self) -> Deletions:
        """The deletions of all products of this database."""
        from product_importer.store.deletions import Deletions  # noqa: PLC0415 - few programs need it

        return Deletions(self.database, self._audience)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The products of this database."""
        from product_importer.catalogue import Catalogue  # noqa: PLC0415 - an import of a file doesn't need it

        return Catalogue(self.database, self.plugins)

    @classmethod
    def open(
        cls,
        database_url: str | None = None,
        *,
        plugins: Iterable[object] = (),
        settings: Settings | None = None,
        update_schema: bool = True,
    ) -> Opening:
        """Connects, updates the schema and loads plugins; ``plugins`` are used beside the installed ones.

        Use the result with ``async with``. Where a block doesn't fit, such as in a notebook, ``await`` it,
        and call :meth:`close` at the end.

        Without ``update_schema`` the schema stays as it is: :meth:`check` tells whether it can be used.
        Without ``database_url`` and without the setting DATABASE_URL, the embedded PostgreSQL is started, or
        joined if it runs already. Raises :class:`DatabaseError`, :class:`SettingsError` and
        :class:`PluginError`.
        """

        async def opened(stack: AsyncExitStack) -> Importer:
            used = settings or load_settings()
            loaded = await asyncio.to_thread(load_plugins, plugins, disabled=used.disabled_plugins)
            dsn = database_url or used.database_url
            if dsn is None:
                dsn = (await stack.enter_async_context(embedded.EmbeddedPostgres.open(used.data_dir))).dsn
            database = await stack.enter_async_context(Database.open(dsn, used.schema))
            if update_schema:
                async with database.dedicated("migrations") as connection:
                    await migrate(connection, loaded.migrations.values(), used.schema)
            return cls(database, loaded, used)

        return Opening(opened)

    async def close(self) -> None:
        """Closes what :meth:`open` has opened. It may be called again."""
        await self._opened.aclose()

    async def run(
        self,
        source: str | PathLike[str] | Content,
        options: ImportOptions | None = None,
        on_progress: OnProgress | None = None,
        *,
        filename: str | None = None,
        actor: Actor | str | None = None,
    ) -> ImportReport:
        """Imports a file and returns a report of its end.

        ``source``: a path, a URL of a registered source, bytes, a file that is open for reading bytes, a
        table that speaks Arrow (pandas, polars, pyarrow), or records, which are mappings of names to values.
        ``filename`` names what isn't a path. ``actor`` becomes the import's author.

        ``on_progress`` is called with an :class:`ImportState` a few times a second, the last time with the
        end state. It may be a coroutine function: states that come while it is busy are left out, except the
        last. A failed import is reported, not raised; an import that can't begin raises
        :class:`UsageError` or :class:`FileError`.
        """
        import_id = await self.imports.create(source, options, filename=filename, actor=actor)
        return await self.imports.start(import_id, on_progress)

    async def grant(self, role: str) -> None:
        """Gives a role of the server what a program with this library needs, and no more: it can read and add
        to the log of changes and to the acts, and read and write the other tables.

        Raises :class:`UsageError` if there is no such role, if it has the rights of the tables' owner anyway,
        or if this importer isn't connected as their owner.
        """
        from product_importer.store.granting import grant  # noqa: PLC0415 - few programs need it

        await grant(self.database, role, self.plugins.migrations.values())

    async def check(self) -> None:
        """Raises :class:`DatabaseError` if the database can't be used, :class:`MigrationError` if its schema
        isn't the one that this version needs.
        """
        async with self.database.connection() as connection:
            waiting = await pending(connection, self.plugins.migrations.values(), self.database.schema)
        if waiting:
            names = ", ".join(f"{each.set_name} {each.version:04d}" for each in waiting)
            raise MigrationError(
                f"The database lacks what this version adds to it ({names}). Run: product-importer migrate."
            )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Provides a shared connection to a plugin's own tables, for short queries.

        Raises :class:`DatabaseError` if the database fails, and :class:`DataRefused` for values that it can't
        store.
        """
        async with self.database.connection() as connection:
            yield connection

    if not TYPE_CHECKING:  # type checkers know the present names only

        def __getattr__(self, name: str) -> object:
            if name not in FORMER_NAMES:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            warnings.warn(
                f"Importer.{name} is now Importer.imports.{name}; the former name will go.",
                DeprecationWarning,
                stacklevel=2,
            )
            return getattr(self.imports, name)
