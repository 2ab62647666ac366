"""Reads what an import has changed, and so what can be undone of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from product_importer.model import ChangedProduct, Undoable
from product_importer.store.changes.sets import BITS, restored_part
from product_importer.store.changes.states import stored_set
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncpg

_SETS: Final = 8
"""Number of change sets that are fetched at once."""


async def undoable(connection: asyncpg.Connection, import_id: int, after: int, limit: int) -> Undoable:
    """Returns what the import has changed, with ``limit`` of its products behind the first ``after`` ones.
    Runs in the caller's transaction, which has one snapshot.
    """
    sets = await connection.fetch(statements("changes")["sets_of_import"], import_id)
    numbers = Counter[str]()
    for each in sets:
        numbers[each["kind"]] += each["products"]
    products, following = await _page(connection, sets, after, limit)
    return Undoable(
        created=numbers["created"],
        updated=numbers["updated"],
        deleted=numbers["deleted"],
        fields=await _fields(connection, import_id),
        products=products,
        next=following,
    )


async def _fields(connection: asyncpg.Connection, import_id: int) -> dict[str, int]:
    """Returns in how many products each field was changed."""
    masks = Counter[int]()
    async for row in connection.cursor(statements("undos")["updated"], import_id, prefetch=_SETS):
        changed = restored_part(row["narrow"], ("changed",)).column(0).to_numpy()
        found, counts = np.unique(changed, return_counts=True)
        masks.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
    fields = {name: sum(masks[mask] for mask in masks if mask & bit) for name, bit in BITS.items()}
    return {name: number for name, number in fields.items() if number}


async def _page(
    connection: asyncpg.Connection, sets: list[asyncpg.Record], after: int, limit: int
) -> tuple[tuple[ChangedProduct, ...], int | None]:
    """Returns a page of the products of these sets, and the place of the next one."""
    found: list[ChangedProduct] = []
    passed = 0
    for each in sets:
        if passed + each["products"] > after:
            changes = await stored_set(connection, each["number"])
            if changes is not None:
                start = max(after - passed, 0)
                rows = changes.data.slice(start, limit + 1 - len(found))
                ids, skus = (rows.column(name).to_pylist() for name in ("product_id", "sku"))
                found += [
                    ChangedProduct(number, sku, changes.kind) for number, sku in zip(ids, skus, strict=True)
                ]
        if len(found) > limit:
            return tuple(found[:limit]), after + limit
        passed += each["products"]
    return tuple(found), None
