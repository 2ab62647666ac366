"""Reads a page of products: which products, in which order, and how many match.

The page is read from the narrow tables for sorting and searching. Products that aren't indexed yet are read
from the table of products, in the same snapshot. If many aren't indexed, all are read from there.
"""

from __future__ import annotations

from typing import Final

import asyncpg

from product_importer.product import ProductFilter, ProductPage, Sort
from product_importer.store.connect import Database
from product_importer.store.queries import statements
from product_importer.store.search import landmarks
from product_importer.store.search.filtering import Conditions, Sample
from product_importer.store.search.page_queries import PageQueries, have_each, snapshot, to_product
from product_importer.store.search.sieve import SAMPLE, choose
from product_importer.store.totals import Totals, totals

COUNTED: Final = 5_000
"""Matches of a text are counted up to this number, unless there are few products."""

FEW: Final = 20_000
"""If there are no more products than this, all matches are counted."""

WORTH_READING: Final = 10_000_000
"""The threshold for reading in order instead of using the search index.

Reading in order finds frequent texts soon: the sooner, the more products of the sample match. The search
index brings all products that have the words: the more of the sample have them, and the more products there
are, the longer it takes. If the product of these three numbers is at least this, reading in order is faster.
"""

COUNTED_FREQUENT: Final = 1_000
"""Matches of a frequent text are counted up to this number."""

_MET_ANYWHERE: Final = 100
"""From this number of matches in the sample, matches are counted while reading in any order; matches of rarer
texts may stand close together.
"""

_READ_TO_COUNT: Final = 50_000
"""Approximate limit of the products that are read to count the matches of a frequent text."""

READ_IN_ORDER: Final = 1.0
"""Number of products to read from the start of the order, for each product that the search index would bring.
A frequent text may still occur only elsewhere in this order.
"""

PATCHED: Final = 2_000
MOST_PATCHED: Final = 200_000
"""Up to ``PATCHED`` pending changes are always patched in; up to ``MOST_PATCHED``, if they are at most a
tenth of the products. With more, all products are read from their table.
"""

FAR: Final = 2 * landmarks.DISTANCE
"""A page that is farther than this from both ends is read from a landmark."""


async def read_page(
    database: Database, wanted: ProductFilter, sort: Sort, page: int, page_size: int
) -> ProductPage:
    """Returns the page, from one snapshot."""
    async with database.connection() as connection, snapshot(connection):
        return await page_now(connection, wanted, sort, page, page_size)


async def page_now(
    connection: asyncpg.Connection, wanted: ProductFilter, sort: Sort, page: int, page_size: int
) -> ProductPage:
    """Returns the page, in the connection's snapshot."""
    known = await totals(connection)
    in_key_order = wanted == ProductFilter() and sort in ("sku", "-sku")
    pending = await _pending(connection, known, in_key_order)
    reading = PageQueries(Conditions(wanted), sort, pending)
    if wanted.counted:
        total, exact = _counted(wanted, known), True
    else:
        total, exact, reading = await _look_for(connection, known, reading)
    offset = (page - 1) * page_size
    rows = await _rows_far_in(connection, wanted, known, reading, offset, page_size)
    if rows is None:
        rows = await _rows(connection, reading, offset, page_size, total if exact else None)
    has_next = len(rows) > page_size or (exact and offset + len(rows) < total)
    if not exact and not has_next:  # this is the last page, or one behind it
        exact = True
        total = offset + len(rows) if rows or not offset else await _count(connection, reading)
    return ProductPage(
        products=tuple(to_product(row) for row in rows[:page_size]),
        page=page,
        page_size=page_size,
        total=total,
        total_is_exact=exact,
        has_next=has_next,
        pending=known.pending,
    )


