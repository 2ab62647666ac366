"""Landmarks: products whose places in the orders are known, so that a page in the middle is found quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from product_importer.store.queries import statements
from product_importer.store.search.sort_keys import KEYS

DISTANCE: Final = 10_000
"""Number of products from one landmark to the next, when they are set."""

MOVED: Final = 1_000
"""A step that indexes more products than this deletes the landmarks; they are rebuilt after the last step."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A product's ``place`` in an order, counted from 0, and the values of its keys in this order."""

    place: int
    keys: tuple[object, ...]


async def nearest(connection: asyncpg.Connection, order: str, place: int) -> Landmark | None:
    """Returns the last landmark at or before the place; None if the start of the order is as near."""
    row = await connection.fetchrow(statements("landmarks")["nearest"], order, place)
    return None if row is None else Landmark(row["place"], tuple(row[key] for key in KEYS[order]))


async def before_indexing(connection: asyncpg.Connection, ids: Sequence[int]) -> bool:
    """Prepares the landmarks for indexing these products; returns whether to call :func:`after_indexing`."""
    sql = statements("landmarks")
    if len(ids) > MOVED:
        await connection.execute(sql["forget"])
        return False
    if not await connection.fetchval(sql["any"]):
        return False
    await connection.execute(sql["remember_before"], ids)
    await connection.execute(sql["forget_moved"], ids)
    return True


async def after_indexing(connection: asyncpg.Connection, ids: Sequence[int]) -> None:
    """Shifts the landmarks by the products that were added and removed before them."""
    sql = statements("landmarks")
    await connection.execute(sql["remember_after"], ids)
    for order, keys in KEYS.items():
        await connection.execute(sql["shift"].format(keys=", ".join(keys)), order)


async def set_anew(connection: asyncpg.Connection) -> None:
    """Rebuilds the landmarks. The caller's transaction must hold the lock of indexing."""
    sql = statements("landmarks")
    await connection.execute(sql["forget"])
    for order, keys in KEYS.items():
        await connection.execute(sql["set"].format(keys=", ".join(keys)), order, DISTANCE)
