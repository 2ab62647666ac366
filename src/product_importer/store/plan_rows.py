"""The packed form of a plan's rows: one row for each product that is to be changed.

Those who plan compute such rows, for example from a file's rows. Those who apply or show a plan read them,
and don't know where they come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.sku import sku_keys
from product_importer.fields import NAMES
from product_importer.model import CHANGE_KINDS
from product_importer.ports import DIGEST_BYTES
from product_importer.store.changes.sets import ALL, BITS, TYPES
from product_importer.store.changes.sizes import lost_values, moves_of
from product_importer.support.packing import pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

CREATED, UPDATED, DEACTIVATED, DELETED = range(len(CHANGE_KINDS))
"""The numbers of the kinds, as their places in :data:`CHANGE_KINDS`."""

SCHEMA: Final = pa.schema(
    [
        pa.field("kind", pa.uint8()),
        pa.field("product_id", pa.int64()),  # null: it is given when the product is created
        pa.field("version", pa.int32()),  # the version found, or the last one of a product that comes back
        pa.field("sku_key", pa.string()),
        pa.field("sku", pa.string()),  # the present one, of a created product the new one
        pa.field("changed", pa.int16()),
        pa.field("previous", pa.int64()),  # the change set that changed the product last, if there is one
        # How a deleted product that comes back came into being; null for all others.
        pa.field("created_at", pa.timestamp("us", "UTC")),
        pa.field("created_by_import", pa.int64()),
        pa.field("digest", pa.binary(DIGEST_BYTES)),  # of the row that is merged; null if there is none
        pa.field("line", pa.int64()),
        pa.field("record", pa.int64()),
        *(pa.field(f"before_{name}", kind) for name, kind in TYPES.items()),
        *(pa.field(f"after_{name}", kind) for name, kind in TYPES.items()),
    ]
)
"""The columns of a plan's rows. The values before and after are there for the fields in ``changed`` only."""

NARROW: Final = pa.schema(
    [
        pa.field("kind", pa.uint8()),
        pa.field("changed", pa.int16()),
        pa.field("lost", pa.int16()),  # the fields whose value is lost
        pa.field("moves", pa.float32()),  # the share by which the price moves, or null
        pa.field("sku_key", pa.string()),
        pa.field("position", pa.int32()),  # of the row in its chunk
    ]
)
"""What filters and orders need of each row. These are in the file's order, the rows in that of their keys."""

BLOCK_ROWS: Final = 1024
"""Number of rows that are compressed together: showing one row means unpacking as many."""


