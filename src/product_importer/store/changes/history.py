"""The history of one product: its changes, who set each of its fields, and two of its moments compared."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from product_importer.errors import HistoryGone, ProductNotFound, UsageError
from product_importer.fields import NAMES
from product_importer.model import (
    ComparedMoment,
    HistoryEntry,
    Origin,
    ProductComparison,
    ProductHistory,
    ProductOrigins,
    ValueChange,
)
from product_importer.store.changes.sets import BITS, restored_part
from product_importer.store.changes.states import NONE
from product_importer.store.changes.walk import Walk
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncpg

_COLUMNS: Final = ("number", "at", "actor", "cause", "import_id", "kind")
_AUTHOR: Final = ("number", "at", "actor", "cause", "import_id")

MOST_SETS: Final = 200
"""Maximum number of change sets that are read for one part of a history, and for a product's origins."""

MOST_COMPARED: Final = 2_000
"""Maximum number of change sets between the present and a moment that is compared."""


async def history(
    connection: asyncpg.Connection, product_id: int, *, field: str | None, before: int | None, limit: int
) -> ProductHistory:
    """Returns a part of the product's history: entries in which ``field`` changed, behind the entry with the
    number ``before``. Runs in the caller's transaction, which has one snapshot.

    Raises :class:`ProductNotFound` if neither the table nor the log has the product.
    """
    walk = await Walk.begin(connection, product_id)
    since = await connection.fetchval(statements("changes")["since"])
    entries: list[HistoryEntry] = []
    last, to_read, passed = before, MOST_SETS, before is None
    while walk.number != NONE:
        if len(entries) == limit or not to_read:
            return ProductHistory(tuple(entries), last, complete=True, since=since)
        if not await walk.read():
            break
        last = walk.set["number"]
        changes = walk.back()
        if passed:
            to_read -= 1
            if field is None or field in changes:
                known = {name: walk.set[name] for name in _COLUMNS}
                entries.append(HistoryEntry(**known, changes=changes))
        passed = passed or last == before
    return ProductHistory(tuple(entries), None, complete=walk.complete, since=since)


async def origins(connection: asyncpg.Connection, product_id: int) -> ProductOrigins:
    """Returns who set each field of a product last. Runs in the caller's transaction, which has one snapshot.
    Raises :class:`ProductNotFound`.

    Only the first parts of the sets are read: they tell which fields changed.
    """
    sql = statements("changes")
    product = await connection.fetchrow(sql["last_change"], product_id)
    if product is None:
        raise ProductNotFound(f"There is no product {product_id}.")
    number = product["last_change"]
    since = await connection.fetchval(sql["since"])
    found: dict[str, Origin] = {}
    for _ in range(MOST_SETS):
        row = None if number is None else await connection.fetchrow(sql["narrow_set"], number)
        if row is None:
            return ProductOrigins(found, deeper=False, since=since)
        part = restored_part(row["narrow"], ("product_id", "previous", "changed"))
        places = np.flatnonzero(np.cumsum(part.column("product_id").to_numpy()) == product_id)
        if not len(places):
            return ProductOrigins(found, deeper=False, since=since)
        told = part.slice(int(places[0]), 1).to_pylist()[0]
        mask = told.get("changed")
        origin = Origin(**{name: row[name] for name in _AUTHOR})
        for name, bit in BITS.items():
            if mask is None or mask & bit:
                found.setdefault(name, origin)
        if len(found) == len(NAMES):
            return ProductOrigins(found, deeper=False, since=since)
        number = told.get("previous")
    return ProductOrigins(found, deeper=True, since=since)


async def comparison(
    connection: asyncpg.Connection, product_id: int, earlier: int | datetime, later: int | datetime | None
) -> ProductComparison:
    """Compares the product at two moments: just after a change of its history with this number, at a time, or
    now (None). Runs in the caller's transaction, which has one snapshot.

    Raises :class:`ProductNotFound`, :class:`UsageError` if the product has no such change or the later moment
    is the earlier one, and :class:`HistoryGone` if the log doesn't go back so far.
    """
    walk = await Walk.begin(connection, product_id)
    after = await _moment(connection, walk, later)
    values_after = dict(walk.values)
    if isinstance(earlier, datetime) and after.at is not None and earlier > after.at:
        raise UsageError("The earlier moment lies after the later one.")
    before = await _moment(connection, walk, earlier)
    changes = {
        name: ValueChange(walk.values[name], values_after[name])
        for name in NAMES
        if walk.values[name] != values_after[name]
    }
    return ProductComparison(before, after, changes)


async def _moment(
    connection: asyncpg.Connection, walk: Walk, wanted: int | datetime | None
) -> ComparedMoment:
    """Goes back to the moment."""
    if wanted is None:
        return ComparedMoment(None, None, exists=walk.exists)
    for _ in range(MOST_COMPARED):
        if not await walk.read():
            break
        number, at = walk.set["number"], walk.set["at"]
        if number == wanted if isinstance(wanted, int) else at <= wanted:
            return ComparedMoment(number, at if isinstance(wanted, int) else wanted, exists=walk.exists)
        walk.back()
    else:
        raise UsageError(f"The product has changed more than {MOST_COMPARED:,} times since then.")
    if not walk.complete:
        since: datetime = await connection.fetchval(statements("changes")["since"])
        raise HistoryGone(
            f"Changes before {since:%Y-%m-%d %H:%M} UTC are no longer known, so neither is what the product "
            "was then.",
            since=since,
        )
    if isinstance(wanted, int):
        raise UsageError(f"The product has no change {wanted} before the later moment.")
    return ComparedMoment(None, wanted, exists=False)
