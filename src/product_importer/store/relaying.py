"""The outbox and the sinks' queues in PostgreSQL.

A relay queues fresh batches for the sinks: for each sink it adds a narrow row that refers to the batch. Only
the relay that holds a sink's advisory lock delivers to the sink. The lock ends with its session, and the
server ends a session that is silent for too long, so a killed or stopped relay can't keep others from taking
over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

from product_importer.ports import EventBatch, QueuedBatch
from product_importer.store.changes.sets import event_data
from product_importer.store.changes.states import to_set
from product_importer.store.connect import Database, translated_errors
from product_importer.store.queries import statements
from product_importer.support.packing import unpack

if TYPE_CHECKING:
    import pyarrow as pa

    from product_importer.ports import EventValues

_logger = logging.getLogger(__name__)

_LOCK_PAUSE: Final = 1.0
"""Seconds between attempts to take a sink's lock over from another relay."""

_FAN_OUT: Final = 500
"""Maximum number of batches that are queued for the sinks in one transaction."""

KEEP_DAYS: Final = 30.0
"""How long batches are kept for a sink that no relay serves, and how long given-up batches are kept."""


class PostgresOutbox:
    """An :class:`~product_importer.ports.Outbox`.

    ``still_seconds``: how long the session of a relay may be silent before another relay takes over.
    """

    def __init__(self, database: Database, *, still_seconds: float) -> None:
        self._database = database
        self._still_seconds = still_seconds

    async def register(self, sinks: Sequence[str]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(statements("relay")["register"], sinks)

    async def fan_out(self, seconds: float) -> int:
        async with self._database.connection() as connection:
            return int(await connection.fetchval(statements("relay")["fan_out"], _FAN_OUT, seconds))

    @asynccontextmanager
    async def listening(self, wake: Callable[[], None]) -> AsyncIterator[Callable[[], bool]]:
        async with self._database.dedicated("relay") as connection:
            connection.add_termination_listener(lambda _: wake())
            await connection.add_listener(self._database.channel, lambda *_: wake())
            yield lambda: not connection.is_closed()

    async def tell(self, sink: str, error: str | None) -> None:
        async with self._database.connection() as connection:
            await connection.execute(statements("relay")["tell"], sink, error)

    async def tidy(self) -> None:
        sql = statements("relay")
        async with self._database.connection() as connection:
            for row in await connection.fetch(sql["forget_sinks"], KEEP_DAYS):
                _logger.warning("Nobody has served the event sink %r for long; it is forgotten.", row["name"])
            if given_up := await connection.fetch(sql["forget_given_up"], KEEP_DAYS):
                _logger.warning("%d batches that were given up long ago are forgotten.", len(given_up))
            await connection.execute(sql["forget_unneeded"])

    @asynccontextmanager
    async def queue(
        self, sink: str, *, wait: bool, in_order: bool
    ) -> AsyncIterator[PostgresSinkQueue | None]:
        sql = statements("relay")
        async with self._database.dedicated(f"relay {sink}") as connection:
            await connection.execute(sql["hold_briefly"], f"{int(self._still_seconds * 1000)}ms")
            while True:
                row = await connection.fetchrow(sql["take_queue"], sink, self._database.locks.sinks)
                if row is not None and row["mine"]:
                    next_ = "next_in_order" if in_order else "next"
                    yield PostgresSinkQueue(connection, row["id"], next_)
                    return
                if not wait:
                    yield None
                    return
                await asyncio.sleep(_LOCK_PAUSE)


class PostgresSinkQueue:
    """A :class:`~product_importer.ports.SinkQueue`. Its connection holds the sink's lock."""

    def __init__(self, connection: asyncpg.Connection, sink_id: int, next_: str) -> None:
        self._connection = connection
        self._sink_id = sink_id
        self._next = next_

    async def next(self, values: EventValues = "none") -> QueuedBatch | None:
        async with translated_errors():
            row = await self._connection.fetchrow(statements("relay")[self._next], self._sink_id)
        if row is None:
            return None
        data = await self._data(row, values)
        batch = EventBatch(str(row["id"]), row["type"], row["occurred_at"], row["actor"], data, values=values)
        return QueuedBatch(batch, row["attempts"], row["taken"], row["most"])

    async def _data(self, row: asyncpg.Record, values: EventValues) -> pa.RecordBatch:
        """Returns the batch's data. Rows of older versions, and those about imports, have it themselves."""
        if row["number"] is None:
            return unpack(row["payload"])
        # An import's command delivers no events, and is spared the modules that show products.
        from product_importer.store.changes.values import with_values  # noqa: PLC0415

        changes = to_set(row)
        data = event_data(changes.kind, changes.data, changes.import_id)
        async with translated_errors():
            return await with_values(self._connection, changes, data, values)

    async def delivered(self, batch_id: str) -> None:
        async with translated_errors():
            await self._connection.execute(statements("relay")["delivered"], self._sink_id, batch_id)

    async def taken(self, batch_id: str, events: int) -> None:
        async with translated_errors():
            await self._connection.execute(statements("relay")["taken"], self._sink_id, batch_id, events)

    async def failed(
        self, batch_id: str, error: str, retry_seconds: float | None, most: int | None = None
    ) -> None:
        async with translated_errors():
            await self._connection.execute(
                *statements("relay").bound(
                    "failed",
                    sink_id=self._sink_id,
                    batch_id=batch_id,
                    error=error,
                    retry_seconds=retry_seconds,
                    most=most,
                )
            )
