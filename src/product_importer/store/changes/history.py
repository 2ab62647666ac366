"""The history of one product: its chain of change sets, followed from the present."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from product_importer.errors import ProductNotFound
from product_importer.fields import NAMES
from product_importer.model import HistoryEntry, ProductHistory, ValueChange
from product_importer.store.changes.sets import BITS, column_before, restored_row
from product_importer.store.changes.states import present
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncpg

_NONE: Final = -1
_COLUMNS: Final = ("number", "at", "actor", "cause", "import_id", "kind")

MOST_SETS: Final = 200
"""Maximum number of change sets that are read for one part of a history."""


async def history(
    connection: asyncpg.Connection, product_id: int, *, field: str | None, before: int | None, limit: int
) -> ProductHistory:
    """Returns a part of the product's history: entries in which ``field`` changed, behind the entry with the
    number ``before``. Runs in the caller's transaction, which has one snapshot.

    Raises :class:`ProductNotFound` if neither the table nor the log has the product.
    """
    now = await present(connection, np.array([product_id]))
    number = int(now.numbers[0])
    if not now.exists[0] and number == _NONE:
        raise ProductNotFound(f"There is no product {product_id}, and the log of changes has none.")
    values = {name: _plain(name, column[0].as_py()) for name, column in now.fields.items()}
    since = await connection.fetchval(statements("changes")["since"])
    entries: list[HistoryEntry] = []
    last, kind, to_read = before, None, MOST_SETS
    passed = before is None
    while number != _NONE:
        if len(entries) == limit or not to_read:
            return ProductHistory(tuple(entries), last, complete=True, since=since)
        row = await connection.fetchrow(statements("changes")["set"], number)
        told = None if row is None else restored_row(row["payload"], product_id)
        if row is None or told is None:
            kind = None
            break
        kind, changes = row["kind"], _changes(row["kind"], told, values)
        if passed:
            to_read -= 1
            if field is None or field in changes:
                known = {name: row[name] for name in _COLUMNS}
                entries.append(HistoryEntry(**known, changes=changes))
        passed = passed or number == before
        previous = told.get("previous")
        last, number = number, _NONE if previous is None else previous
    return ProductHistory(tuple(entries), None, complete=kind == "created", since=since)


def _changes(kind: str, told: dict[str, Any], values: dict[str, object]) -> dict[str, ValueChange]:
    """Returns what the set changed in the product, and sets ``values`` back to what they were before."""
    if kind == "updated":
        names = [name for name, bit in BITS.items() if told["changed"] & bit]
    else:
        names = list(NAMES)
    old: dict[str, object] = dict.fromkeys(names)
    if kind != "created":
        told = {column_before("sku"): told.get("sku"), **told}
        old = {name: _plain(name, told.get(column_before(name))) for name in names}
    new = dict.fromkeys(names) if kind == "deleted" else {name: values[name] for name in names}
    values.update(old)
    found = {name: ValueChange(old[name], new[name]) for name in names}
    return found if kind == "updated" else {name: each for name, each in found.items() if _holds(each)}


def _holds(value: ValueChange) -> bool:
    return any(each not in (None, {}) for each in (value.before, value.after))


def _plain(name: str, value: object) -> object:
    return json.loads(value) if name == "attributes" and isinstance(value, str) else value
