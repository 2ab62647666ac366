"""Reads plans: what an import would change, filtered, sorted and page by page; and the numbers of that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.model import ChangeFilter, ChangePage, ChangeSummary, ListedChange
from product_importer.store.actions import record
from product_importer.store.listed_changes import Found, NarrowRows, listed_change
from product_importer.store.plan_rows import BLOCK_ROWS, NARROW, SCHEMA
from product_importer.store.queries import statements
from product_importer.support.packing import unpack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    import asyncpg

    from product_importer.model import Actor, ChangeSort
    from product_importer.store.connect import Database


class Plans:
    """The plans of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def size(self, import_id: int) -> int:
        """Returns the number of changes."""
        async with self._database.connection() as connection:
            return int(await connection.fetchval(statements("plans")["size"], import_id))

    async def apply(
        self,
        import_id: int,
        *,
        whole: bool,
        background: bool,
        confirmed: int | None,
        actor: Actor | str | None,
    ) -> bool:
        """Has the plan applied, by the workers if ``background``; false if the import isn't planned."""
        async with self._database.connection() as connection, connection.transaction():
            query = statements("plans")["apply"]
            if await connection.fetchval(query, import_id, background, whole, confirmed) is None:
                return False
            await record(connection, actor, "import.applied", f"import:{import_id}")
            return True

    async def page(
        self, import_id: int, wanted: ChangeFilter, sort: ChangeSort, after: int, limit: int
    ) -> ChangePage:
        """Returns ``limit`` changes that match, after the first ``after`` of them."""
        chunks = await self._narrow(import_id)
        found = await asyncio.to_thread(_found, chunks, wanted, sort, after, limit)
        return found.page(await self._changes(import_id, chunks, found.places))

    async def all(self, import_id: int, wanted: ChangeFilter) -> AsyncIterator[ListedChange]:
        """Yields all changes that match, in the file's order, chunk by chunk."""
        for chunk in await self._narrow(import_id):
            found = await asyncio.to_thread(_found, [chunk], wanted, "line", 0, chunk["changes"])
            for change in await self._changes(import_id, [chunk], found.places):
                yield change

    async def summary(self, import_id: int) -> ChangeSummary:
        return await asyncio.to_thread(_summary, await self._narrow(import_id))

    async def _narrow(self, import_id: int) -> list[asyncpg.Record]:
        async with self._database.connection() as connection:
            return await connection.fetch(statements("plans")["narrow"], import_id)

    async def _changes(
        self, import_id: int, chunks: Sequence[asyncpg.Record], places: Sequence[tuple[int, int]]
    ) -> list[ListedChange]:
        """Returns the changes at these places; only the blocks with these are fetched and unpacked."""
        wanted = sorted({(chunk, position // BLOCK_ROWS) for chunk, position in places})
        bounds = [(0, *chunk["ends"]) for chunk in chunks]
        query = statements("plans").bound(
            "blocks",
            import_id=import_id,
            phases=[chunks[chunk]["phase"] for chunk, _ in wanted],
            firsts=[chunks[chunk]["first"] for chunk, _ in wanted],
            starts=[bounds[chunk][block] for chunk, block in wanted],
            lengths=[bounds[chunk][block + 1] - bounds[chunk][block] for chunk, block in wanted],
        )
        async with self._database.connection() as connection:
            rows = await connection.fetch(*query)
        blocks = {key: row["block"] for key, row in zip(wanted, rows, strict=True)}
        return await asyncio.to_thread(_listed, blocks, places)


_SHOWN: Final = [
    place
    for place, name in enumerate(SCHEMA.names)
    if name in ("kind", "product_id", "sku", "changed", "line") or name.startswith(("before_", "after_"))
]
"""The columns that lists show."""

_WITHOUT_KEYS: Final = [place for place, name in enumerate(NARROW.names) if name != "sku_key"]
"""Keys are the most of the narrow part, and only needed by SKUs that are searched or sorted."""


def _narrow(chunks: Sequence[asyncpg.Record], *, keys: bool) -> NarrowRows:
    return NarrowRows([unpack(chunk["narrow"], None if keys else _WITHOUT_KEYS) for chunk in chunks])


def _found(
    chunks: Sequence[asyncpg.Record], wanted: ChangeFilter, sort: ChangeSort, after: int, limit: int
) -> Found:
    keys = sort == "sku" or wanted.sku is not None
    return _narrow(chunks, keys=keys).found(wanted, sort, after, limit)


def _summary(chunks: Sequence[asyncpg.Record]) -> ChangeSummary:
    return _narrow(chunks, keys=False).summary()


def _listed(blocks: Mapping[tuple[int, int], bytes], places: Sequence[tuple[int, int]]) -> list[ListedChange]:
    """Unpacks the changes at these places."""
    wanted: dict[tuple[int, int], list[int]] = {}
    for chunk, position in places:
        wanted.setdefault((chunk, position // BLOCK_ROWS), []).append(position)
    found: dict[tuple[int, int], ListedChange] = {}
    for key, positions in wanted.items():
        within = pa.array([position % BLOCK_ROWS for position in positions])
        for position, row in zip(
            positions, unpack(blocks[key], _SHOWN).take(within).to_pylist(), strict=True
        ):
            found[key[0], position] = listed_change(row)
    return [found[place] for place in places]
