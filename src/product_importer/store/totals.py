"""The numbers of products, which triggers keep, so that nothing has to be counted."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from product_importer.store.queries import statements


@dataclass(frozen=True, slots=True)
class Totals:
    """The number of products, of active products, and of changes that wait to be indexed."""

    products: int
    active: int
    pending: int


async def totals(connection: asyncpg.Connection) -> Totals:
    row = await connection.fetchrow(statements("products")["totals"])
    assert row is not None, "the table has its one row"
    return Totals(**row)
