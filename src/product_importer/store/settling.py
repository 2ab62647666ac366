"""Brings stored products to the form in which an import stores the same texts now: once, in a migration.

Products that were made by imports lose spreadsheets' marks and invisible characters in their SKUs; attributes
get the catalogue's form of their name. Nothing is merged: if the clean SKU, or the attribute's name, is
taken, both stay and are listed. Digests of changed products no longer count (see ``products.merged_in``),
triggers update the tables for lists, and no events are written.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Final

import asyncpg

from product_importer.cells.names import folded
from product_importer.cells.sku import INVISIBLE, sku_key, visible_sku
from product_importer.delimited.formulas import without_foreign_mark
from product_importer.product import Collision
from product_importer.store.attribute_names import note_names
from product_importer.store.queries import statements

logger = logging.getLogger(__name__)

_PAGE: Final = 5_000


async def collisions(connection: asyncpg.Connection, limit: int) -> list[Collision]:
    """Returns the recorded collisions that still exist."""
    rows = await connection.fetch(statements("settling")["collisions"], limit)
    return [Collision(**row) for row in rows]


async def settle(connection: asyncpg.Connection) -> None:
    """Runs in the caller's transaction. While it changes products, no other transaction can change any."""
    await _settle_skus(connection)
    await _settle_attributes(connection)
    number = await connection.fetchval(statements("settling")["number_of_collisions"])
    if number:
        logger.warning(
            "%d stored SKUs or attributes stay as they are, because what they should be called is taken. "
            'The command "product-importer migrate" lists them.',
            number,
        )


def clean_sku(sku: str) -> str:
    """Returns the form in which an import stores this SKU."""
    return visible_sku(without_foreign_mark(visible_sku(sku).strip())).strip()


async def _settle_skus(connection: asyncpg.Connection) -> None:
    sql = statements("settling")
    if not await connection.fetchval(sql["any_skus"], INVISIBLE):
        return
    await connection.execute(sql["lock"])
    async for page in _pages(connection, sql["skus"], INVISIBLE):
        cleaned = [(row["id"], row["sku"], clean_sku(row["sku"])) for row in page]
        wanted = [
            (product, found, clean, key)
            for product, found, clean in cleaned
            if clean != found and (key := sku_key(clean))
        ]
        if wanted:
            await connection.execute(sql["settle_skus"], *map(list, zip(*wanted, strict=True)))


async def _settle_attributes(connection: asyncpg.Connection) -> None:
    sql = statements("settling")
    names = [row["name"] for row in await connection.fetch(sql["attribute_names"])]
    known = await note_names(connection, names)
    forms = {name: known[folded(name)] for name in names if known[folded(name)] != name}
    if not forms:
        return
    await connection.execute(sql["lock"])
    async for page in _pages(connection, sql["with_attributes"], list(forms)):
        await connection.execute(
            sql["settle_attributes"], [row["id"] for row in page], list(forms), list(forms.values())
        )


async def _pages(
    connection: asyncpg.Connection, query: str, *arguments: object
) -> AsyncIterator[Sequence[asyncpg.Record]]:
    cursor = await connection.cursor(query, *arguments)
    while page := await cursor.fetch(_PAGE):
        yield page
