"""A page of products: which ones, in which order, and how many there are in all.

It is read from the narrow tables that follow the products; what they don't follow yet is read from the
products themselves, in the same snapshot. So is everything, while there is much of that.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from product_importer.product import Product, ProductFilter, ProductPage, Sort
from product_importer.store import landmarks
from product_importer.store.connect import Database
from product_importer.store.filtering import Conditions
from product_importer.store.landmarks import Landmark
from product_importer.store.orders import KEYS
from product_importer.store.queries import statements

COUNTED: Final = 5_000
"""Products that a text finds are counted up to here, unless there are few altogether."""

FEW: Final = 20_000
"""Where there are no more products than this, all that are found are counted."""

MANY: Final = 1_000_000

SAMPLE: Final = 1_000
"""Products that are looked at to see whether a text is rare."""

OFTEN: Final = 4
OFTEN_AMONG_MANY: Final = 1
"""A text that so many of the sample have isn't. Where there are many products, fewer are enough: the search
index would have to be read for too long."""

_READ_TO_COUNT: Final = 10_000
"""Products that are read to count those with a frequent text."""

_READ_FOR_A_PAGE: Final = 50_000
"""Products that are read, from the beginning of the order, to find a page of those with a frequent text."""

PATCHED: Final = 2_000
MOST_PATCHED: Final = 200_000
"""Up to so many changes that are still to be followed are patched in anyway, and up to so many at most, if
they are a tenth of the products or less. With more, the products are read.
"""

FAR: Final = 2 * landmarks.DISTANCE
"""A page that is farther than this from both ends is looked for from a landmark."""

_PRODUCTS: Final = "product_facts"


@dataclass(frozen=True, slots=True)
class Totals:
    """How many products there are, how many of them active, and how many changes are still to be followed."""

    products: int
    active: int
    pending: int


@asynccontextmanager
async def snapshot(connection: asyncpg.Connection, *, workers: int = 0) -> AsyncIterator[None]:
    """All statements within see the same moment. ``workers``: how many processes may help with one."""
    await connection.execute(statements("products")["begin_reading"].format(workers=workers))
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")


async def totals(connection: asyncpg.Connection) -> Totals:
    row = await connection.fetchrow(statements("products")["totals"])
    assert row is not None, "the table has its one row"
    return Totals(**row)


async def read_page(
    database: Database, wanted: ProductFilter, sort: Sort, page: int, page_size: int
) -> ProductPage:
    """The page, as of one moment."""
    async with database.connection() as connection, snapshot(connection):
        return await page_now(connection, wanted, sort, page, page_size)


async def page_now(
    connection: asyncpg.Connection, wanted: ProductFilter, sort: Sort, page: int, page_size: int
) -> ProductPage:
    """The page, in the connection's snapshot."""
    known = await totals(connection)
    in_key_order = wanted == ProductFilter() and sort in ("sku", "-sku")
    pending = await _pending(connection, known, in_key_order)
    reading = _Reading(Conditions(wanted), sort, pending)
    if not reading.conditions.texts:
        total, exact = _counted(wanted, known), True
    else:
        total, exact, reading = await _look_for(connection, known, reading)
    offset = (page - 1) * page_size
    rows = await _rows_far_in(connection, wanted, known, reading, offset, page_size)
    if rows is None:
        rows = await _rows(connection, reading, offset, page_size, total if exact else None)
    return ProductPage(
        products=tuple(to_product(row) for row in rows[:page_size]),
        page=page,
        page_size=page_size,
        total=max(total, offset + len(rows) if rows else 0),
        total_is_exact=exact,
        has_next=len(rows) > page_size or (exact and offset + len(rows) < total),
        pending=known.pending,
    )


