"""Events in the outbox: one row holds all events of one type that a transaction caused.

The payload (:mod:`product_importer.support.packing`) has a row for each event, and a column for each name in
the event's ``data``. 500,000 events with their SKUs take a few megabytes of WAL.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

import asyncpg
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from product_importer.fields import NAMES
from product_importer.ports import EventSink, SubscribedSink
from product_importer.store.queries import statements
from product_importer.support.packing import pack

Integers = npt.NDArray[np.int64]

PRODUCT_CREATED: Final = "product.created"
PRODUCT_UPDATED: Final = "product.updated"
PRODUCT_DELETED: Final = "product.deleted"
IMPORT_COMPLETED: Final = "import.completed"
IMPORT_FAILED: Final = "import.failed"

FIELD_BITS: Final = NAMES
"""The field for each bit of merge.sql's ``changes``, lowest bit first."""


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
    """Writes the events into the outbox, in the caller's transaction. Without rows, nothing is written."""
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


def created_data(first_id: int, skus: pa.StringArray) -> pa.RecordBatch:
    """Returns the data of events about new products with consecutive ids."""
    ids = pa.array(np.arange(first_id, first_id + len(skus)))
    return pa.RecordBatch.from_arrays([ids, skus], ["product_id", "sku"])


def updated_data(
    ids: Sequence[int] | Integers, skus: pa.StringArray, changes: Sequence[int] | Integers
) -> pa.RecordBatch:
    """Returns the data of events about changed products; ``changes`` has a bit for each field
    (:data:`FIELD_BITS`).
    """
    changes = np.asarray(changes, np.int64)
    masks = np.flatnonzero(np.bincount(changes))
    names = [[field for bit, field in enumerate(FIELD_BITS) if mask >> bit & 1] for mask in masks.tolist()]
    places = np.searchsorted(masks, changes).astype(np.int16)
    changed = pa.DictionaryArray.from_arrays(pa.array(places), pa.array(names, pa.list_(pa.string())))
    return pa.RecordBatch.from_arrays(
        [pa.array(ids, pa.int64()), skus, changed], ["product_id", "sku", "changed"]
    )


async def emit_deactivated(
    connection: asyncpg.Connection, actor: str, products: Sequence[asyncpg.Record]
) -> None:
    """Writes the events about these products, of which only ``active`` was changed."""
    changes = [1 << FIELD_BITS.index("active")] * len(products)
    skus = pa.array([row["sku"] for row in products], pa.string())
    data = updated_data([row["id"] for row in products], skus, changes)
    await emit(connection, PRODUCT_UPDATED, actor, data)


def deleted_data(ids: Sequence[int], skus: Sequence[str]) -> pa.RecordBatch:
    """Returns the data of events about deleted products."""
    return pa.RecordBatch.from_arrays(
        [pa.array(ids, pa.int64()), pa.array(skus, pa.string())], ["product_id", "sku"]
    )
