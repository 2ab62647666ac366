"""The SHA-256 of a file, taken in a thread of its own while the file is read."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from product_importer.pipeline.side_thread import SideThread

if TYPE_CHECKING:
    import asyncio

_BLOCK_BYTES: Final = 1 << 20
"""Large: between two blocks this thread has to wait for others."""


class FileDigest:
    """Use as a context manager; leaving it stops the reading."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = SideThread("digest")
        self._stop = threading.Event()
        self._digest: asyncio.Future[bytes]

    def __enter__(self) -> Self:
        self._thread.__enter__()
        self._digest = self._thread.call(self._read)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.__exit__()

    async def sha256(self) -> bytes:
        """Of all bytes. Raises :class:`OSError` where the file can't be read."""
        return await self._digest

    def _read(self) -> bytes:
        digest = hashlib.sha256()
        with self._path.open("rb", buffering=0) as file:
            while not self._stop.is_set() and (block := file.read(_BLOCK_BYTES)):
                digest.update(block)
        return digest.digest()
