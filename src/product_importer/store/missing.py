"""Finds the products that a file lacks, and deactivates or deletes them, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.model import CHUNK_ROWS
from product_importer.ports import MissingProducts
from product_importer.store.changes.images import BLOCK_BYTES, activating, deleted, deleting, updated
from product_importer.store.copy import copy_batch
from product_importer.store.queries import statements
from product_importer.store.totals import totals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    import asyncpg

    from product_importer.model import Missing
    from product_importer.store.changes.sets import Changes

BLOCK: Final = CHUNK_ROWS


class LackingProducts:
    """The products that existed when the import began, and whose keys aren't in the file."""

    def __init__(self, connection: asyncpg.Connection, import_id: int, began: datetime) -> None:
        self._connection = connection
        self._import_id = import_id
        self._began = began

    async def take(self, keys: AsyncIterator[pa.StringArray]) -> None:
        """Takes the file's keys, before anything else is called."""
        async for batch in keys:
            await copy_batch(self._connection, "present", pa.RecordBatch.from_arrays([batch], ["sku_key"]))
        await self._connection.execute(statements("merge")["index_present"])

    async def count(self) -> MissingProducts:
        async with self._connection.transaction():
            await self._connection.execute(statements("merge")["scan_once"])
            lacking = await self._connection.fetchrow(statements("merge")["count_missing"], self._began)
            known = await totals(self._connection)
        assert lacking is not None, "an aggregate gives a row"
        return MissingProducts(lacking["lacking"], lacking["active"], known.products, known.active)

    async def done_up_to(self) -> int:
        """The id up to which an earlier run of the import has come; 0 at the beginning."""
        return int(
            await self._connection.fetchval(statements("imports")["deactivated_up_to"], self._import_id)
        )

    async def end_block(self, after: int, way: Missing) -> tuple[int | None, Changes]:
        """Deactivates or deletes the next block, in the caller's transaction. Returns its last id, or None if
        it is empty, and what was changed.
        """
        sql = statements("merge")
        if way == "delete":
            found = await self._connection.fetchrow(
                sql["delete_missing"].format(**deleting()), after, self._began, BLOCK, BLOCK_BYTES
            )
        else:
            found = await self._connection.fetchrow(
                sql["deactivate"].format(**activating()), after, self._began, BLOCK, self._import_id
            )
        assert found is not None, "an aggregate gives a row"
        return found["last_id"], deleted(found) if way == "delete" else updated(found)
