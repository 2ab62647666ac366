"""The products: listing, searching and changing them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.cells.shortening import quoted
from product_importer.cells.storable import text_flaw
from product_importer.errors import UsageError
from product_importer.fields import FIELDS, FILTERS, NAMES
from product_importer.model import Actor
from product_importer.pipeline.draft import checked
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
from product_importer.store.export import export
from product_importer.store.products import Products, changed_meanwhile
from product_importer.store.search.indexing import STEP, index_step, pending, tidy
from product_importer.store.search.listing import read_page
from product_importer.store.settling import collisions

if TYPE_CHECKING:
    from product_importer.registry import PluginSet

MAX_SELECTED: Final = 10_000
"""Products that one call may change or delete by their ids."""

MAX_WORDS: Final = 200
"""Characters that a text to look for may have."""

_REST: Final = 9
"""Times as long as a step takes, indexing rests after it, where an import runs."""

_SEARCHES: Final = 3
"""Searches that one process has under way at once. Others wait, so that there are connections left for what
is quickly answered.
"""

_MAX_ID: Final = 2**63 - 1


class Catalogue:
    """The products of one database, as ``Importer.catalogue``.

    ``actor`` says who causes a change, for the events that tell of it: an
    :class:`~product_importer.model.Actor`, or its text, such as ``user:3``. Every method raises
    :class:`DatabaseError` where the database fails.
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
        """A page of the products that ``wanted`` lets through.

        Equals are sorted by their ids, or where ``sort`` is active, by SKU.

        Raises :class:`UsageError` where there can be no such page.
        """
        if sort not in SORTS:
            raise UsageError(f"Products can't be sorted by {quoted(sort)}. Known: {', '.join(SORTS)}.")
        if not 1 <= page <= _MAX_ID // MAX_PAGE_SIZE or not 1 <= page_size <= MAX_PAGE_SIZE:
            raise UsageError(f"A page has 1 to {MAX_PAGE_SIZE} products, and pages are counted from 1.")
        _check_filter(wanted)
        turn = nullcontext() if wanted == ProductFilter(active=wanted.active) else self._searching
        async with turn:
            return await read_page(self._database, wanted, sort, page, page_size)

    async def get(self, product_id: int) -> Product:
        """Raises :class:`ProductNotFound`."""
        return await self._products.get(_known(product_id))

    async def create(self, draft: ProductDraft, *, actor: Actor | str) -> Product:
        """Raises :class:`InvalidProduct` with every problem, and :class:`SkuTaken`."""
        values = await asyncio.to_thread(checked, draft, self._plugins)
        return await self._products.create(values, str(actor))

    async def change(
        self, product_id: int, version: int, change: ProductChange, *, actor: Actor | str
    ) -> Product:
        """The product as it is then. What has these values already is not written, and no event tells of it.

        ``version``: of the product that the change is meant for. Raises :class:`ProductChanged` with the
        present product where that is not its version any more, :class:`ProductNotFound`,
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
        """Makes products active, or inactive, and says how many weren't; ids of none don't matter."""
        return await self._products.activate(_selected(ids), active, str(actor))

    async def delete(self, product_id: int, version: int, *, actor: Actor | str) -> None:
        """Raises :class:`ProductNotFound`, and :class:`ProductChanged` where it has another version."""
        await self._products.delete(_known(product_id), version, str(actor))

    async def delete_selected(self, ids: Sequence[int], *, actor: Actor | str) -> int:
        """Says how many products there were to be deleted; ids of none are passed over."""
        return await self._products.delete_selected(_selected(ids), str(actor))

    async def export(self, wanted: ProductFilter = ProductFilter()) -> AsyncGenerator[bytes, None]:  # noqa: B008
        """The products that ``wanted`` lets through, as a CSV file, piece by piece, as of one moment.

        It has the columns that an import reads, in UTF-8: one for each field, and one for each attribute, by
        its name. Importing it changes nothing. A cell that a spreadsheet would take for a
        formula has a ``'`` in front, which an import takes off. Memory stays flat, and the products may be
        changed meanwhile. Raises :class:`UsageError` where there are too many different attributes.
        """
        _check_filter(wanted)
        async with aclosing(export(self._database, wanted)) as pieces:
            async for piece in pieces:
                yield piece

    async def index_pending(self, limit: int = STEP) -> Indexing:
        """Brings the tables for sorting and searching up to date with at most so many changes of products.

        To be called, by any process, until nothing is pending. Answers are right before, but come slower.
        Killed at any moment, it leaves nothing half-done; called twice at once, one call does nothing.
        """
        return await index_step(self._database, limit)

    async def index_all(self, stop: asyncio.Event | None = None) -> Indexing:
        """Calls :meth:`index_pending` until nothing is pending, another process is at it, or ``stop`` is set.

        While an import runs, it works a tenth of the time, so as not to slow it down.
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
        """Stored products that have a SKU or an attribute twice, in two ways of writing it, each with another
        value. An update of the schema found them and left them as they were.
        """
        async with self._database.connection() as connection:
            return tuple(await collisions(connection, limit))

    async def pending(self) -> int:
        """How many changes of products are still to be indexed."""
        return await pending(self._database)


def _check_filter(wanted: ProductFilter) -> None:
    for text in (wanted.search, *(getattr(wanted, field) for field in FILTERS)):
        if len(text) > MAX_WORDS:
            raise UsageError(f"The text to look for is longer than {MAX_WORDS} characters. Shorten it.")
        if text_flaw(text) is not None:
            raise UsageError("The text to look for has a character that no text can have. Remove it.")


def _known(product_id: int) -> int:
    """An id that the database can be asked for; there is no product 0."""
    return product_id if 0 < product_id <= _MAX_ID else 0


def _selected(ids: Sequence[int]) -> list[int]:
    if len(ids) > MAX_SELECTED:
        raise UsageError(f"{len(ids):,} products are selected; at most {MAX_SELECTED:,} can be at once.")
    return sorted({_known(product_id) for product_id in ids})
