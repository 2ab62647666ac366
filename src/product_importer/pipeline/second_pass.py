"""The second pass: saves chunks over several connections while the next ones are prepared."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from product_importer.pipeline.known_digests import KnownDigests
from product_importer.ports import Chunk, Lease, Terms

if TYPE_CHECKING:
    import pyarrow as pa

    from product_importer.pipeline.saving import ChunkMaker
    from product_importer.pipeline.side_thread import SideThread
    from product_importer.pipeline.spool import Spool
    from product_importer.pipeline.watch import Watch

_PRODUCTS_A_ROW: Final = 4
"""Looking up one product by its key takes as long as scanning some fifteen; but digests take memory."""


class SecondPass:
    """Saves the contents of one file. ``writers``: the number of connections that save at once."""

    def __init__(
        self,
        lease: Lease,
        watch: Watch,
        maker: ChunkMaker,
        thread: SideThread,
        spool: Spool,
        terms: Terms,
        *,
        writers: int,
    ) -> None:
        self._lease = lease
        self._watch = watch
        self._maker = maker
        self._thread = thread
        self._spool = spool
        self._terms = terms
        self._writers = writers

    def plan_only(self) -> Terms:
        """From now on, nothing is changed; chunks are only counted. Returns the terms of that."""
        self._terms = replace(self._terms, dry_run=True)
        return self._terms

    async def save(self, known: KnownDigests) -> None:
        """Saves every chunk that isn't saved yet. ``known``: the digests of rows that change no product."""
        saved = await self._lease.saved()
        waiting = deque(range(len(self._spool)))
        upcoming: deque[asyncio.Future[list[Chunk]]] = deque()

        def begin() -> None:
            """Prepares the next batch in the side thread while the batches before it are being saved."""
            if waiting:
                upcoming.append(
                    self._thread.call(partial(self._maker.chunks, waiting.popleft(), saved, known))
                )

        failed = asyncio.Event()

        async def write() -> None:
            async with self._lease.writer(self._terms) as writer:
                while upcoming:
                    prepared = upcoming.popleft()
                    begin()
                    for chunk in await self._watch.patiently(self._maker, prepared):
                        self._watch.raise_if_stopped()
                        if failed.is_set():
                            return
                        await writer.save(chunk)

        async def write_unless_another_failed() -> None:
            try:
                await write()
            except BaseException:
                failed.set()  # the other writers finish their present chunk
                raise

        begin()
        count = min(self._writers, len(self._spool))
        writers = [asyncio.create_task(write_unless_another_failed()) for _ in range(count)]
        try:
            await asyncio.gather(*writers)
        finally:
            await asyncio.gather(*writers, return_exceptions=True)

    async def known(self, keys: list[str], digests: list[bytes]) -> KnownDigests:
        """Fetches the digests of all products, if that is faster than looking up the file's own keys.

        ``keys`` and ``digests``: those of a sample of the file's rows.
        """
        known = KnownDigests()

        def take(digests: pa.FixedSizeBinaryArray) -> None:
            self._watch.raise_if_stopped()
            known.add(digests)

        if unchanged := await self._lease.unchanged(keys, digests):
            at_most = _PRODUCTS_A_ROW * self._spool.records * unchanged // len(keys)
            await self._lease.digests(at_most, take)
            await self._thread.call(known.sort)
        return known
