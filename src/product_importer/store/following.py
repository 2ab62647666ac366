"""Keeps the narrow tables up with the products, a bounded step at a time.

A step is one transaction: it takes the oldest notes of what was touched, brings those products' rows up to
date, and removes the notes. Until then readers find the products by the notes, so nobody is ever told wrong;
and a step that is killed has done nothing.
"""

from __future__ import annotations

from typing import Final

import asyncpg

from product_importer.product import Indexing
from product_importer.store.connect import Database
from product_importer.store.imports import LOCK_CLASS as IMPORTS_LOCK
from product_importer.store.listing import totals
from product_importer.store.queries import statements

STEP: Final = 5_000
"""Products that a step follows, unless told otherwise: half a second, most of it for the search index."""

_TIDIED: Final = 1_000
"""A run of steps that followed more than this many products is worth tidying up after."""


async def pending(database: Database) -> int:
    """How many changes are still to be followed."""
    async with database.connection() as connection:
        return (await totals(connection)).pending


async def follow(database: Database, limit: int = STEP) -> Indexing:
    """One step. Where another process is at it, nothing is done."""
    async with database.connection() as connection:
        async with connection.transaction():
            mine = await connection.fetchval(statements("products")["lock_index"])
            searchable = await _search_index(connection, make=mine)
            done = await _step(connection, limit, searchable) if mine else 0
            importing = await connection.fetchval(statements("products")["importing"], IMPORTS_LOCK)
        return Indexing(done, (await totals(connection)).pending, searchable, importing)


async def tidy(database: Database, followed: int) -> None:
    """To be called after the last step; ``followed``: how many products the steps went through."""
    if followed > _TIDIED:
        async with database.connection() as connection:
            await connection.execute(statements("products")["tidy"])


async def _step(connection: asyncpg.Connection, limit: int, searchable: bool) -> int:
    sql = statements("products")
    await connection.execute(sql["begin_following"])
    changes = await connection.fetch(sql["next_changes"], limit)
    ids: set[int] = set()
    whole: list[int] = []
    room = limit
    for change in changes:
        part = min(room, change["touched"])
        if change["ids"] is None:
            ids.update(range(change["first_id"], change["first_id"] + part))
        else:
            ids.update(change["ids"][:part])
        if part < change["touched"]:
            await connection.execute(sql["shorten_change"], change["position"], part)
        else:
            whole.append(change["position"])
        room -= part
        if not room:
            break
    if not ids:
        return 0
    for statement in ("follow_deleted", "follow_sorting", "follow_texts"):
        await connection.execute(sql[statement], sorted(ids))
    await connection.execute(sql["forget_changes"], whole)
    if searchable:
        await connection.execute(sql["settle_search_index"])
    return limit - room


async def _search_index(connection: asyncpg.Connection, *, make: bool) -> bool:
    """Whether there is one. It is made where it can be: the extension may have come after the tables."""
    row = await connection.fetchrow(statements("products")["searchable"])
    assert row is not None, "it asks for two values"
    if make and row["possible"] and not row["made"]:
        await connection.execute(statements("products")["make_search_index"])
        return True
    return bool(row["made"])
