"""Lists, searches and changes products."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, nullcontext, suppress
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from product_importer.cells.shortening import quoted
from product_importer.cells.sku import sku_key
from product_importer.cells.storable import text_flaw
from product_importer.errors import UsageError
from product_importer.fields import FIELDS, FILTERS, NAMES
from product_importer.model import Actor, ExportOptions
from product_importer.pipeline.draft import checked
from product_importer.pipeline.exporting import checked_export, written
from product_importer.product import (
    MAX_PAGE_SIZE,
    PAGE_SIZE,
    SORTS,
    Collision,
    Indexing,
    Product,
    ProductChange,
    ProductDraft,
    ProductFilter,
    ProductPage,
    Sort,
)
from product_importer.store.connect import Database
from product_importer.store.events import Audience
from product_importer.store.export import export, export_batches
from product_importer.store.products import Products, changed_meanwhile
from product_importer.store.rows import batch_of, read_rows
from product_importer.store.search.indexing import STEP, index_step, pending, tidy
from product_importer.store.search.listing import read_page
from product_importer.store.search.page_queries import to_product
from product_importer.store.settling import collisions

if TYPE_CHECKING:
    import asyncpg
    import pyarrow as pa

    from product_importer.registry import PluginSet

MAX_SELECTED: Final = 10_000
"""Maximum number of products that one call may change or delete by their ids."""

MAX_WORDS: Final = 200
"""Maximum number of characters in a text of a filter."""

_REST: Final = 9
"""While an import runs, indexing pauses after each step for this many times the step's duration."""

_SEARCHES: Final = 3
"""Maximum number of concurrent searches in a process, so that connections are left for quick queries."""

_MORE_THAN_PRICES: Final = 10**15

_MAX_ID: Final = 2**63 - 1