def to_product(row: asyncpg.Record) -> Product:
    return Product(
        id=row["id"],
        version=row["version"],
        sku=row["sku"],
        name=row["name"],
        description=row["description"],
        price=row["price"],
        active=row["active"],
        attributes=json.loads(row["attributes"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by_import=row["created_by_import"],
        updated_by_import=row["updated_by_import"],
    )


class _Reading:
    """Where rows are found. ``pending``: the products to patch in; None to read all from the products.

    ``rare``: few products have the texts, so that these are better found first and put in order then.
    ``often``: so many of :data:`SAMPLE` products have them; a page is looked for where the order begins.
    """

    def __init__(self, conditions: Conditions, sort: str, pending: list[int] | None) -> None:
        self._sort = sort
        self._pending = pending
        self.order = sort.removeprefix("-")
        self._keys = KEYS[self.order]
        self.descending = sort.startswith("-")
        self.conditions = conditions
        self._patch = ""
        if pending:
            self._patch = conditions.add(pending)
        self.everything = pending is None
        self.rare = False
        self.often = 0

    @property
    def arguments(self) -> list[object]:
        return self.conditions.arguments

    @property
    def patched(self) -> bool:
        return bool(self._patch)

    @property
    def words(self) -> list[object]:
        """The arguments of the conditions alone."""
        return self.arguments[:-1] if self._patch else self.arguments

    def among(self, ids: list[int]) -> _Reading:
        """Of these products, in the same order, from the same tables."""
        return _Reading(Conditions.among(ids), self._sort, self._pending)

    def sample(self, rows: int) -> str:
        """The query for how many among some products have the texts."""
        return statements("products")["sample"].format(where=" AND ".join(self.conditions.texts), rows=rows)

    def ids(self, limit: int) -> str:
        """The query for the products' ids, in no order."""
        found = self._found("product_id", self.conditions.unordered_source, "", limit, 0)
        return statements("products")["ids"].format(found=found)

    def page(self, offset: int, limit: int, *, backwards: bool) -> str:
        """The query for the products, in order. ``backwards``: the offset counts from the end."""
        what = ", ".join(dict.fromkeys(("product_id", *self._keys)))
        order = "ORDER BY " + self._order("", self.descending != backwards)
        source = self.conditions.sifted_source if self.rare else self.conditions.source
        if self.often:
            rows = min(_READ_FOR_A_PAGE, 3 * (offset + limit) * SAMPLE // self.often)
            source = self.conditions.beginning(order, rows)
        found = self._found(what, source, order, limit, offset)
        return statements("products")["page"].format(found=found, order=self._order("page.", self.descending))

    def page_from(self, landmark: Landmark, offset: int, limit: int) -> str:
        """The query for products behind the landmark; ``offset`` counts from it."""
        self.conditions.plain.append(self.conditions.from_on(KEYS[self.order], landmark.keys))
        return self.page(offset, limit, backwards=self.descending)

    def _order(self, prefix: str, descending: bool) -> str:
        direction = "DESC" if descending else "ASC"
        return ", ".join(f"{prefix}{key} {direction}" for key in self._keys)

    def _found(self, what: str, source: str, order: str, limit: int, offset: int) -> str:
        return statements("products")["found_patched" if self._patch else "found"].format(
            what=what,
            source=_PRODUCTS if self.everything else source,
            where=self.conditions.where,
            patch=self._patch,
            order=order,
            limit=limit,
            offset=offset,
            window=limit + offset,
        )


async def _pending(connection: asyncpg.Connection, known: Totals, in_key_order: bool) -> list[int] | None:
    """The products to patch in; None where all are to be read from the products themselves."""
    most = PATCHED if in_key_order else max(PATCHED, min(MOST_PATCHED, known.products // 10))
    if known.pending > most:
        return None
    if not known.pending:
        return []
    return list(await connection.fetchval(statements("products")["pending_ids"]))


def _counted(wanted: ProductFilter, known: Totals) -> int:
    """How many products there are in this state, whatever their texts."""
    if wanted.active is None:
        return known.products
    return known.active if wanted.active else known.products - known.active


async def _look_for(
    connection: asyncpg.Connection, known: Totals, reading: _Reading
) -> tuple[int, bool, _Reading]:
    """How many products have the texts, whether these are all, and how to read them."""
    many = known.products > FEW
    limit = COUNTED if many else FEW
    if many and not reading.everything:
        often = await connection.fetchval(reading.sample(SAMPLE), *reading.words)
        if not reading.patched and often >= (OFTEN if known.products <= MANY else OFTEN_AMONG_MANY):
            # Some of the many are soon met, in most orders; the search index would bring them all.
            reading.often = often
            limit = min(COUNTED, often * _READ_TO_COUNT // SAMPLE)
            await connection.execute(statements("products")["read_on"])
        elif reading.conditions.indexed:
            await _search(connection, reading)
    ids = await connection.fetchval(reading.ids(limit + 1), *reading.arguments)
    if len(ids) <= limit:  # no need to look for them again
        return len(ids), True, reading.among(ids)
    return limit, False, reading


async def _search(connection: asyncpg.Connection, reading: _Reading) -> None:
    """Has what is looked for found by the search index from now on, and put in order then."""
    reading.rare, reading.often = True, 0
    await connection.execute(statements("products")["search"])


async def _rows_far_in(
    connection: asyncpg.Connection,
    wanted: ProductFilter,
    known: Totals,
    reading: _Reading,
    offset: int,
    size: int,
) -> list[asyncpg.Record] | None:
    """The page's rows, from a landmark; None where there is none, or the page is near an end."""
    order, total = reading.order, _counted(wanted, known)
    limit = min(size, total - offset)
    if known.pending or reading.conditions.texts or min(offset, total - offset) <= FAR:
        return None
    place = total - offset - limit if reading.descending else offset
    if wanted.active is not None:
        if order not in ("sku", "active"):
            return None
        order = "active"  # all inactive ones by their keys, then all active ones
        place += known.products - known.active if wanted.active else 0
    landmark = await landmarks.nearest(connection, order, place)
    if landmark is None:
        return None
    reading = _Reading(Conditions(), f"-{order}" if reading.descending else order, [])
    sql = reading.page_from(landmark, place - landmark.place, limit)
    return list(await connection.fetch(sql, *reading.arguments))


async def _rows(
    connection: asyncpg.Connection, reading: _Reading, offset: int, size: int, total: int | None
) -> list[asyncpg.Record]:
    """The page's rows, and where the total isn't known one more, if there is one."""
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
    if reading.often and len(rows) < limit:  # they are somewhere else in this order
        await _search(connection, reading)
        sql = reading.page(offset, limit, backwards=backwards)
        rows = list(await connection.fetch(sql, *reading.arguments))
    return rows
