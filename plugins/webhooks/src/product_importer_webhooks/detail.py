"""The values of products in events: what endpoints want of them, and the bytes that they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.ports import EventBatch
from product_importer_webhooks.model import VALUES

if TYPE_CHECKING:
    from product_importer.ports import EventValues

MOST_BYTES: Final = 256_000
"""Maximum number of bytes of a request's body."""

EVENT_BYTES: Final = 1_500
"""Maximum number of bytes of an event without values."""

_VALUES_BYTES: Final = 120_000
"""Maximum number of bytes of a text with values. An event with two of them fits into a request."""

_PIECE_BYTES: Final = 32_000_000
"""Number of bytes of events that are stored, and read into memory, together."""

_COLUMNS: Final[Mapping[EventValues, tuple[str, ...]]] = {
    "none": (),
    "changed": ("values",),
    "full": ("values", "product"),
}
"""The columns of a batch's data that hold values."""


def needed(type_: str, wanted: Iterable[EventValues]) -> EventValues:
    """Returns the values that a batch of events of this type must have for endpoints that want these."""
    most: EventValues = max(wanted, key=VALUES.index, default="none")
    if not type_.startswith("product.") or (most == "changed" and type_ != "product.updated"):
        return "none"
    return most


def suffices(batch: EventBatch, values: EventValues) -> bool:
    """Returns whether the batch has these values."""
    return VALUES.index(batch.values) >= VALUES.index(values)


def with_only(batch: EventBatch, values: EventValues) -> EventBatch:
    """Returns the batch without the values that weren't asked for."""
    unwanted = set(_COLUMNS["full"]) - set(_COLUMNS[values])
    names = [name for name in batch.data.schema.names if name not in unwanted]
    return replace(batch, data=batch.data.select(names))


def with_query(values: EventValues) -> str:
    """Returns the end of the address of an import's changes with these values."""
    return "" if values == "none" else f"&values={values}"


def fitting(batch: EventBatch) -> EventBatch:
    """Returns the batch with nulls for values that are too large to be sent."""
    data = batch.data
    for name in _held(data):
        column, place = data.column(name), data.schema.get_field_index(name)
        large = pc.greater(pc.binary_length(column), _VALUES_BYTES)
        kept = pc.if_else(large, pa.scalar(None, column.type), column)
        data = data.set_column(place, data.schema.field(place), kept)
    return replace(batch, data=data)


def sizes(data: pa.RecordBatch) -> list[int]:
    """Returns the maximum number of bytes of each event with these data.

    The texts in the columns are JSON, which is sent with fewer blanks.
    """
    total: pa.Array = pa.array([EVENT_BYTES] * data.num_rows, pa.int32())
    for name in _held(data):
        total = pc.add(total, pc.fill_null(pc.binary_length(data.column(name)), 0))
    found: list[int] = total.to_pylist()
    return found


def pieces(batch: EventBatch) -> Iterator[EventBatch]:
    """Yields the batch in pieces that are small enough to be stored and read as a whole."""
    start = size = 0
    for number, each in enumerate(sizes(batch.data)):
        if size + each > _PIECE_BYTES:
            yield _piece(batch, start, number)
            start, size = number, 0
        size += each
    yield _piece(batch, start, batch.data.num_rows)


def _piece(batch: EventBatch, start: int, end: int) -> EventBatch:
    return replace(batch, data=batch.data.slice(start, end - start), first=batch.first + start)


def _held(data: pa.RecordBatch) -> list[str]:
    return [name for name in _COLUMNS["full"] if name in data.schema.names]
