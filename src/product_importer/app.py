"""The library's front door, and the one place where its parts are put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from product_importer.catalogue import Catalogue
from product_importer.cells.shortening import quoted
from product_importer.deletions import Deletions
from product_importer.delimited.dialect import HEAD_BYTES
from product_importer.delimited.encodings.names import known_encoding
from product_importer.delimited.rejects_file import Origin, origin_of, token
from product_importer.embedded import EmbeddedPostgres
from product_importer.errors import (
    DatabaseError,
    ImportCancelled,
    ImportInterrupted,
    ImportNotFound,
    ImportStuck,
    LeaseLost,
    MigrationError,
    ProductImporterError,
    StorageError,
    TooManyConnections,
    UsageError,
)
from product_importer.model import (
    Actor,
    ImportOptions,
    ImportReport,
    ImportState,
    Once,
    Preview,
    RejectedRow,
    RowWarning,
    Status,
    author_of,
)
from product_importer.pipeline.preview import PREVIEW_BYTES, preview
from product_importer.pipeline.run import ImportRun, OnProgress, Tuning
from product_importer.plugins import load_plugins
from product_importer.ports import Lease, ReadSoFar
from product_importer.registry import PluginSet
from product_importer.settings import Settings, load_settings
from product_importer.sinks import Sinks
from product_importer.storage import open_storage
from product_importer.storage.sources import (
    blocks_of,
    check_handed_over,
    checked_size,
    fetched,
    head_of,
    is_url,
    local_file,
)
from product_importer.store.connect import Database, told_plainly
from product_importer.store.events import Audience
from product_importer.store.imports import Imports
from product_importer.store.migrate import migrate, pending
from product_importer.store.taking_over import take_over
from product_importer.store.uploads import Uploads

if TYPE_CHECKING:
    import asyncpg

logger = logging.getLogger(__name__)

REPORTED_REJECTS = 100
"""How many rejected rows an :class:`ImportReport` holds; :meth:`Importer.rejects` gives all."""


REPORTED_WARNINGS = 100
REPORTED_OF_A_CODE = 10
"""How many warnings an :class:`ImportReport` holds, and how many of one code."""

MOST_ATTEMPTS = 5
"""How often an import is begun without getting on before it counts as failed."""


class Importer:
    """Imports files into one database, and shows and changes the products there. Made by :meth:`open`.

    ``uploads`` are files that are handed over piece by piece; ``storage`` keeps them until their import ends.
    """

    def __init__(self, database: Database, plugins: PluginSet, settings: Settings) -> None:
        self.database = database
        self.plugins = plugins
        self.settings = settings
        self.catalogue = Catalogue(database, plugins)
        self.deletions = Deletions(database, plugins)
        self.sinks = Sinks(database, plugins, seconds=settings.plugin_timeout)
        place = settings.storage_url or (settings.data_dir / "imports").as_uri()
        self.storage = open_storage(place, settings.disk_reserve)
        self.uploads = Uploads(
            *(database, self.storage),
            hours=settings.upload_hours,
            keep_days=settings.keep_days,
            most_open=settings.open_uploads,
        )
        self._imports = Imports(database, Audience(plugins.event_sinks.values()))

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database_url: str | None = None,
        *,
        plugins: Iterable[object] = (),
        settings: Settings | None = None,
        update_schema: bool = True,
    ) -> AsyncIterator[Importer]:
        """Connects, updates the schema and loads plugins; ``plugins`` come beside the installed ones.

        Without ``update_schema`` the database stays as it is: :meth:`check` tells whether it will do.

        Without ``database_url`` and without the setting DATABASE_URL, the embedded PostgreSQL is started, or
        joined where it runs already. Raises :class:`DatabaseError`, :class:`SettingsError` and
        :class:`PluginError`.
        """
        settings = settings or load_settings()
        loaded = await asyncio.to_thread(load_plugins, plugins, disabled=settings.disabled_plugins)
        dsn = database_url or settings.database_url
        async with AsyncExitStack() as stack:
            if dsn is None:
                dsn = (await stack.enter_async_context(EmbeddedPostgres.open(settings.data_dir))).dsn
            database = await stack.enter_async_context(Database.open(dsn, settings.schema))
            if update_schema:
                async with database.dedicated("migrations") as connection:
                    await migrate(connection, loaded.migrations.values(), settings.schema)
            yield cls(database, loaded, settings)

    async def run(
        self,
        source: str | PathLike[str],
        options: ImportOptions | None = None,
        on_progress: OnProgress | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> ImportReport:
        """Imports a file (a path, or a URL of a registered source) and reports how it ended.

        ``actor`` becomes the import's author.

        ``on_progress`` is called with an :class:`ImportState` a few times a second, the last time with the
        end state. A failed import is reported, not raised; what can't even begin is raised:
        :class:`UsageError`, :class:`FileError`.
        """
        return await self.start(await self.create(source, options, actor=actor), on_progress)

    async def create(
        self,
        source: str | PathLike[str],
        options: ImportOptions | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import by ``actor``, to be run by :meth:`start`, here or elsewhere. Returns its id."""
        options = options or ImportOptions(parser=self.settings.parser)
        self._check_options(options)
        _check_encoding(options)
        text = str(source)
        if is_url(text):
            async with fetched(self.plugins, text) as (filename, stream):
                return await self.create_from(stream, filename, options, actor=actor)
        path = await asyncio.to_thread(Path(text).absolute)
        size = await asyncio.to_thread(checked_size, path)
        return await self._imports.create(str(path), path.name, size, options, author_of(actor))

    async def create_from(
        self,
        stream: BinaryIO,
        filename: str,
        options: ImportOptions | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import of what is read from the stream, which is kept in the storage meanwhile.

        Raises :class:`StorageError` (``disk_full`` where there is no room), leaving nothing behind.
        """
        upload = await self.uploads.receive(filename, blocks_of(stream), actor=actor)
        return (await self.create_from_upload(upload.id, options))[0]

    async def create_from_upload(
        self,
        upload_id: str,
        options: ImportOptions | None = None,
        *,
        once: Once | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> tuple[int, bool]:
        """Registers an import of an upload that is complete: its id, and whether this call made it.

        The import takes the file over, unless it is a dry run: then the upload can be imported again.
        ``hand_over`` leaves it to the workers, as :meth:`hand_over` does. The import's author is ``actor``,
        or else the upload's. ``once`` gives back the import that an earlier call under the same key made.
        Raises :class:`UploadNotFound`, :class:`UploadIncomplete` and :class:`IdempotencyConflict`.
        """
        options = options or ImportOptions(parser=self.settings.parser)
        self._check_options(options)
        _check_encoding(options)
        hours = self.settings.upload_hours
        return await take_over(
            self.database,
            upload_id,
            options,
            hours=hours,
            once=once,
            background=hand_over,
            author=author_of(actor),
        )

    async def preview(
        self,
        source: bytes | str | PathLike[str],
        options: ImportOptions | None = None,
        *,
        complete: bool = False,
        rows: int = 20,
    ) -> Preview:
        """How a file would be read: encoding, delimiter, columns, the first rows and what is wrong with them.

        ``source`` is a path, or a file's first bytes, ``complete`` if they are all of it; no more than the
        first MiB is looked at. A file that would be refused has a ``problem``. Raises :class:`FileError`
        where there is no file, :class:`UsageError` for options that don't exist, and :class:`PluginError`.
        """
        options = options or ImportOptions(parser=self.settings.parser)
        self._check_options(options)
        if isinstance(source, bytes):
            head, complete = source[:PREVIEW_BYTES], complete and len(source) <= PREVIEW_BYTES
        else:
            head, complete = await asyncio.to_thread(head_of, Path(source), PREVIEW_BYTES)
        seconds = self.settings.plugin_timeout
        return await preview(
            self.plugins,
            head,
            options,
            complete=complete,
            rows=rows,
            seconds=seconds,
            origin=await self._origin(head),
        )

    async def start(
        self,
        import_id: int,
        on_progress: OnProgress | None = None,
        *,
        stop: asyncio.Event | None = None,
    ) -> ImportReport:
        """Runs a registered import. One that was cancelled while it waited stays so, and is reported.

        Once ``stop`` is set, the import is given up at its next chunk's edge, for another process to go on
        with: that raises :class:`ImportInterrupted`. Raises what :meth:`resume` does.
        """
        try:
            return await self._run(import_id, on_progress, stop, revive=False)
        except ImportCancelled:
            return await self.report(import_id)

    async def resume(
        self,
        import_id: int,
        on_progress: OnProgress | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> ImportReport:
        """Runs a queued, interrupted, failed or cancelled import, from where it was to its end.

        The log names ``actor``; the import's author stays.

        Raises :class:`ImportNotFound`, :class:`ImportBusy` where it is being run, :class:`LeaseLost` where
        another process took it over in the middle, :class:`DatabaseError` where the connection was lost
        (resume it again then), :class:`ImportEnded` where it has ended for good.
        """
        _log_request("go on", import_id, actor)
        return await self._run(import_id, on_progress, None, revive=True)

    async def hand_over(self, import_id: int, *, actor: Actor | str | None = None) -> None:
        """Leaves a registered, interrupted, failed or cancelled import to the workers. They read what lies in
        the storage, and no other files. The log names ``actor``; the import's author stays.

        Raises :class:`ImportNotFound`, :class:`FileError` for an import of a path, :class:`ImportBusy` where
        it is being run, :class:`ImportEnded` where it has ended for good.
        """
        await self._imports.hand_over(import_id, check_handed_over)
        _log_request("go on", import_id, actor)

    async def due(self, limit: int = 100) -> list[tuple[int, int]]:
        """What was handed over and nobody runs now, the oldest first: ids, and a number for each that grows
        with every attempt.
        """
        return await self._imports.due(limit)

    async def _run(
        self, import_id: int, on_progress: OnProgress | None, stop: asyncio.Event | None, *, revive: bool
    ) -> ImportReport:
        async with self._imports.lease(import_id, revive=revive) as lease:
            try:
                async with told_plainly():
                    await self._run_leased(lease, on_progress, stop, revive=revive)
            except ImportCancelled:
                await lease.finish(Status.CANCELLED, _saved_so_far("Cancelled.", await lease.state()))
            except (ImportInterrupted, LeaseLost, DatabaseError) as error:
                if (
                    isinstance(error, (ImportInterrupted, TooManyConnections))
                    or error.code == "database_full"
                ):
                    await lease.release()  # no fault of this import: it costs no attempt
                raise
            except ProductImporterError as error:
                await lease.finish(Status.FAILED, _saved_so_far(str(error), await lease.state()))
            except Exception as error:
                # A defect of ours, of whatever type: an import that it left running would be taken up again
                # and again. It is told as a defect, with the import in a state from which it can be resumed.
                logger.exception("Import %d failed unexpectedly", import_id)
                reason = f"An unexpected error, {type(error).__name__}, ended the import: {error}."
                await lease.finish(Status.FAILED, _saved_so_far(reason, await lease.state()))
        return await self._ended(import_id, on_progress)

    async def _ended(self, import_id: int, on_progress: OnProgress | None) -> ImportReport:
        report = await self.report(import_id)
        if report.status in (Status.COMPLETED, Status.PLANNED):
            await self._discard(report.state)
        if on_progress is not None:
            try:
                on_progress(report.state)
            except Exception:
                logger.exception("The progress callback failed at the end of import %d", import_id)
        return report

    async def _run_leased(
        self, lease: Lease, on_progress: OnProgress | None, stop: asyncio.Event | None, *, revive: bool
    ) -> None:
        state = await lease.state()
        await lease.heartbeat(ReadSoFar())  # raises if somebody cancelled it after its last owner had gone
        _check_attempt(lease.attempt, state.options, self.plugins)
        self._check_options(state.options)
        if not revive and await self._imports.handed_over(lease.import_id):
            check_handed_over(state.source)
        tuning = Tuning(writers=self.settings.writers, plugin_timeout=self.settings.plugin_timeout)
        async with local_file(self.storage, state.source, state.bytes_total, lease, stop) as path:
            run = ImportRun(
                *(lease, self.plugins, path, state.options),
                tuning=tuning,
                origin=await self._origin((await asyncio.to_thread(head_of, path, HEAD_BYTES))[0]),
                on_progress=on_progress,
                stop=stop,
            )
            await run.run()

    async def suspected(self, import_id: int) -> bool:
        """Whether the process that ran the import last died, or lost the database, before it got on.

        A worker runs such an import alone, so that it takes no other one down.
        """
        return await self._imports.suspected(import_id)

    async def report(self, import_id: int) -> ImportReport:
        """How the import stands, with its first rejected rows. Raises :class:`ImportNotFound`."""
        state = await self.state(import_id)
        rejected = []
        async for row in self.rejects(import_id):
            rejected.append(row)
            if len(rejected) == REPORTED_REJECTS:
                break
        warned = await self._imports.first_warnings(import_id, REPORTED_OF_A_CODE, REPORTED_WARNINGS)
        return ImportReport(state, tuple(rejected), tuple(warned))

    async def state(self, import_id: int) -> ImportState:
        """Raises :class:`ImportNotFound`."""
        return await self._imports.state(import_id)

    async def recent(self, limit: int = 20, *, before: int | None = None) -> list[ImportState]:
        """The latest imports, or the latest of those whose ids are below ``before``, newest first."""
        return await self._imports.recent(limit, before)

    async def numbers(self) -> dict[Status, int]:
        """How many imports there are of each status; none of one that isn't named."""
        return await self._imports.numbers()

    async def check(self) -> None:
        """Raises :class:`DatabaseError` where the database can't be used, :class:`MigrationError` where it
        isn't as this version needs it.
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
        """A shared connection for a plugin's own tables, for short queries.

        Raises :class:`DatabaseError` where the database fails, and :class:`DataRefused` for values that it
        can't store.
        """
        async with self.database.connection() as connection:
            yield connection

    async def interrupted(self) -> list[ImportState]:
        """Imports whose process ended before they did. :meth:`resume` takes them on."""
        return await self._imports.interrupted()

    async def cancel(self, import_id: int, *, actor: Actor | str | None = None) -> None:
        """Stops the import at its next chunk's edge, wherever it runs. What is saved stays saved.

        The log names ``actor``.
        """
        await self._imports.cancel(import_id)
        _log_request("stop", import_id, actor)

    async def rejects(self, import_id: int, *, after: int = 0) -> AsyncIterator[RejectedRow]:
        """Every rejected row of the import that follows the record ``after``, in the file's order."""
        async for row in self._imports.rejects(import_id, after):
            yield row

    async def warnings(
        self, import_id: int, *, code: str | None = None, after: int = 0
    ) -> AsyncIterator[tuple[int, RowWarning]]:
        """The import's warnings that are kept: of each code, or of this one, the first 1,000, code by code.

        Each comes with its number, from 1; those up to the number ``after`` are left out.
        """
        async for numbered in self._imports.warnings(import_id, code, after):
            yield numbered

    async def _discard(self, state: ImportState) -> None:
        """A file that can't be removed now is left to :meth:`Uploads.tidy`."""
        try:
            await self.uploads.discard(state.source)
        except (StorageError, DatabaseError) as error:
            logger.warning("The file of import %d stays for now: %s", state.id, error)

    async def _origin(self, head: bytes) -> Origin | None:
        """The import of which the file that begins so holds the rejected rows, if this database has it."""
        if (named := origin_of(head)) is None:
            return None
        try:
            state = await self.state(named[0])
        except ImportNotFound:
            return None
        return Origin(state.mapping, state.options) if token(state) == named[1] else None

    def _check_options(self, options: ImportOptions) -> None:
        _check_known("parser", options.parser, self.plugins.parsers)
        _check_known("duplicate policy", options.duplicates, self.plugins.dedupe_policies)


def _log_request(what: str, import_id: int, actor: Actor | str | None) -> None:
    """The import keeps its author, whoever asks for more."""
    if actor is not None:
        logger.info("Import %d was asked to %s by %s", import_id, what, actor)


def _check_known(kind: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise UsageError(f"There is no {kind} {quoted(name)}. Known: {', '.join(sorted(known))}.")


def _check_encoding(options: ImportOptions) -> None:
    """Whatever the parser is; a preview tells of it as it tells of the file's other problems."""
    if options.encoding is not None:
        known_encoding(options.encoding)


def _check_attempt(attempt: int, options: ImportOptions, plugins: PluginSet) -> None:
    if attempt > MOST_ATTEMPTS:
        foreign = plugins.foreign_objects(options.parser, options.duplicates)
        suspects = f" or a defect in {', '.join(foreign)}" if foreign else ""
        raise ImportStuck(
            f"The import was begun {MOST_ATTEMPTS} times without getting on: each time the process that ran "
            f"it was killed, or lost the database. Look for the reason, such as too little memory{suspects}, "
            "before you try again."
        )


def _saved_so_far(reason: str, state: ImportState) -> str:
    saved = state.counts.created + state.counts.updated
    if saved == 0:
        return f"{reason} Nothing was changed."
    return f"{reason} Saved so far: {saved:,} products; resume the import to go on."
