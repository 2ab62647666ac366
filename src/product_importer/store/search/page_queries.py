"""The snapshot and the queries for a list of products."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from product_importer.fields import FIELDS
from product_importer.product import Product
from product_importer.store.queries import statements
from product_importer.store.search.filtering import Conditions, Sample
from product_importer.store.search.landmarks import Landmark
from product_importer.store.search.sieve import SAMPLE, Letters
from product_importer.store.search.sort_keys import KEYS

_PRODUCTS: Final = "product_facts"


@asynccontextmanager
async def snapshot(connection: asyncpg.Connection, *, workers: int = 0) -> AsyncIterator[None]:
    """Runs all statements in one snapshot. ``workers``: how many processes may help with one."""
    await connection.execute(statements("products")["begin_reading"].format(workers=workers))
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")


def to_product(row: asyncpg.Record) -> Product:
    return Product(
        id=row["id"],
        version=row["version"],
        **{name: row[name] for name in FIELDS},
        attributes=json.loads(row["attributes"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by_import=row["created_by_import"],
        updated_by_import=row["updated_by_import"],
    )


class PageQueries:
    """The queries for one page of products.

    ``pending``: the products to patch in; None to read all from the table of products. ``sampled``: the
    result of the sample, once it is known. ``first``: if not 0, the texts are frequent, and are searched
    among this many products at the start of the order.
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
        self.sampled: Sample | None = None
        self.first = 0

    @property
    def arguments(self) -> list[object]:
        return self.conditions.arguments

    @property
    def patched(self) -> bool:
        return bool(self._patch)

    def among(self, ids: list[int]) -> PageQueries:
        """Returns queries for these products only, in the same order, from the same tables."""
        return PageQueries(Conditions.among(ids), self._sort, self._pending)

    def look_for_rare(self, letters: Sequence[Letters]) -> None:
        """Has matches found by the search index with these letters first, then sorted, from now on."""
        self.first = 0
        self.conditions.sift(letters)

    def read_in_order(self, first: int) -> None:
        """Has matches searched among the first ``first`` products of the order from now on."""
        self.first = first
        self.conditions.sift(())

    def sample(self) -> str:
        """Returns the query for how many sampled products match the texts, and have all their words."""
        return statements("products")["sample"].format(
            texts=_per_sample(" AND ".join(self.conditions.texts)),
            apart=_per_sample(" AND ".join(self.conditions.apart)),
            patterns=", ".join(self.conditions.patterns),
            sampled=_sampled(),
        )

    def ids(self, limit: int) -> str:
        """Returns the query for the ids of matching products, in no order."""
        found = self._found("product_id", self.conditions.unordered_source, "", limit, 0)
        return statements("products")["ids"].format(found=found)

    def count(self) -> str:
        """Returns the query for the number of matching products."""
        return statements("products")["count_patched" if self._patch else "count"].format(
            source=_PRODUCTS if self.everything else self.conditions.unordered_source,
            where=self.conditions.where,
            patch=self._patch,
        )

    def page(self, offset: int, limit: int, *, backwards: bool = False) -> str:
        """Returns the query for the products of a page. ``backwards``: the offset counts from the end."""
        what = ", ".join(dict.fromkeys(("product_id", *self._keys)))
        order = "ORDER BY " + self._order("", self.descending != backwards)
        source = self.conditions.source
        if self.first:
            source = self.conditions.beginning(order, self.first)
        found = self._found(what, source, order, limit, offset)
        return statements("products")["page"].format(found=found, order=self._order("page.", self.descending))

    def page_from(self, landmark: Landmark, offset: int, limit: int) -> str:
        """Returns the query for products behind the landmark; ``offset`` counts from the landmark."""
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


def have_each(letters: Sequence[Letters]) -> str:
    """Returns the query for how many products of a sample have each of these letters."""
    each = ", ".join(_per_sample(each.condition) for each in letters)
    return statements("products")["have_each"].format(each=each, sampled=_sampled())


def _per_sample(condition: str) -> str:
    return statements("products")["per_sample"].format(condition=condition, rows=SAMPLE)


def _sampled() -> str:
    return statements("products")["sampled"].format(rows=SAMPLE)