async def _pending(connection: asyncpg.Connection, known: Totals, in_key_order: bool) -> list[int] | None:
    """Returns the products to patch in; None if all must be read from the table of products."""
    most = PATCHED if in_key_order else max(PATCHED, min(MOST_PATCHED, known.products // 10))
    if known.pending > most:
        return None
    if not known.pending:
        return []
    return list(await connection.fetchval(statements("products")["pending_ids"]))


def _counted(wanted: ProductFilter, known: Totals) -> int:
    """Returns the number of products in this state, whatever their texts."""
    if wanted.active is None:
        return known.products
    return known.active if wanted.active else known.products - known.active


async def _look_for(
    connection: asyncpg.Connection, known: Totals, reading: PageQueries
) -> tuple[int, bool, PageQueries]:
    """Returns the number of matches, whether it is exact, and the queries to read them with."""
    many = known.products > FEW
    limit = COUNTED if many else FEW
    first = 0
    if many and reading.conditions.texts and not reading.everything:
        row = await connection.fetchrow(reading.sample(), *reading.conditions.words)
        assert row is not None, "an aggregate gives a row"
        reading.sampled = sample = Sample(**row)
        if not reading.patched and sample.have_texts * sample.have_words * known.products >= WORTH_READING:
            first = 1 + int(READ_IN_ORDER * sample.have_words * known.products / SAMPLE)
            limit = await _search_to_count(connection, reading, sample)
        else:
            await _search(connection, reading)
    ids = await connection.fetchval(reading.ids(limit + 1), *reading.arguments)
    if len(ids) <= limit:  # all matches are known: they needn't be searched again
        return len(ids), True, reading.among(ids)
    if first:
        reading.read_in_order(first)
        await connection.execute(statements("products")["read_on"])
    return limit, False, reading


async def _search_to_count(connection: asyncpg.Connection, reading: PageQueries, sample: Sample) -> int:
    """Returns the number up to which matches of a frequent text are counted, by reading few products.

    The number depends on the sample alone, so it is the same for every page.
    """
    if sample.have_texts >= _MET_ANYWHERE:
        await connection.execute(statements("products")["read_on"])
        return COUNTED_FREQUENT
    looked_at = sample.have_words if await _search(connection, reading) else SAMPLE
    return min(COUNTED_FREQUENT, sample.have_texts * _READ_TO_COUNT // looked_at)


async def _search(connection: asyncpg.Connection, reading: PageQueries) -> bool:
    """Has matches found by the search index and then sorted from now on, if the index helps.

    Returns whether it does.
    """
    assert reading.sampled is not None, "what is rare is told by a sample"
    letters = reading.conditions.letters(reading.sampled)
    if letters:
        letters = choose(letters, await connection.fetchval(have_each(letters)))
    reading.look_for_rare(letters)
    await connection.execute(statements("products")["search" if letters else "look_at_all"])
    return bool(letters)


async def _count(connection: asyncpg.Connection, reading: PageQueries) -> int:
    """Returns the exact number of matches. This takes as long as finding a page behind the last one."""
    if reading.first:
        await _search(connection, reading)
    return int(await connection.fetchval(reading.count(), *reading.arguments))


async def _rows_far_in(
    connection: asyncpg.Connection,
    wanted: ProductFilter,
    known: Totals,
    reading: PageQueries,
    offset: int,
    size: int,
) -> list[asyncpg.Record] | None:
    """Returns the page's rows, read from a landmark; None if there is none, or the page is near an end."""
    order, total = reading.order, _counted(wanted, known)
    limit = min(size, total - offset)
    if known.pending or not wanted.counted or min(offset, total - offset) <= FAR:
        return None
    place = total - offset - limit if reading.descending else offset
    if wanted.active is not None:
        if order not in ("sku", "active"):
            return None
        order = "active"  # all inactive products by SKU key, then all active ones
        place += known.products - known.active if wanted.active else 0
    landmark = await landmarks.nearest(connection, order, place)
    if landmark is None:
        return None
    reading = PageQueries(Conditions(), f"-{order}" if reading.descending else order, [])
    sql = reading.page_from(landmark, place - landmark.place, limit)
    return list(await connection.fetch(sql, *reading.arguments))


async def _rows(
    connection: asyncpg.Connection, reading: PageQueries, offset: int, size: int, total: int | None
) -> list[asyncpg.Record]:
    """Returns the page's rows, and one row more, if there is one, while the total isn't known."""
    backwards = False
    limit = size + 1
    if total is not None:
        limit = min(size, total - offset)
        if limit <= 0:
            return []
        if backwards := offset > total // 2:
            offset = total - offset - limit
    sql = reading.page(offset, limit, backwards=backwards)
    rows = list(await connection.fetch(sql, *reading.arguments))
    if reading.first and len(rows) < limit:  # the other matches are further on in this order
        await _search(connection, reading)
        sql = reading.page(offset, limit, backwards=backwards)
        rows = list(await connection.fetch(sql, *reading.arguments))
    return rows