class Catalogue:
    """The products of one database, as ``Importer.catalogue``.

    ``actor`` causes a change and is named in its events: an :class:`~product_importer.model.Actor`, or its
    text, such as ``user:3``. Every method raises :class:`DatabaseError` if the database fails.
    """

    def __init__(self, database: Database, plugins: PluginSet) -> None:
        self._database = database
        self._plugins = plugins
        self._products = Products(database, Audience(plugins.event_sinks.values()))
        self._searching = asyncio.Semaphore(_SEARCHES)

    async def list(
        self,
        wanted: ProductFilter = ProductFilter(),  # noqa: B008 - frozen
        *,
        sort: Sort = "sku",
        page: int = 1,
        page_size: int = PAGE_SIZE,
    ) -> ProductPage:
        """Returns a page of the products that match ``wanted``.

        Products with equal values are sorted by id, or by SKU if ``sort`` is active.
        Raises :class:`UsageError` if such a page can't exist.
        """
        if sort not in SORTS:
            raise UsageError(f"Products can't be sorted by {quoted(sort)}. Known: {', '.join(SORTS)}.")
        if not 1 <= page <= _MAX_ID // MAX_PAGE_SIZE or not 1 <= page_size <= MAX_PAGE_SIZE:
            raise UsageError(f"A page has 1 to {MAX_PAGE_SIZE} products, and pages are counted from 1.")
        _check_filter(wanted)
        turn = nullcontext() if wanted.counted else self._searching
        async with turn:
            return await read_page(self._database, wanted, sort, page, page_size)

    async def get(self, product_id: int) -> Product:
        """Returns the product. Raises :class:`ProductNotFound`."""
        return await self._products.get(_known(product_id))

    async def by_sku(self, sku: str) -> Product | None:
        """Returns the product with this SKU, or None. SKUs are compared by their keys."""
        return (await self.by_skus([sku])).get(sku)

    async def by_skus(self, skus: Sequence[str]) -> dict[str, Product]:
        """Returns the products that have one of these SKUs, by the SKU as given.

        SKUs without a product are left out. Raises :class:`UsageError` for more than :data:`MAX_SELECTED`.
        """
        if len(skus) > MAX_SELECTED:
            raise UsageError(f"{len(skus):,} SKUs are given; at most {MAX_SELECTED:,} can be at once.")
        keys = {sku: sku_key(sku) for sku in skus}
        found = await self._products.by_keys([key for key in keys.values() if text_flaw(key) is None])
        return {sku: found[key] for sku, key in keys.items() if key in found}

    async def iterate(self, wanted: ProductFilter = ProductFilter()) -> AsyncGenerator[Product, None]:  # noqa: B008
        """Yields the products that match ``wanted``, from one snapshot, in the order of their creation.

        Memory use is constant, and products may be changed meanwhile. Raises :class:`DatabaseError` if
        nothing was taken for some minutes.
        """
        async with aclosing(self._rows(wanted)) as blocks:
            async for block in blocks:
                for row in block:
                    yield to_product(row)

    async def batches(
        self,
        wanted: ProductFilter = ProductFilter(),  # noqa: B008 - frozen
    ) -> AsyncGenerator[pa.RecordBatch, None]:
        """Yields the products that match ``wanted`` as Arrow record batches, in the order of their creation.

        The columns are those of :class:`~product_importer.product.Product`: prices are decimals of 4 places,
        attributes are maps of texts, and times are in UTC. There is at least one batch, so
        that the schema is known even if no product matches. Errors and memory are those of :meth:`iterate`.
        """
        async with aclosing(self._rows(wanted)) as blocks:
            met = False
            async for block in blocks:
                met = True
                yield await asyncio.to_thread(batch_of, block)
            if not met:
                yield batch_of([])

    def _rows(self, wanted: ProductFilter) -> AsyncGenerator[Sequence[asyncpg.Record], None]:
        _check_filter(wanted)
        return read_rows(self._database, wanted)

    async def create(self, draft: ProductDraft, *, actor: Actor | str) -> Product:
        """Creates a product. Raises :class:`InvalidProduct` with every problem, and :class:`SkuTaken`."""
        values = await asyncio.to_thread(checked, draft, self._plugins)
        return await self._products.create(values, str(actor))

    async def change(
        self, product_id: int, version: int, change: ProductChange, *, actor: Actor | str
    ) -> Product:
        """Changes a product and returns it. If nothing differs, nothing is written or emitted.

        ``version``: the version of the product that the change is meant for. Raises :class:`ProductChanged`
        with the present product if its version is another one, :class:`ProductNotFound`,
        :class:`InvalidProduct`, and :class:`SkuTaken`.
        """
        if unknown := change.keys() - set(NAMES):
            raise UsageError(
                f"A product has no {' and no '.join(sorted(unknown))}. It has {', '.join(NAMES)}."
            )
        before = await self.get(product_id)
        if before.version != version:
            raise changed_meanwhile(before)
        stored = None if "attributes" in change else before.attributes
        values = {name: getattr(before, name) for name in FIELDS} | dict(change)
        after = await asyncio.to_thread(checked, ProductDraft(**values), self._plugins, stored)
        return await self._products.change(product_id, version, after, str(actor))

    async def activate(self, ids: Sequence[int], active: bool, *, actor: Actor | str) -> int:
        """Makes products active or inactive; returns how many changed. Unknown ids are ignored."""
        return await self._products.activate(_selected(ids), active, str(actor))

    async def delete(self, product_id: int, version: int, *, actor: Actor | str) -> None:
        """Deletes the product. Raises :class:`ProductNotFound` and :class:`ProductChanged`."""
        await self._products.delete(_known(product_id), version, str(actor))

    async def delete_selected(self, ids: Sequence[int], *, actor: Actor | str) -> int:
        """Deletes products; returns how many of them existed. Unknown ids are ignored."""
        return await self._products.delete_selected(_selected(ids), str(actor))

    async def export(
        self,
        wanted: ProductFilter = ProductFilter(),  # noqa: B008 - frozen
        options: ExportOptions = ExportOptions(),  # noqa: B008
    ) -> AsyncGenerator[bytes, None]:
        """Yields the products that match ``wanted`` as a file, in pieces, from one snapshot.

        The file has the columns that an import reads: one for each field, and one for each attribute, by its
        name. Importing the file changes nothing. A CSV file is UTF-8; a cell that a spreadsheet would take
        for a formula begins with a ``'``, which an import removes. Memory use is constant, and products may
        be changed meanwhile.

        Raises :class:`UsageError` if ``options`` can't be met, and :class:`PluginError` if an exporter fails.
        """
        _check_filter(wanted)
        exporter = checked_export(options, self._plugins)
        if exporter is None:
            pieces = export(self._database, wanted, options)
        else:
            pieces = written(self._plugins, exporter, export_batches(self._database, wanted, options))
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def index_pending(self, limit: int = STEP) -> Indexing:
        """Indexes at most ``limit`` changes of products, for sorting and searching.

        To be called, by any process, until nothing is pending. Until then, answers are right but slower. A
        process may be killed at any moment without leaving anything half-done; of two concurrent calls, one
        does nothing.
        """
        return await index_step(self._database, limit)

    async def index_all(self, stop: asyncio.Event | None = None) -> Indexing:
        """Calls :meth:`index_pending` until nothing is pending, another process indexes, or ``stop`` is set.

        While an import runs, indexing takes a tenth of the time only, so as not to slow the import down.
        """
        stop = stop or asyncio.Event()
        done = 0
        while True:
            began = time.monotonic()
            step = await self.index_pending()
            done += step.done
            if not step.done or not step.pending or stop.is_set():
                break
            if step.importing:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _REST * (time.monotonic() - began))
        await tidy(self._database, done)
        return replace(step, done=done)

    async def collisions(self, limit: int = 100) -> tuple[Collision, ...]:
        """Returns stored products that have a SKU or an attribute in two spellings with different values. An
        update of the schema found them and left them as they were.
        """
        async with self._database.connection() as connection:
            return tuple(await collisions(connection, limit))

    async def pending(self) -> int:
        """Returns the number of changes of products that wait to be indexed."""
        return await pending(self._database)


def _check_filter(wanted: ProductFilter) -> None:
    if wanted.changed_since is not None and wanted.changed_since.tzinfo is None:
        raise UsageError("The time from which on products were changed has no time zone. Add one.")
    for price in (wanted.price_from, wanted.price_to):
        if price is not None and not (Decimal(price).is_finite() and 0 <= price < _MORE_THAN_PRICES):
            raise UsageError(f"A price to look for is a number from 0 on, below {_MORE_THAN_PRICES:,}.")
    for number in (wanted.created_by_import, wanted.updated_by_import):
        if number is not None and not 0 < number <= _MAX_ID:
            raise UsageError(f"There is no import {number}.")
    texts = (*wanted.attributes, *wanted.attributes.values())
    for text in (wanted.search, *(getattr(wanted, field) for field in FILTERS), *texts):
        if len(text) > MAX_WORDS:
            raise UsageError(f"The text to look for is longer than {MAX_WORDS} characters. Shorten it.")
        if text_flaw(text) is not None:
            raise UsageError("The text to look for has a character that no text can have. Remove it.")


def _known(product_id: int) -> int:
    """Returns an id within the database's range; 0, which no product has, for any other."""
    return product_id if 0 < product_id <= _MAX_ID else 0


def _selected(ids: Sequence[int]) -> list[int]:
    if len(ids) > MAX_SELECTED:
        raise UsageError(f"{len(ids):,} products are selected; at most {MAX_SELECTED:,} can be at once.")
    return sorted({_known(product_id) for product_id in ids})
