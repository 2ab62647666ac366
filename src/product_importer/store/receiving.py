"""What a sender has sent of an upload, gathered into parts that are worth storing."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine
from typing import Any, Final

from product_importer.cells.shortening import shortened
from product_importer.errors import ChecksumMismatch, UploadConflict
from product_importer.model import Checksum, Upload
from product_importer.ports import Storage

PART_BYTES: Final = 4 << 20
"""How much of an upload is stored, and noted, at once; so much of it is in memory."""

PART_SECONDS: Final = 2.0
"""How long the bytes of a slow sender, or of one who has gone silent, wait for the part to fill."""


async def with_silences(blocks: AsyncIterable[bytes], seconds: float) -> AsyncGenerator[bytes, None]:
    """The blocks, and an empty one whenever none has come for so many seconds. To be closed after use."""
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
    """The bytes that aren't stored yet, from where the upload stands."""

    def __init__(self, storage: Storage, upload: Upload, checksum: Checksum | None) -> None:
        self._storage = storage
        self._upload = upload
        self._checksum = checksum
        self._digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self._bytes = bytearray()
        self._since = time.monotonic()
        self._taken = upload.received

    def add(self, block: bytes) -> bool:
        """Whether it is time to :meth:`store`. An empty block asks only.

        Raises :class:`UploadConflict` beyond the upload's length.
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
        """Seconds since bytes were taken to be stored last."""
        return time.monotonic() - self._since

    def store(self) -> Coroutine[Any, Any, int]:
        """Takes the bytes; awaited, it stores them. How much of the upload may be noted as received then.

        What is taken next has to be stored next. Meanwhile more bytes may be added.
        """
        part, at = bytes(self._bytes), self._taken
        self._bytes.clear()
        self._taken += len(part)
        self._since = time.monotonic()
        return self._store(part, at)

    async def _store(self, part: bytes, at: int) -> int:
        if part or at == 0:
            await self._storage.write(self._upload.source, at, part)
        if self._digest is None:
            return at + len(part)
        await asyncio.to_thread(self._digest.update, part)
        return self._upload.received

    def verified(self) -> int:
        """How much may be noted now that all is stored. Raises :class:`ChecksumMismatch`."""
        if self._checksum and self._digest and self._digest.digest() != self._checksum.digest:
            raise ChecksumMismatch(
                "What arrived is not what was sent: the checksum differs. Nothing of it was kept; "
                "send it again."
            )
        return self._taken
