"""A page of products: which ones, in which order, and how many there are in all.

It is read from the narrow tables that follow the products; what they don't follow yet is read from the
products themselves, in the same snapshot. So is everything, while there is much of that.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from product_importer.product import Product, ProductFilter, ProductPage, Sort
from product_importer.sku import sku_key
from product_importer.store.connect import Database
from product_importer.store.queries import statements

COUNTED: Final = 1_000
"""Products that a text finds are counted up to here, unless there are few altogether."""

FEW: Final = 20_000
"""Where there are no more products than this, all that are found are counted."""

PATCHED: Final = 2_000
"""Up to so many changes that are still to be followed are patched in; with more, the products are read."""

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "sku": ("sku_key", "product_id"),
    "name": ("name_key", "product_id"),
    "price": ("price_key", "product_id"),
    "active": ("active", "sku_key", "product_id"),
    "created": ("created_at", "product_id"),
    "updated": ("updated_at", "product_id"),
}
"""The columns of the index that has the order."""

_SORTED: Final = "product_sorting"
_TEXTS: Final = "product_texts"
_SEARCHED: Final = "product_sorting JOIN product_texts USING (product_id)"
_PRODUCTS: Final = "product_facts"
_ANYWHERE: Final = (
    "(sku_text LIKE {sku} OR name_text LIKE {text}"
    " OR description_text LIKE {text} OR attributes_text LIKE {text})"
)


@dataclass(frozen=True, slots=True)
class Totals:
    """How many products there are, how many of them active, and how many changes are still to be followed."""

    products: int
    active: int
    pending: int


class Conditions:
    """The filter as SQL conditions on the columns of ``product_facts``, with their arguments."""

    def __init__(self, wanted: ProductFilter = ProductFilter()) -> None:  # noqa: B008 - frozen
        self.arguments: list[object] = []
        self.texts: list[str] = []
        self.plain: list[str] = []
        if sku := sku_key(wanted.sku):
            self.texts.append(f"sku_text LIKE {self.add(contains(sku))}")
        for column, text in (("name_text", wanted.name), ("description_text", wanted.description)):
            if text.strip():
                self.texts.append(f"{column} LIKE lower({self.add(contains(text.strip()))})")
        for word in wanted.search.split():
            sku, text = self.add(contains(sku_key(word))), f"lower({self.add(contains(word))})"
            self.texts.append(_ANYWHERE.format(sku=sku, text=text))
        if wanted.active is not None:
            self.plain.append("active" if wanted.active else "NOT active")

    @classmethod
    def among(cls, ids: list[int]) -> Conditions:
        """That it is one of these products."""
        conditions = cls()
        conditions.plain.append(f"product_id = ANY({conditions.add(ids)})")
        return conditions

    def add(self, argument: object) -> str:
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    @property
    def matches_all(self) -> bool:
        return not (self.plain or self.texts)

    @property
    def source(self) -> str:
        """The narrow tables that have what is asked for and the order."""
        return _SEARCHED if self.texts else _SORTED

    @property
    def unordered_source(self) -> str:
        """Those that have what is asked for."""
        return self.source if self.plain else _TEXTS

    @property
    def where(self) -> str:
        return " AND ".join([*self.plain, *self.texts]) or "true"


def contains(text: str) -> str:
    r"""The pattern of LIKE for texts that hold this one; ``%``, ``_`` and ``\`` stand for themselves."""
    return "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


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
    pending = await _pending(connection, known)
    reading = _Reading(Conditions(wanted), sort, pending)
    if not reading.conditions.texts:
        total, exact = _counted(wanted, known), True
    else:
        limit = COUNTED if known.products > FEW else FEW
        ids = await connection.fetchval(reading.ids(limit + 1), *reading.arguments)
        total, exact = min(len(ids), limit), len(ids) <= limit
        if exact:  # no need to look for them again
            reading = _Reading(Conditions.among(ids), sort, pending)
    offset = (page - 1) * page_size
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
    """Where rows are found. ``pending``: the products to patch in; None to read all from the products."""

    def __init__(self, conditions: Conditions, sort: Sort, pending: list[int] | None) -> None:
        self._keys = _KEYS[sort.removeprefix("-")]
        self.descending = sort.startswith("-")
        self.conditions = conditions
        self._patch = ""
        if pending:
            self._patch = conditions.add(pending)
        self._everything = pending is None

    @property
    def arguments(self) -> list[object]:
        return self.conditions.arguments

    def ids(self, limit: int) -> str:
        """The query for the products' ids, in no order."""
        found = self._found("product_id", self.conditions.unordered_source, "", limit, 0)
        return statements("products")["ids"].format(found=found)

    def page(self, offset: int, limit: int, *, backwards: bool) -> str:
        """The query for the products, in order. ``backwards``: the offset counts from the end."""
        what = ", ".join(dict.fromkeys(("product_id", *self._keys)))
        order = "ORDER BY " + self._order("", self.descending != backwards)
        found = self._found(what, self.conditions.source, order, limit, offset)
        return statements("products")["page"].format(found=found, order=self._order("page.", self.descending))

    def _order(self, prefix: str, descending: bool) -> str:
        direction = "DESC" if descending else "ASC"
        return ", ".join(f"{prefix}{key} {direction}" for key in self._keys)

    def _found(self, what: str, source: str, order: str, limit: int, offset: int) -> str:
        return statements("products")["found_patched" if self._patch else "found"].format(
            what=what,
            source=_PRODUCTS if self._everything else source,
            where=self.conditions.where,
            patch=self._patch,
            order=order,
            limit=limit,
            offset=offset,
            window=limit + offset,
        )


async def _pending(connection: asyncpg.Connection, known: Totals) -> list[int] | None:
    if known.pending > PATCHED:
        return None
    if not known.pending:
        return []
    return list(await connection.fetchval(statements("products")["pending_ids"]))


def _counted(wanted: ProductFilter, known: Totals) -> int:
    """How many products there are in this state, whatever their texts."""
    if wanted.active is None:
        return known.products
    return known.active if wanted.active else known.products - known.active


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
    return list(await connection.fetch(sql, *reading.arguments))
