"""Imports in PostgreSQL: made, listed, cancelled and handed over, with their rejected rows and warnings."""

from __future__ import annotations

import json
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
    RowError,
    RowWarning,
    Status,
)
from product_importer.store import events, warnings
from product_importer.store.actions import record
from product_importer.store.connect import Database
from product_importer.store.import_rows import options_to_json, read_state, read_states
from product_importer.store.leases import PostgresLease
from product_importer.store.leasing import check_status, leased
from product_importer.store.locks import second
from product_importer.store.queries import statements

_REJECTS_PAGE: Final = 1000


class Imports:
    """The imports of one database. ``audience``: who is told of what they do."""

    def __init__(self, database: Database, audience: events.Audience) -> None:
        self._database = database
        self._audience = audience

    async def create(
        self, source: str, filename: str, bytes_total: int, options: ImportOptions, author: str | None
    ) -> int:
        """A new queued import's id. ``source`` is where its file is to be found."""
        create = statements("imports").bound(
            "create",
            source=source,
            filename=filename,
            options=options_to_json(options),
            bytes_total=bytes_total,
            author=author,
        )
        async with self._database.connection() as connection:
            return int(await connection.fetchval(*create))

    async def state(self, import_id: int) -> ImportState:
        """Raises :class:`ImportNotFound`."""
        async with self._database.connection() as connection:
            return await read_state(connection, import_id)

    async def recent(self, limit: int, before: int | None) -> list[ImportState]:
        """The latest imports below an id, newest first."""
        async with self._database.connection() as connection:
            ids = await connection.fetch(statements("imports")["recent"], limit, before)
            return await read_states(connection, [row["id"] for row in ids])

    async def numbers(self) -> dict[Status, int]:
        """How many imports there are of each status."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("imports")["numbers"])
        return {Status(row["status"]): row["number"] for row in rows}

    async def interrupted(self) -> list[ImportState]:
        """Imports that were running when their process ended, and that nobody runs now."""
        async with self._database.connection() as connection:
            ids = await connection.fetch(statements("imports")["interrupted"], self._database.locks.imports)
            return (await read_states(connection, [row["id"] for row in ids]))[::-1]

    async def due(self, limit: int) -> list[tuple[int, int]]:
        """Imports that workers are to run and nobody runs now, the oldest first: id and lease token."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("imports")["due"], self._database.locks.imports, limit)
        return [(row["id"], row["lease_token"]) for row in rows]

    async def suspected(self, import_id: int) -> bool:
        """Whether the import's last owner ended without a word, having saved nothing."""
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(statements("imports")["suspected"], import_id))

    async def hand_over(
        self, import_id: int, check: Callable[[str], None], actor: Actor | str | None = None
    ) -> None:
        """Leaves the import to the workers, as ``actor`` asked.

        Raises :class:`ImportBusy` and :class:`ImportEnded`, and what ``check`` raises of its source.
        """
        sql = statements("imports")
        async with self._database.connection() as connection, connection.transaction():
            state = await read_state(connection, import_id)
            check_status(import_id, state.status, revive=True)
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
        """Whether the import was left to the workers."""
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(statements("imports")["handed_over"], import_id))

    async def cancel(self, import_id: int, actor: Actor | str | None = None) -> None:
        """Asks for the import to stop at its next chunk's edge. One that has ended stays as it is."""
        async with self._database.connection() as connection, connection.transaction():
            if await connection.fetchval(statements("imports")["cancel"], import_id) is None:
                await read_state(connection, import_id)  # raises if there is none
            else:
                await record(connection, actor, "import.cancelled", f"import:{import_id}")

    async def rejects(self, import_id: int, after: int = 0) -> AsyncIterator[RejectedRow]:
        """Every rejected row that follows this record, in the file's order, a page at a time."""
        while True:
            async with self._database.connection() as connection:
                page = await connection.fetch(
                    statements("imports")["rejects"], import_id, after, _REJECTS_PAGE
                )
            for row in page:
                errors = tuple(RowError(**error) for error in json.loads(row["errors"]))
                yield RejectedRow(row["line"], row["record"], tuple(row["cells"]), errors)
            if len(page) < _REJECTS_PAGE:
                return
            after = page[-1]["record"]

    async def warnings(
        self, import_id: int, code: str | None, after: int
    ) -> AsyncIterator[tuple[int, RowWarning]]:
        """The kept warnings that follow this number, code by code, a page at a time, each with its number."""
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
        """The first ``each`` of every code, ``most`` in all."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("imports")["first_warnings"], import_id, each, most)
        return [warnings.row_warning(row) for row in rows]

    @asynccontextmanager
    async def lease(
        self, import_id: int, *, revive: bool, actor: Actor | str | None = None
    ) -> AsyncIterator[PostgresLease]:
        """The right to run the import: while its owner's process lives, or until its lease runs out.

        Raises :class:`ImportBusy` where another process has it, :class:`ImportEnded` where the import has
        ended for good, and :class:`ImportCancelled` where it was cancelled, unless it is to ``revive``, as
        ``actor`` asked.
        """
        async with leased(self._database, self._audience, import_id, revive=revive, actor=actor) as lease:
            yield lease
