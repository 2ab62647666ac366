"""Provides an import's file: from a path, or from the storage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from product_importer.errors import FileError, ImportInterrupted
from product_importer.ports import Lease, ReadSoFar, Storage

T = TypeVar("T")

_BLOCK_BYTES: Final = 1 << 20
_BEAT_SECONDS: Final = 2.0


def is_url(source: str) -> bool:
    return "://" in source


def checked_size(path: Path) -> int:
    """Returns the file's size in bytes. Raises :class:`FileError` if it isn't a readable file."""
    try:
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        raise FileError(f"{path} can't be read: {error.strerror}.", code="unreadable_file") from error


def head_of(path: Path, size: int) -> tuple[bytes, bool]:
    """Returns the first ``size`` bytes and whether these are all. Raises as :func:`checked_size` does."""
    checked_size(path)
    with path.open("rb") as file:
        return file.read(size), not file.read(1)


@asynccontextmanager
async def local_file(
    storage: Storage, source: str, size: int, lease: Lease, stop: asyncio.Event | None
) -> AsyncIterator[Path]:
    """Provides the import's file as a local path. While the file is copied, the lease is renewed.

    Raises :class:`FileError`, :class:`StorageError`, the errors of the lease's heartbeat, and
    :class:`ImportInterrupted` if ``stop`` is set while the file is copied.
    """
    if not is_url(source):
        path = Path(source)
        await asyncio.to_thread(checked_size, path)
        yield path
    elif not storage.holds(source):
        raise FileError(
            f"The file was kept at {source}, but STORAGE_URL is now {storage.url}. "
            "Set it back to resume this import, or import the file again.",
        )
    else:
        async with AsyncExitStack() as stack:
            bringing = stack.enter_async_context(storage.local(source, size))
            yield await _beating(lease, bringing, stop)


def check_handed_over(source: str) -> None:
    """Raises :class:`FileError` if the source is a path. Only the process of the user who named the path may
    read it; workers may have access to files that this user must not read.
    """
    if not is_url(source):
        raise FileError(
            f"{source} lies outside the storage, where workers read no files. Whoever may read it goes on "
            "with: product-importer import --resume and the import's number. Or hand the file over again.",
            code="outside_storage",
        )


async def blocks_of(stream: BinaryIO) -> AsyncIterator[bytes]:
    """Reads the rest of the stream in threads. Raises :class:`FileError` if the stream can't be read."""
    try:
        while block := await asyncio.to_thread(stream.read, _BLOCK_BYTES):
            yield block
    except OSError as error:
        raise FileError(f"The file can't be read: {error.strerror}.", code="unreadable_file") from error


async def _beating(lease: Lease, call: Coroutine[object, object, T], stop: asyncio.Event | None) -> T:
    task = asyncio.create_task(call)
    try:
        while not (await asyncio.wait({task}, timeout=_BEAT_SECONDS))[0]:
            await lease.heartbeat(ReadSoFar())
            if stop is not None and stop.is_set():
                raise ImportInterrupted("The process stops; the import begins anew in another.")
        return task.result()
    finally:
        task.cancel()
        with suppress(BaseException):
            await task
