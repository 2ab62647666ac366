"""The values that events of products have, for sinks that ask for them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.fields import DECIMAL, NAMES, OBJECT, PRODUCT
from product_importer.ports import JSON_TEXT
from product_importer.product import price_text
from product_importer.store.changes.sets import BITS
from product_importer.store.changes.states import states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import asyncpg

    from product_importer.ports import EventValues
    from product_importer.store.changes.states import States, StoredSet

_OBJECTS: Final = frozenset(field.name for field in PRODUCT if field.kind is OBJECT)
_DECIMALS: Final = frozenset(field.name for field in PRODUCT if field.kind is DECIMAL)


async def with_values(
    connection: asyncpg.Connection, changes: StoredSet, data: pa.RecordBatch, wanted: EventValues
) -> pa.RecordBatch:
    """Returns the data of the set's events with the values that the sink wants, as JSON texts.

    ``values`` has the values of the changed fields before and after an update. ``product`` has all fields
    after the change, or those that a deleted product had. Null stands for values that the log doesn't know.
    """
    if wanted == "none" or (wanted == "changed" and changes.kind != "updated"):
        return data
    ids = data.column("product_id").to_pylist()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        after = await states(connection, dict.fromkeys(ids, changes.number))
    known = after.numbers == changes.number
    rows = {product: row if known[row] else None for row, product in enumerate(after.ids.tolist())}
    places = [rows[product] for product in ids]
    before = after.back(changes, known)
    old, new = _objects(before), _objects(after)
    if wanted == "full":
        products = old if changes.kind == "deleted" else new
        data = _with_texts(data, "product", [None if row is None else products[row] for row in places])
    if changes.kind != "updated":
        return data
    masks = changes.data.column("changed").to_pylist()
    return _with_texts(
        data,
        "values",
        [
            None if row is None else _differences(old[row], new[row], mask)
            for row, mask in zip(places, masks, strict=True)
        ],
    )


def _differences(old: Mapping[str, object], new: Mapping[str, object], mask: int) -> Mapping[str, object]:
    return {name: {"before": old[name], "after": new[name]} for name in NAMES if mask & BITS[name]}


def _objects(found: States) -> list[dict[str, object]]:
    columns = [list(_plain(name, found.fields[name].to_pylist())) for name in NAMES]
    return [dict(zip(NAMES, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(name: str, values: list[object]) -> Iterator[object]:
    """Yields a field's values as JSON has them. A price is a text, so that no program changes its digits."""
    for value in values:
        if name in _OBJECTS and isinstance(value, str):
            yield json.loads(value)
        elif name in _DECIMALS and isinstance(value, Decimal):
            yield price_text(value)
        else:
            yield value


def _with_texts(
    data: pa.RecordBatch, name: str, objects: list[Mapping[str, object] | None]
) -> pa.RecordBatch:
    texts = [None if each is None else json.dumps(each, ensure_ascii=False) for each in objects]
    field = pa.field(name, pa.string(), metadata={JSON_TEXT: ""})
    return data.append_column(field, pa.array(texts, pa.string()))
