"""Creates, lists, cancels and hands over imports in PostgreSQL; reads their rejected rows and warnings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from product_importer.errors import (
    ImportBusy,
)
from product_importer.model import (
    Actor,
    ImportOptions,
    ImportState,
    RejectedRow,
    RowWarning,
    Status,
)
from product_importer.model.import_lists import Alike, ImportFilter
from product_importer.store import events, warnings
from product_importer.store.actions import record, record_begun
from product_importer.store.connect import Database
from product_importer.store.import_lists import LIKENESSES, recent_ids
from product_importer.store.import_rows import options_to_json, read_state, read_states
from product_importer.store.leases import PostgresLease
from product_importer.store.leasing import check_status, leased
from product_importer.store.locks import second
from product_importer.store.queries import statements
from product_importer.store.rejected import rejected_row
from product_importer.store.writer import LEFT_OUT_AFTER

_REJECTS_PAGE: Final = 1000


class Imports:
    """The imports of one database. ``audience``: the sinks that get the events of imports."""

    def __init__(self, database: Database, audience: events.Audience) -> None:
        self._database = database
        self._audience = audience

    async def create(
        self, source: str, filename: str, bytes_total: int, options: ImportOptions, author: str | None
    ) -> int:
        """Creates a queued import and returns its id. ``source`` is the location of its file."""
        create = statements("imports").bound(
            "create",
            source=source,
            filename=filename,
            options=options_to_json(options),
            bytes_total=bytes_total,
            author=author,
        )
        async with self._database.connection() as connection, connection.transaction():
            import_id = int(await connection.fetchval(*create))
            await record_begun(connection, author, import_id)
        return import_id

    async def state(self, import_id: int) -> ImportState:
        """Returns the import's state. Raises :class:`ImportNotFound`."""
        async with self._database.connection() as connection:
            return await read_state(connection, import_id)

    async def recent(self, limit: int, before: int | None, only: ImportFilter) -> list[ImportState]:
        """Returns the latest imports with ids below ``before`` that are wanted, newest first."""
        async with self._database.connection() as connection:
            return await read_states(connection, await recent_ids(connection, limit, before, only))

    async def authors(self, limit: int) -> list[str]:
        """Returns the first ``limit`` authors of imports, in order."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("imports")["authors"], limit)
        return [row["author"] for row in rows]

    async def comparable(self, import_id: int) -> tuple[Alike, int] | None:
        """Returns the earlier import that is most like this one, and what they have in common."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(statements("imports")["comparable"], import_id)
        found = [(alike, row[name]) for alike, name in LIKENESSES.items() if row and row[name] is not None]
        return found[0] if found else None

    async def numbers(self) -> dict[Status, int]:
        """Returns the number of imports by status."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("imports")["numbers"])
        return {Status(row["status"]): row["number"] for row in rows}

    async def interrupted(self) -> list[ImportState]:
        """Returns the imports that were running when their process ended, and that no process runs now."""
        async with self._database.connection() as connection:
            ids = await connection.fetch(statements("imports")["interrupted"], self._database.locks.imports)
            return (await read_states(connection, [row["id"] for row in ids]))[::-1]

    async def due(self, limit: int) -> list[tuple[int, int]]:
        """Returns the imports that wait for a worker, oldest first: each with its id and lease token."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("imports")["due"], self._database.locks.imports, limit)
        return [(row["id"], row["lease_token"]) for row in rows]

    async def suspected(self, import_id: int) -> bool:
        """Returns whether the import's last owner died without having saved a chunk."""
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(statements("imports")["suspected"], import_id))

    async def hand_over(
        self, import_id: int, check: Callable[[str], None], actor: Actor | str | None = None
    ) -> None:
        """Hands the import over to the workers, as ``actor`` asked.

        Raises :class:`ImportBusy` and :class:`ImportEnded`, and the errors of ``check``, which gets the
        import's source.
        """
        sql = statements("imports")
        async with self._database.connection() as connection, connection.transaction():
            state = await read_state(connection, import_id)
            check_status(import_id, state.status, revive=True)
            if state.applied_at is None:  # a plan is applied without the file
                check(state.source)
            if not await connection.fetchval(
                sql["lock_for_now"], self._database.locks.imports, second(import_id)
            ):
                raise ImportBusy(f"Import {import_id} is being run.")
            status = Status(await connection.fetchval(sql["take_lease"], import_id))
            check_status(import_id, status, revive=True)
            await connection.execute(sql["hand_over"], import_id)
            await record(connection, actor, "import.handed_over", f"import:{import_id}")

    async def handed_over(self, import_id: int) -> bool:
        """Returns whether the import was handed over to the workers."""
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(statements("imports")["handed_over"], import_id))

    async def answer(
        self,
        import_id: int,
        answered: Callable[[ImportState], ImportOptions],
        actor: Actor | str | None = None,
        hand_over: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Gives a waiting import the options that answer its questions, so that it can be run.

        ``hand_over`` gets the import's source, and says whether the workers are to run it. Raises the errors
        of ``answered``, which gets the import's state.
        """
        async with self._database.connection() as connection, connection.transaction():
            await connection.fetchval(statements("imports")["take_lease"], import_id)
            state = await read_state(connection, import_id)
            options = options_to_json(answered(state))
            await connection.execute(
                statements("imports")["answer"], import_id, options, hand_over(state.source)
            )
            await record(connection, actor, "import.answered", f"import:{import_id}")

    async def cancel(self, import_id: int, actor: Actor | str | None = None) -> None:
        """Asks for the import to stop after its current chunk, or discards its plan. An import that has ended
        otherwise stays as it is.
        """
        async with self._database.connection() as connection, connection.transaction():
            if (
                await connection.fetchval(statements("imports")["cancel"], import_id) is None
                and await connection.fetchval(statements("plans")["discard"], import_id, LEFT_OUT_AFTER)
                is None
            ):
                await read_state(connection, import_id)  # raises if there is none
            else:
                await record(connection, actor, "import.cancelled", f"import:{import_id}")

    async def rejects(self, import_id: int, after: int = 0) -> AsyncIterator[RejectedRow]:
        """Yields all rejected rows after this record, in the file's order, fetched page by page."""
        while True:
            async with self._database.connection() as connection:
                page = await connection.fetch(
                    statements("imports")["rejects"], import_id, after, _REJECTS_PAGE
                )
            for row in page:
                yield rejected_row(row)
            if len(page) < _REJECTS_PAGE:
                return
            after = page[-1]["record"]

    async def warnings(
        self, import_id: int, code: str | None, after: int
    ) -> AsyncIterator[tuple[int, RowWarning]]:
        """Yields the kept warnings after this number, by number and page by page, with their numbers."""
        while True:
            async with self._database.connection() as connection:
                page = await connection.fetch(
                    statements("imports")["warnings"], import_id, after, code, _REJECTS_PAGE
                )
            for row in page:
                yield row["number"], warnings.row_warning(row)
            if len(page) < _REJECTS_PAGE:
                return
            after = page[-1]["number"]

    async def first_warnings(self, import_id: int, each: int, most: int) -> list[RowWarning]:
        """Returns the first ``each`` warnings of every code, at most ``most`` in all."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("imports")["first_warnings"], import_id, each, most)
        return [warnings.row_warning(row) for row in rows]

    @asynccontextmanager
    async def lease(
        self, import_id: int, *, revive: bool, actor: Actor | str | None = None
    ) -> AsyncIterator[PostgresLease]:
        """Takes the import's lease. It lasts while the owner's process lives, or until it expires.

        Raises :class:`ImportBusy` if another process holds the lease, :class:`ImportEnded` if the import has
        ended for good, and :class:`ImportCancelled` if it was cancelled, unless ``revive`` is set, as
        ``actor`` asked.
        """
        async with leased(self._database, self._audience, import_id, revive=revive, actor=actor) as lease:
            yield lease
