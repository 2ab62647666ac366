"""Collects the bytes that a sender sends of an upload into parts of a size that is worth storing."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine
from typing import Any, Final

from product_importer.cells.shortening import shortened
from product_importer.errors import ChecksumMismatch, UploadConflict
from product_importer.model import Checksum, Upload
from product_importer.store.kept_files import KeptFiles

PART_BYTES: Final = 4 << 20
"""Size in bytes at which a part is stored and recorded; this much of an upload is in memory."""

PART_SECONDS: Final = 2.0
"""Age in seconds at which a part is stored although it isn't full, if a sender is slow or silent."""


async def with_silences(blocks: AsyncIterable[bytes], seconds: float) -> AsyncGenerator[bytes, None]:
    """Yields the blocks, and an empty block for every ``seconds`` without one. The generator
    must be closed.
    """
    iterator = aiter(blocks)

    async def following() -> bytes | None:
        return await anext(iterator, None)

    coming = asyncio.create_task(following())
    try:
        while True:
            await asyncio.wait((coming,), timeout=seconds)
            if not coming.done():
                yield b""
                continue
            block = coming.result()
            if block is None:
                return
            coming = asyncio.create_task(following())
            yield block
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


class Part:
    """The bytes of an upload that aren't stored yet, from the upload's offset on."""

    def __init__(self, files: KeptFiles, upload: Upload, checksum: Checksum | None) -> None:
        self._files = files
        self._upload = upload
        self._checksum = checksum
        self._digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self._bytes = bytearray()
        self._since = time.monotonic()
        self._taken = upload.received

    def add(self, block: bytes) -> bool:
        """Adds a block and returns whether it is time to :meth:`store`. An empty block only asks.

        Raises :class:`UploadConflict` if the block exceeds the upload's length.
        """
        length = self._upload.length
        if length is not None and self._taken + len(self._bytes) + len(block) > length:
            raise UploadConflict(
                f"{shortened(self._upload.filename)} was to have {length:,} bytes; more were sent."
            )
        self._bytes += block
        return len(self._bytes) >= PART_BYTES or (bool(self._bytes) and self.age > PART_SECONDS)

    @property
    def age(self) -> float:
        """The seconds since bytes were last taken to be stored."""
        return time.monotonic() - self._since

    def store(self) -> Coroutine[Any, Any, int]:
        """Takes the bytes out of the part. Awaiting the result stores them, and gives the number of the
        upload's bytes that may then be recorded as received.

        The results must be awaited in the order of the calls. More bytes may be added meanwhile.
        """
        part, at = bytes(self._bytes), self._taken
        self._bytes.clear()
        self._taken += len(part)
        self._since = time.monotonic()
        return self._store(part, at)

    async def _store(self, part: bytes, at: int) -> int:
        if part or at == 0:
            await self._files.write(self._upload.source, at, part)
        if self._digest is None:
            return at + len(part)
        await asyncio.to_thread(self._digest.update, part)
        return self._upload.received

    def verified(self) -> int:
        """Returns the number of bytes to record once all are stored. Raises :class:`ChecksumMismatch`."""
        if self._checksum and self._digest and self._digest.digest() != self._checksum.digest:
            raise ChecksumMismatch(
                "What arrived is not what was sent: the checksum differs. Nothing of it was kept; "
                "send it again."
            )
        return self._taken
