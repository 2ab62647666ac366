"""The second pass: chunks are saved over several connections, while the next ones are prepared."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.errors import FileError
from product_importer.model import Phase
from product_importer.pipeline.known_digests import KnownDigests
from product_importer.ports import Chunk, Lease, Terms

if TYPE_CHECKING:
    from product_importer.pipeline.saving import ChunkMaker
    from product_importer.pipeline.side_thread import SideThread
    from product_importer.pipeline.spool import Spool
    from product_importer.pipeline.watch import Watch

_PRODUCTS_A_ROW: Final = 4
"""Finding a product by its key takes as long as reading over some fifteen; but digests take memory."""


class SecondPass:
    """Saves what the first pass made of one file. ``writers``: connections that save at once."""

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

    async def save(self, known: KnownDigests) -> None:
        """Saves every chunk that isn't saved yet. ``known``: the rows that the products show already."""
        saved = await self._lease.saved()
        waiting = deque(range(len(self._spool)))
        upcoming: deque[asyncio.Future[list[Chunk]]] = deque()

        def begin() -> None:
            """The thread prepares the next batch while those before it are being saved."""
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
                failed.set()  # the others finish the chunk they are in
                raise

        begin()
        count = min(self._writers, len(self._spool))
        writers = [asyncio.create_task(write_unless_another_failed()) for _ in range(count)]
        try:
            await asyncio.gather(*writers)
        finally:
            await asyncio.gather(*writers, return_exceptions=True)

    async def known(self, keys: list[str], digests: list[bytes]) -> KnownDigests:
        """What the products show already, where reading all of them is quicker than asking for the file's.

        ``keys`` and ``digests``: of a sample of the file's rows.
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

    async def deactivate(self) -> None:
        """Deactivates the products that the file lacks.

        Raises :class:`FileError` where the file doesn't say for certain which those are.
        """
        if not any(batch.rows.num_rows for batch in self._spool):
            raise FileError(
                "No row of the file could be imported, so no product was deactivated. "
                "Check that this is the right file.",
                code="nothing_to_keep",
            )
        if unknown := await self._thread.call(self._maker.unknown):
            raise _not_deactivated(unknown, self._terms.dry_run)
        await self._lease.phase(Phase.DEACTIVATING)

        async def keys() -> AsyncIterator[pa.StringArray]:
            for number in range(len(self._spool)):
                yield await self._thread.call(partial(self._maker.keys, number))

        async with self._lease.writer(self._terms) as writer:
            await self._watch.unless_stopped(writer.deactivate_missing(keys()))


def _not_deactivated(unknown: Counter[str], dry_run: bool) -> FileError:
    total = unknown.total()
    codes = ", ".join(f"{code} {count:,}" for code, count in unknown.most_common())
    rows = "rejected row doesn't" if total == 1 else "rejected rows don't"
    saved = "" if dry_run else "The good rows are saved. "
    return FileError(
        f"{saved}{total:,} {rows} say for certain which product is meant ({codes}), so no product was "
        "deactivated: one that the file seems to lack may be there after all. Correct or remove the rejected "
        "rows, and import the whole file again.",
        code="not_deactivated",
    )
