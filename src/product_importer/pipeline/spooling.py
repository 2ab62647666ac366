"""What is done with each checked batch while the next one is checked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from product_importer.pipeline.dedupe import RepeatedHashes
from product_importer.pipeline.keyhash import HashLog, KeyHasher
from product_importer.pipeline.rows_digest import RowsDigest

if TYPE_CHECKING:
    from product_importer.pipeline.reading import CheckedBatch
    from product_importer.pipeline.side_thread import SideThread
    from product_importer.pipeline.spool import Spool


class Spooling:
    """Appends batches to the spool, hashes their keys and digests their rows, in a thread of their own.

    Use as an async context manager: leaving it waits for the last batch.
    """

    def __init__(self, spool: Spool, thread: SideThread) -> None:
        self._spool = spool
        self._thread = thread
        self._hasher = KeyHasher()
        self._hashes = HashLog()
        self._rows = RowsDigest()
        self._last: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._last is not None:
            await asyncio.wait({self._last})

    async def append(self, batch: CheckedBatch) -> None:
        """Begins with a batch, once the one before is done. Raises what stopped that one."""
        await self.done()
        self._last = self._thread.call(lambda: self._append(batch))

    async def done(self) -> None:
        """Waits for the last batch. Raises :class:`ProductImporterError` (``disk_full``)."""
        if self._last is not None:
            await self._last

    def repeated(self) -> RepeatedHashes:
        """The hashes that occur more than once; afterwards no batch can be appended."""
        return RepeatedHashes(self._hashes.batches())

    @property
    def rows_digest(self) -> bytes:
        """A digest of all rows as they were read."""
        return self._rows.digest()

    def _append(self, batch: CheckedBatch) -> None:
        self._spool.append(batch.spooled)
        self._hashes.append(self._hasher(batch.spooled.rows.column("sku_key")))
        self._rows.update(batch.read)