def plan_rows(number: int, columns: Mapping[str, Any]) -> pa.RecordBatch:
    """Returns rows of :data:`SCHEMA` from these columns; the others are null."""
    arrays = [
        _array(columns[field.name], field.type) if field.name in columns else pa.nulls(number, field.type)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    """Returns the values as an array; decimal numbers that are no array are texts."""
    if not isinstance(values, pa.Array):
        values = pa.array(values, pa.string() if pa.types.is_decimal(kind) else kind)
    return values if values.type == kind else values.cast(kind)


def created_rows(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Plans new products, one for each of a chunk's rows."""
    values = {
        **{f"after_{name}": rows.column(name) for name in NAMES},
        "after_active": rows.column("active").fill_null(True),
        "after_attributes": rows.column("attributes").fill_null("{}"),
    }
    return plan_rows(
        rows.num_rows,
        {
            "kind": np.full(rows.num_rows, CREATED, np.uint8),
            "changed": np.full(rows.num_rows, ALL, np.int16),
            **{name: rows.column(name) for name in ("sku_key", "sku", "digest", "line", "record")},
            **values,
        },
    )


def updated_rows(
    rows: pa.RecordBatch,
    ids: Integers,
    versions: Integers,
    previous: Integers,
    changes: Integers,
    before: Mapping[str, Sequence[object]],
    merged: Sequence[str],
) -> pa.RecordBatch:
    """Plans the merge of a chunk's rows into their products, one row for each. ``changes``: the bits of the
    fields that change. ``previous``: the numbers of the products' last change sets, or -1. ``before``: of
    each field, the values of the products in which it changes, in the order of the rows. ``merged``: likewise
    the attributes afterwards.
    """
    columns: dict[str, Any] = {}
    skus = rows.column("sku")
    for name, bit in BITS.items():
        changing = (changes & bit) != 0
        if not changing.any():
            continue
        columns[f"before_{name}"] = _scattered(changing, before[name], TYPES[name])
        columns[f"after_{name}"] = (
            _scattered(changing, merged, pa.string())
            if name == "attributes"
            else pc.if_else(pa.array(changing), rows.column(name), None)
        )
    if "before_sku" in columns:
        skus = pc.coalesce(columns["before_sku"], skus)
    active = columns.get("after_active")
    off = np.zeros(len(changes), np.bool_)
    if active is not None:
        off = (changes == BITS["active"]) & ~active.fill_null(True).to_numpy(zero_copy_only=False)
    return plan_rows(
        rows.num_rows,
        {
            "kind": np.where(off, DEACTIVATED, UPDATED).astype(np.uint8),
            "product_id": ids,
            "version": versions.astype(np.int32),
            "previous": pa.array(previous, mask=previous < 0),
            "sku": skus,
            "changed": changes.astype(np.int16),
            **{name: rows.column(name) for name in ("sku_key", "digest", "line", "record")},
            **columns,
        },
    )


def ended_rows(
    products: Sequence[asyncpg.Record], *, deleted: bool, rows: pa.RecordBatch | None = None
) -> pa.RecordBatch:
    """Plans the end of products: that they are deleted, or deactivated. ``products``: their ids, versions,
    keys, and the values of their fields. ``rows``: the rows of the file that name them, if any does.
    """
    number = len(products)
    fields = NAMES if deleted else ("active",)
    places = {} if rows is None else {name: rows.column(name) for name in ("line", "record")}
    return plan_rows(
        number,
        {
            "kind": np.full(number, DELETED if deleted else DEACTIVATED, np.uint8),
            "product_id": [row["id"] for row in products],
            "version": [row["version"] for row in products],
            "previous": [row["last_change"] for row in products],
            "sku_key": [row["sku_key"] for row in products],
            "sku": [row["sku"] for row in products],
            "changed": np.full(number, ALL if deleted else BITS["active"], np.int16),
            **{f"before_{name}": [row[name] for row in products] for name in fields},
            **({} if deleted else {"after_active": np.zeros(number, np.bool_)}),
            **places,
        },
    )


def moving_keys(rows: pa.RecordBatch) -> pa.BooleanArray:
    """Returns which rows give a product another key."""
    return pc.not_equal(sku_keys(rows.column("after_sku")), rows.column("sku_key")).fill_null(False)


def frees_keys(rows: pa.RecordBatch) -> pa.BooleanArray:
    """Returns which rows take a product's key away: by its deletion, or by another key."""
    return pc.or_(pc.equal(rows.column("kind"), DELETED), moving_keys(rows))


def narrow_rows(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Returns the columns of :data:`NARROW`."""
    kinds = rows.column("kind").to_numpy()
    kept = (kinds == UPDATED) | (kinds == DEACTIVATED)
    changed = np.where(kept, rows.column("changed").to_numpy(), 0)
    lost = lost_values(changed, {name: rows.column(f"after_{name}") for name in NAMES})
    moves = pc.if_else(
        pa.array(kept), moves_of(rows.column("before_price"), rows.column("after_price")), None
    )
    order = np.argsort(rows.column("record").fill_null(0).to_numpy(), kind="stable")
    columns = {"lost": pa.array(lost), "moves": moves, "position": pa.array(np.arange(rows.num_rows))}
    narrow = pa.RecordBatch.from_arrays(
        [_array(columns.get(name) or rows.column(name), NARROW.field(name).type) for name in NARROW.names],
        schema=NARROW,
    )
    return narrow.take(pa.array(order))


def packed(rows: pa.RecordBatch) -> tuple[bytes, bytes, list[int]]:
    """Returns rows of :data:`SCHEMA` as they are stored: the bytes of :func:`narrow_rows`, and what
    :func:`pack_rows` returns.
    """
    return pack(narrow_rows(rows)), *pack_rows(rows)


def pack_rows(rows: pa.RecordBatch) -> tuple[bytes, list[int]]:
    """Returns rows of :data:`SCHEMA` as bytes, in blocks of :data:`BLOCK_ROWS`, and where each block ends."""
    blocks = [pack(rows.slice(start, BLOCK_ROWS)) for start in range(0, rows.num_rows, BLOCK_ROWS)]
    return b"".join(blocks), np.cumsum([len(block) for block in blocks]).tolist()


def unpack_rows(payload: bytes) -> pa.RecordBatch:
    """Returns all rows from their bytes."""
    source = pa.BufferReader(payload)
    blocks = []
    while source.tell() < len(payload):
        blocks += pa.ipc.open_stream(source)
    return pa.concat_batches(blocks)


def _scattered(where: npt.NDArray[np.bool_], values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Returns the values at the places where ``where`` is true; the others are null."""
    places = np.cumsum(where) - 1
    taken = pa.array(places, mask=~where)
    return _array(values, kind).take(taken)
