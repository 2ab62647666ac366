"""What products were before a statement changed or deleted them, gathered by the server in one row.

A row for each product would be decoded value by value in Python. Instead, the server sends the values of each
field as one text and the texts' sizes, which become an Arrow array as they are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.fields import NAMES, OBJECT, PRODUCT
from product_importer.store.changes.sets import ALL, BITS, TYPES, Changes, column_before
from product_importer.store.changes.sizes import sizes_of
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import asyncpg

    from product_importer.store.changes.sets import Integers

_ANY: Final = 0x7FFF
"""A bit that is set in every mask: for the SKU of products in which it didn't change."""

_CASTS: Final = {field.name: field.name if field.is_text else f"{field.name}::text" for field in PRODUCT}

_AUTHORS: Final = ("created_by_import", "updated_by_import")
_TIMES: Final = ("created_at", "updated_at")

BLOCK_BYTES: Final = 64 << 20
"""Maximum number of bytes of texts of the products that are deleted in one statement, unless one product
alone has more. The server sends what they were in one row, which is read into memory as a whole, and whose
fields hold at most 1 GB.
"""

_BYTES: Final = " + ".join(
    f"coalesce(octet_length(p.{_CASTS[field.name]}), 0)"
    for field in PRODUCT
    if field.is_text or field.kind is OBJECT
)

_EPOCH: Final = 946_684_800_000_000
"""PostgreSQL's epoch, in microseconds since that of Unix."""


@cache
def updating(fields: Collection[str], *, returns_old: bool) -> Mapping[str, str]:
    """Returns SQL for the update of products ``p`` with rows ``i``: ``before``, which it has to return,
    ``images``, which gathers that, and ``join`` and ``same``, which find the products.

    ``fields``: those that may change. ``returns_old``: whether the server returns old values (version 18).
    Otherwise, the product before the update is ``o``.
    """
    old = "old" if returns_old else "o"
    before = [
        f"CASE WHEN p.changes & {BITS[name]} <> 0 THEN {old}.{_CASTS[name]} END AS {name}" for name in fields
    ]
    return {
        "before": ", ".join((f"{old}.last_change AS previous", f"{old}.version", *before)),
        "images": _images(fields),
        "join": "" if returns_old else "JOIN products AS o ON o.sku_key = i.sku_key",
        "same": "p.sku_key = i.sku_key" if returns_old else "p.ctid = o.ctid AND p.xmin = o.xmin",
    }


@cache
def activating() -> Mapping[str, str]:
    """Returns SQL for changing products ``p`` that had the other flag ``active`` before: ``activated``, which
    the statement has to return beside the SKU, and ``images``, which gathers that.
    """
    activated = f"{BITS['active']}::smallint AS changes, (NOT p.active)::text AS active"
    return {"activated": activated, "images": _images(("active",), sku=True)}


@cache
def deleting() -> Mapping[str, str]:
    """Returns SQL for the deletion of products ``p``: ``deleted``, which it has to return, ``images``, which
    gathers that, and ``bytes``, the size of a product's texts, by which a block of products is limited
    (:data:`BLOCK_BYTES`).
    """
    columns = ("id", "version", *_TIMES, *_AUTHORS)
    deleted = [
        *(f"p.{name}" for name in columns),
        *(f"p.{cast} AS {name}" for name, cast in _CASTS.items()),
        f"p.last_change AS previous, NULL::bigint AS number, {ALL}::smallint AS changes",
    ]
    return {
        "bytes": _BYTES,
        "deleted": ", ".join(deleted),
        "images": f"{_images(NAMES)}, {statements('changes')['deleted_images']}",
    }


def updated(found: asyncpg.Record, rows: pa.RecordBatch | None = None) -> Changes:
    """Returns the changes that ``images`` of :func:`updating` or :func:`activating` found. ``rows``: the rows
    that were merged into the products. Without them, ``found`` has the SKUs, and no value was lost.
    """
    masks = numbers(found["changes"], ">i2")
    before = _before(found, NAMES, masks)
    after = None if rows is None else {name: rows.column(name) for name in rows.schema.names}
    data = {
        **_identity(found, _texts(found, "sku") if after is None else after["sku"]),
        "changed": pa.array(masks.astype(np.int16)),
        **({} if after is None else sizes_of(masks, before, after)),
        **{column_before(name): values for name, values in before.items()},
    }
    return Changes("updated", found["number"], pa.RecordBatch.from_pydict(data))


