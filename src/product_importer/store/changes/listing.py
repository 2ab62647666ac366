"""Changes of the log as lists show them, with the values before and after."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from product_importer.cells.sku import sku_keys
from product_importer.fields import NAMES
from product_importer.store.changes.sets import ALL, BITS, column_before
from product_importer.store.changes.states import states
from product_importer.store.listed_changes import listed_change
from product_importer.store.plan_rows import CREATED, DEACTIVATED, DELETED, NARROW, UPDATED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg

    from product_importer.model import ListedChange
    from product_importer.store.changes.sets import ChangeKind, Integers
    from product_importer.store.changes.states import States, StoredSet

    Chosen = tuple[StoredSet, Integers]
    """A change set, and rows of it."""

FILTERED: Final = ("changed", "lost", "moves", "before_active")
"""The columns of a set of changed products by which lists are filtered and sorted, beside the SKU."""


def narrow_rows(kind: ChangeKind, number: int, data: Mapping[str, pa.Array], *, keys: bool) -> pa.RecordBatch:
    """Returns what filters and orders need of a set of this kind with this number of products: the columns of
    :data:`~product_importer.store.plan_rows.NARROW`. ``data`` has the columns :data:`FILTERED` of changed
    products, and the SKUs if their ``keys`` are needed.
    """
    columns = {
        "kind": pa.array(_kinds(kind, number, data)),
        "changed": data.get("changed", pa.array(np.full(number, ALL, np.int16))),
        "lost": data.get("lost", pa.array(np.zeros(number, np.int16))),
        "moves": data.get("moves", pa.nulls(number, pa.float32())),
        "sku_key": sku_keys(data["sku"]) if keys else pa.nulls(number, pa.string()),
        "position": pa.array(np.arange(number, dtype=np.int32)),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in NARROW.names], schema=NARROW)


def _kinds(kind: ChangeKind, number: int, data: Mapping[str, pa.Array]) -> np.ndarray[Any, Any]:
    kinds = np.full(number, {"created": CREATED, "updated": UPDATED, "deleted": DELETED}[kind], np.uint8)
    if kind == "updated" and "before_active" in data:
        was_active = data["before_active"].fill_null(False).to_numpy(zero_copy_only=False)
        kinds[was_active & (data["changed"].to_numpy() == BITS["active"])] = DEACTIVATED
    return kinds


def columns_of(data: pa.RecordBatch) -> Mapping[str, pa.Array]:
    """Returns the columns by name."""
    return dict(zip(data.schema.names, data.columns, strict=True))


async def listed(connection: asyncpg.Connection, chosen: Sequence[Chosen]) -> list[list[ListedChange]]:
    """Returns the changes in these rows of these sets. Runs in the caller's transaction, which has one
    snapshot: the values afterwards are found on the way back from the present.
    """
    after = await _after(connection, chosen)

    def lists() -> list[list[ListedChange]]:
        return [_listed(changes, rows, found) for (changes, rows), found in zip(chosen, after, strict=True)]

    return await asyncio.to_thread(lists)


async def _after(connection: asyncpg.Connection, chosen: Sequence[Chosen]) -> list[States | None]:
    """Returns states that contain the products of each set as they were just after it; None for deletions."""
    found: list[States | None] = [None] * len(chosen)
    left = [place for place, (changes, _) in enumerate(chosen) if changes.kind != "deleted"]
    while left:
        moments: dict[int, int] = {}
        later = []
        for place in left:
            changes, rows = chosen[place]
            ids = changes.data.column("product_id").to_numpy()[rows].tolist()
            if moments.keys().isdisjoint(ids):
                moments |= dict.fromkeys(ids, changes.number)
            else:  # a product that the sets before change, too
                later.append(place)
        together = await states(connection, moments)
        for place in left:
            if place not in later:
                found[place] = together
        left = later
    return found


def _listed(changes: StoredSet, rows: Integers, after: States | None) -> list[ListedChange]:
    data = columns_of(changes.data.take(pa.array(rows)))
    kinds = _kinds(changes.kind, len(rows), data).tolist()
    ids = data["product_id"].to_numpy()
    masks = data["changed"].to_pylist() if changes.kind == "updated" else [ALL] * len(rows)
    before = _columns({name: _before(data, name) for name in NAMES}, len(rows))
    known, new = [True] * len(rows), _columns({}, len(rows))
    if after is not None:
        places = np.searchsorted(after.ids, ids)
        known = (after.numbers[places] == changes.number).tolist()
        taken = pa.array(places)
        new = _columns({name: values.take(taken) for name, values in after.fields.items()}, len(rows))
    found = []
    for kind, product, sku, mask, old, then, sure in zip(
        kinds, ids.tolist(), data["sku"].to_pylist(), masks, before, new, known, strict=True
    ):
        row: dict[str, Any] = {"kind": kind, "product_id": product, "sku": sku, "line": None, "changed": mask}
        row |= {column_before(name): value for name, value in old.items()}
        row |= {f"after_{name}": value if sure else None for name, value in then.items()}
        change = listed_change(row)
        found.append(change if sure else replace(change, after_known=False))
    return found


def _before(data: Mapping[str, pa.Array], name: str) -> pa.Array | None:
    deleted = "created_at" in data
    return data.get("sku" if deleted and name == "sku" else column_before(name))


def _columns(columns: Mapping[str, pa.Array | None], number: int) -> list[dict[str, object]]:
    """Returns a mapping of the fields' values for each row; without a column, a field has no values."""
    values = {name: columns.get(name) for name in NAMES}
    lists = [[None] * number if each is None else each.to_pylist() for each in values.values()]
    return [dict(zip(NAMES, row, strict=True)) for row in zip(*lists, strict=True)]
