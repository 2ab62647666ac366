"""Events in the outbox: one row stands for all events of one type that a transaction caused.

Events of products are read from the log of changes (:mod:`product_importer.store.changes`), to which the row
refers. Other events have a payload (:mod:`product_importer.support.packing`) with a row for each event, and a
column for each name in the event's ``data``. Product events that an older version wrote have one, too.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import asyncpg
import pyarrow as pa

from product_importer.ports import EventSink, SubscribedSink
from product_importer.store.queries import statements
from product_importer.support.packing import pack

IMPORT_COMPLETED: Final = "import.completed"
IMPORT_FAILED: Final = "import.failed"


class Audience:
    """The sinks that may want events. If no sink wants any, none are written."""

    def __init__(self, sinks: Iterable[EventSink]) -> None:
        wanted = {sink.wanted if isinstance(sink, SubscribedSink) else "true" for sink in sinks}
        self._empty = not wanted
        self._asks = "" if "true" in wanted else f"SELECT {' OR '.join(f'({each})' for each in wanted)}"

    async def listens(self, connection: asyncpg.Connection) -> bool:
        """Returns whether the caller's transaction is to write events."""
        if self._empty or not self._asks:
            return not self._empty
        return bool(await connection.fetchval(self._asks))

    async def wake(self, connection: asyncpg.Connection, channel: str) -> None:
        """Notifies the channel of events that were just committed, so that relays deliver them at once.

        To be called after the transaction, since the server commits notifying transactions one at a time. A
        relay that misses the notification finds the events soon after by polling.
        """
        if not self._empty:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.execute(statements("relay")["wake"], channel)


async def emit(connection: asyncpg.Connection, event_type: str, actor: str, data: pa.RecordBatch) -> None:
    """Writes events that tell of no change of products into the outbox, in the caller's transaction. Without
    rows, nothing is written.
    """
    if data.num_rows:
        await connection.execute(
            *statements("merge").bound(
                "emit",
                id=uuid.uuid4(),
                type=event_type,
                actor=actor,
                events=data.num_rows,
                payload=pack(data),
            )
        )