def edited(row: asyncpg.Record, then: asyncpg.Record, changed: Sequence[str]) -> Changes:
    """Returns the change of one product from the row to what it was ``then``: these fields changed."""
    masks = np.array([sum(BITS[name] for name in changed)])
    before, after = ({name: pa.array([each[name]], TYPES[name]) for name in changed} for each in (row, then))
    data = {
        "product_id": pa.array([row["id"]], pa.int64()),
        "sku": pa.array([then["sku"]], pa.string()),
        "previous": pa.array([row["last_change"]], pa.int64()),
        "version": pa.array([row["version"]], pa.int32()),
        "changed": pa.array(masks.astype(np.int16)),
        **sizes_of(masks, before, after),
        **{column_before(name): values for name, values in before.items()},
    }
    return Changes("updated", then["last_change"], pa.RecordBatch.from_pydict(data))


def deleted(found: asyncpg.Record) -> Changes:
    """Returns the changes that ``images`` of :func:`deleting` found."""
    fields = [name for name in NAMES if name != "sku"]
    data = {
        **_identity(found, _texts(found, "sku")),
        **{
            column_before(name): values
            for name, values in _before(found, fields, numbers(found["changes"], ">i2")).items()
        },
        **{
            name: pa.array(numbers(found[name], ">i8") + _EPOCH, pa.timestamp("us", "UTC")) for name in _TIMES
        },
        **{name: _nullable(found[name]) for name in _AUTHORS},
    }
    return Changes("deleted", None, pa.RecordBatch.from_pydict(data))


def numbers(data: bytes | None, form: str) -> Integers:
    """Returns the numbers whose bytes PostgreSQL sent: they are decoded together, unlike those
    of an array.
    """
    return np.frombuffer(data or b"", form).astype(np.int64)


def _images(fields: Collection[str], *, sku: bool = False) -> str:
    sql = statements("changes")
    bits = [("sku", _ANY)] if sku else []
    bits += [(name, BITS[name]) for name in fields]
    columns = ",\n".join(sql["field_image"].format(field=name, bit=bit) for name, bit in bits)
    return sql["images"].format(fields=columns)


def _identity(found: asyncpg.Record, skus: pa.StringArray) -> dict[str, pa.Array]:
    return {
        "product_id": pa.array(numbers(found["ids"], ">i8")),
        "sku": skus,
        "previous": _nullable(found["previous"]),
        "version": pa.array(numbers(found["versions"], ">i4").astype(np.int32)),
    }


def _before(found: asyncpg.Record, fields: Collection[str], masks: Integers) -> dict[str, pa.Array]:
    """Returns the values of the fields that changed in any product, by field."""
    columns = {}
    for name in fields:
        changed = masks & BITS[name] != 0
        if not changed.any():
            continue
        values = _texts(found, name).cast(TYPES[name])
        if not changed.all():
            places = np.cumsum(changed) - 1
            values = values.take(pa.array(places, mask=~changed))
        columns[name] = values
    return columns


def _texts(found: asyncpg.Record, name: str) -> pa.StringArray:
    sizes = np.frombuffer(found[f"{name}_sizes"] or b"", ">i4")
    ends = np.cumsum(np.maximum(sizes, 0), dtype=np.int32)
    known = np.packbits(sizes >= 0, bitorder="little")
    return pa.StringArray.from_buffers(
        len(sizes),
        pa.py_buffer(np.concatenate([np.zeros(1, np.int32), ends]).tobytes()),
        pa.py_buffer(found[f"{name}_texts"] or b""),
        pa.py_buffer(known.tobytes()),
    )


def _nullable(data: bytes | None) -> pa.Int64Array:
    values = numbers(data, ">i8")
    return pa.array(values, mask=values < 0)
