"""Single products in PostgreSQL, and selections of them. Each change and its event are one transaction."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg
import pyarrow as pa

from product_importer.errors import ProductChanged, ProductNotFound, ProductsLocked, SkuTaken
from product_importer.fields import FIELDS, NAMES
from product_importer.store.attribute_names import with_noted_names
from product_importer.store.changes.images import activating, deleted, deleting, edited, updated
from product_importer.store.changes.log import ChangeLog
from product_importer.store.changes.sets import Author, created
from product_importer.store.columns import COLUMNS, places
from product_importer.store.queries import statements
from product_importer.store.search.page_queries import to_product

if TYPE_CHECKING:
    from product_importer.product import CheckedProduct, Product
    from product_importer.store.changes.sets import Changes
    from product_importer.store.connect import Database
    from product_importer.store.events import Audience

_PLACES: Final = {"create": places(len(NAMES) + 1), "change": places(len(NAMES) + 1, first=2)}
"""The parameters for the SKU key and the fields in the statements that write them."""


class Products:
    """The products of one database. ``audience``: the sinks that get the events.

    Methods that change products raise :class:`ProductsLocked` instead of waiting long for a lock.
    """

    def __init__(self, database: Database, audience: Audience) -> None:
        self._database = database
        self._audience = audience
        self._log = ChangeLog(audience)

    async def get(self, product_id: int) -> Product:
        """Returns the product. Raises :class:`ProductNotFound`."""
        async with self._database.connection() as connection:
            return to_product(_found(product_id, await _fetchrow(connection, "get", product_id)))

    async def by_keys(self, keys: Sequence[str]) -> dict[str, Product]:
        """Returns the products that have one of these SKU keys, by the key."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("products")["by_keys"], list(keys))
            return {row["sku_key"]: to_product(row) for row in rows}

    async def create(self, values: CheckedProduct, actor: str) -> Product:
        """Creates a product. Raises :class:`SkuTaken`."""
        async with self._changing() as connection:
            attributes = await with_noted_names(connection, values.attributes)
            row = await _fetchrow(connection, "create", *_arguments(values, attributes))
            if row is None:
                raise await _taken(connection, values)
            changes = created(row["last_change"], row["id"], pa.array([row["sku"]]))
            await self._note(connection, actor, changes)
            return to_product(row)

    async def change(self, product_id: int, version: int, values: CheckedProduct, actor: str) -> Product:
        """Gives the product these values, and returns it; if it has them already, nothing is written.

        Raises :class:`ProductNotFound`, :class:`ProductChanged` if the product has another version, and
        :class:`SkuTaken`.
        """
        async with self._changing() as connection:
            locked = await self._locked(connection, product_id, version)
            before = to_product(locked)
            attributes = await with_noted_names(connection, values.attributes)
            changed = _differences(before, values, attributes)
            if not changed:
                return before
            try:
                async with connection.transaction():
                    row = await _fetchrow(connection, "change", product_id, *_arguments(values, attributes))
            except asyncpg.UniqueViolationError:
                raise await _taken(connection, values) from None
            assert row is not None, "the row is locked"
            await self._note(connection, actor, edited(locked, row, changed))
            return to_product(row)

    async def activate(self, ids: Sequence[int], active: bool, actor: str) -> int:
        """Sets the flag ``active`` of these products; returns the number of products that changed."""
        async with self._changing() as connection:
            sql = statements("products")["activate"].format(**activating())
            found = await connection.fetchrow(sql, ids, active)
            assert found is not None, "an aggregate gives a row"
            await self._note(connection, actor, updated(found))
            return int(found["products"])

    async def delete(self, product_id: int, version: int, actor: str) -> None:
        """Deletes the product. Raises :class:`ProductNotFound` and :class:`ProductChanged`."""
        async with self._changing() as connection:
            await self._locked(connection, product_id, version)
            await self._delete(connection, [product_id], actor)

    async def delete_selected(self, ids: Sequence[int], actor: str) -> int:
        """Deletes those of these products that exist, and returns their number."""
        async with self._changing() as connection:
            await connection.execute(statements("products")["lock_selected"], ids)
            return await self._delete(connection, ids, actor)

    async def _delete(self, connection: asyncpg.Connection, ids: Sequence[int], actor: str) -> int:
        found = await connection.fetchrow(statements("products")["delete"].format(**deleting()), ids)
        assert found is not None, "an aggregate gives a row"
        await self._note(connection, actor, deleted(found))
        return int(found["products"])

    async def _locked(self, connection: asyncpg.Connection, product_id: int, version: int) -> asyncpg.Record:
        row = _found(product_id, await _fetchrow(connection, "lock", product_id))
        if row["version"] != version:
            raise changed_meanwhile(to_product(row))
        return row

    async def _note(self, connection: asyncpg.Connection, actor: str, changes: Changes) -> None:
        await self._log.write(connection, Author(actor, "edit"), changes)

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._database.connection() as connection:
            try:
                async with connection.transaction():
                    await connection.execute(statements("products")["begin_changing"])
                    yield connection
                await self._audience.wake(connection, self._database.channel)
            except asyncpg.LockNotAvailableError as error:
                raise ProductsLocked(
                    "The products are being changed by something that takes long, such as deleting all of "
                    "them. Nothing was changed; try again in a while."
                ) from error


def changed_meanwhile(product: Product) -> ProductChanged:
    """Returns the error for a product that has another version than expected."""
    return ProductChanged(
        f"{product.sku} was changed by somebody else meanwhile. Look at what it is now, and decide anew.",
        product=product,
    )


async def _fetchrow(
    connection: asyncpg.Connection, statement: str, *arguments: object
) -> asyncpg.Record | None:
    sql = statements("products")[statement].format(columns=COLUMNS, values=_PLACES.get(statement, ""))
    return await connection.fetchrow(sql, *arguments)


def _found(product_id: int, row: asyncpg.Record | None) -> asyncpg.Record:
    if row is None:
        raise ProductNotFound(f"There is no product {product_id}; it may have been deleted.")
    return row


async def _taken(connection: asyncpg.Connection, values: CheckedProduct) -> SkuTaken:
    row = await _fetchrow(connection, "by_key", values.sku_key)
    other = None if row is None else to_product(row)
    written = f", written {other.sku}" if other is not None and other.sku != values.sku else ""
    return SkuTaken(
        f"There is a product with the SKU {values.sku} already{written}. "
        "Give this one another, or change that one.",
        product=other,
    )


def _arguments(values: CheckedProduct, attributes: str) -> tuple[object, ...]:
    after = _after(values) | {"attributes": attributes}
    return (values.sku_key, *(after[name] for name in NAMES))


def _after(values: CheckedProduct) -> dict[str, object]:
    """Returns the new values of all fields except the attributes."""
    return {name: getattr(values, name) for name in FIELDS}


def _differences(before: Product, values: CheckedProduct, attributes: str) -> list[str]:
    """Returns the names of the fields whose values differ."""
    after = _after(values) | {"attributes": json.loads(attributes)}
    return [field for field in NAMES if getattr(before, field) != after[field]]
