"""Brings the narrow tables up to date with the products, in steps of limited size.

A step is one transaction: it takes the oldest change records, updates the rows of those products, and deletes
the records. Until then, readers find these products by the records, so every answer is right. A step that is
killed has done nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from product_importer.product import Indexing
from product_importer.store.columns import KEYS, TEXTS
from product_importer.store.connect import Database
from product_importer.store.queries import statements
from product_importer.store.search import landmarks
from product_importer.store.totals import Totals, totals

STEP: Final = 5_000
"""Default number of products that a step indexes: it takes half a second, most of it for the search index."""

_ANEW: Final = 50_000
"""With more pending changes than this, and than half of the products, the search index is dropped. It is
rebuilt when few changes are left.
"""

_TIDIED: Final = landmarks.MOVED
"""After indexing more products than this, the tables are vacuumed and the landmarks rebuilt."""

_COLUMNS: Final = {
    "keys": ", ".join(KEYS.values()),
    "new_keys": ", ".join(f"excluded.{column}" for column in KEYS.values()),
    "texts": ", ".join(TEXTS.values()),
    "old_texts": ", ".join(f"t.{column}" for column in TEXTS.values()),
    "new_texts": ", ".join(f"excluded.{column}" for column in TEXTS.values()),
}


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """Whether the server has the extension (it may come later), and whether the index exists
    with all columns.
    """

    possible: bool
    made: bool


async def pending(database: Database) -> int:
    """Returns the number of changes that wait to be indexed."""
    async with database.connection() as connection:
        return (await totals(connection)).pending


async def index_step(database: Database, limit: int = STEP) -> Indexing:
    """Runs one step of indexing. If another process is indexing, nothing is done."""
    sql = statements("products")
    async with database.connection() as connection:
        async with connection.transaction():
            done = 0
            index = await _search_index(connection)
            if await connection.fetchval(sql["lock_index"], database.locks.indexing):
                await connection.execute(sql["begin_indexing"])
                before = await totals(connection)
                if index.made and _better_anew(before):
                    index = await _without(connection, index)
                done = await _step(connection, limit, settle=index.made)
                if index.possible and not index.made and _nearly_done(await totals(connection)):
                    await connection.execute(sql["make_search_index"])
            importing = await connection.fetchval(sql["importing"], database.locks.imports)
        return Indexing(done, (await totals(connection)).pending, index.possible, importing)


async def tidy(database: Database, indexed: int) -> None:
    """Vacuums the tables and rebuilds the landmarks, if worthwhile. To be called after the last step.

    ``indexed``: the number of products that the steps indexed.
    """
    if indexed <= _TIDIED:
        return
    sql = statements("products")
    async with database.connection() as connection:
        await connection.execute(sql["tidy"])
        async with connection.transaction():
            if await connection.fetchval(sql["lock_index"], database.locks.indexing):
                await landmarks.set_anew(connection)


def _better_anew(known: Totals) -> bool:
    """Returns whether so much is to be indexed that the search index should be rebuilt in one go afterwards,
    which takes a quarter of the time.
    """
    return known.pending > max(_ANEW, known.products // 2)


def _nearly_done(known: Totals) -> bool:
    """Returns whether few enough changes are left that the search index can be built before them."""
    return known.pending <= max(STEP, known.products // 20)


async def _without(connection: asyncpg.Connection, index: SearchIndex) -> SearchIndex:
    """Drops the index, unless long-running readers use it."""
    try:
        async with connection.transaction():
            await connection.execute(statements("products")["drop_search_index"])
    except asyncpg.LockNotAvailableError:
        return index
    return replace(index, made=False)


async def _step(connection: asyncpg.Connection, limit: int, *, settle: bool) -> int:
    sql = statements("products")
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
    indexed = sorted(ids)
    shifting = await landmarks.before_indexing(connection, indexed)
    for statement in ("index_deleted", "index_sorting", "index_texts"):
        await connection.execute(sql[statement].format(**_COLUMNS), indexed)
    if shifting:
        await landmarks.after_indexing(connection, indexed)
    await connection.execute(sql["forget_changes"], whole)
    if settle:
        await connection.execute(sql["settle_search_index"])
    return limit - room


async def _search_index(connection: asyncpg.Connection) -> SearchIndex:
    row = await connection.fetchrow(statements("products")["search_index"], len(TEXTS))
    assert row is not None, "it asks for two values"
    return SearchIndex(**row)
