"""The ends of imports: the events about them, and the end of those that nobody answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import asyncpg
import pyarrow as pa

from product_importer.model import ImportState, Status
from product_importer.store import events
from product_importer.store.connect import Database
from product_importer.store.import_rows import read_state
from product_importer.store.queries import statements

_KINDS: Final = {Status.COMPLETED: events.IMPORT_COMPLETED, Status.FAILED: events.IMPORT_FAILED}
"""The final statuses that cause events."""


async def emit_end(connection: asyncpg.Connection, audience: events.Audience, state: ImportState) -> None:
    """Writes the event about the import's end, if its status causes one, in the caller's transaction."""
    kind = _KINDS.get(state.status)
    if kind is not None and await audience.listens(connection):
        await events.emit(connection, kind, f"import:{state.id}", _data(state))


async def expire_questions(database: Database, audience: events.Audience, hours: float) -> None:
    """Ends the imports that have waited for answers for so many hours."""
    async with database.connection() as connection:
        async with connection.transaction():
            ended = await connection.fetch(statements("uploads")["expire_questions"], hours)
            for row in ended:
                await emit_end(connection, audience, await read_state(connection, row["id"]))
        if ended:
            await audience.wake(connection, database.channel)


def _data(state: ImportState) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {
                "import_id": state.id,
                "filename": state.filename,
                "message": state.message,
                **asdict(state.counts),
            }
        ]
    )
