"""Stores files in an S3-compatible bucket.

Each part of a file is an object of its own, named by its offset: ``prefix/folder/000000000000``. A stored
part is final, so any process can continue with the next part. There is no multipart upload that must be
completed and that costs money until then, and parts can be of any size.

A file is the chain of parts from offset 0 on: the size of each part gives the offset of the next. An object
that is not in the chain was left by an interrupted write and is ignored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError

from product_importer.errors import FileError, SettingsError, StorageError
from product_importer.storage.names import new_url, split_url
from product_importer.support.buckets import RETRIES, open_bucket, reason_of
from product_importer.support.temporary import temporary_folder
from product_importer.support.waiting import to_the_end

if TYPE_CHECKING:
    from obstore import Bytes
    from obstore.store import S3Store

_RETRIES: Final = RETRIES
_GONE: Final = "A part of the file is gone from {}. Hand the file over again."


class S3Storage:
    """A :class:`~product_importer.ports.Storage`. Made by :meth:`open`."""

    def __init__(self, url: str, store: S3Store) -> None:
        self.url = url
        self._store = store

    @classmethod
    def open(cls, bucket: str, prefix: str) -> S3Storage:
        """Opens a bucket. Credentials, region and endpoint come from the usual environment variables
        (``AWS_ACCESS_KEY_ID``, …).

        Raises :class:`SettingsError` if they can't be used.
        """
        url = f"s3://{bucket}/{prefix}".rstrip("/")
        try:
            store = open_bucket(bucket, prefix, retries=_RETRIES)
        except (BaseError, ValueError) as error:
            raise SettingsError(f"The storage {url} can't be used: {reason_of(error)}.") from error
        return cls(url, store)

    def new(self, filename: str) -> str:
        return new_url(self.url, filename)

    def holds(self, url: str) -> bool:
        return url.startswith(f"{self.url}/")

    async def write(self, url: str, offset: int, part: bytes) -> None:
        with self._told_plainly():
            await to_the_end(_put(self._store, self._place(url, offset), part))

    async def head(self, url: str, size: int) -> bytes:
        found = bytearray()
        with self._told_plainly():
            while len(found) < size and (part := await self._part(url, len(found))):
                found += part
        return bytes(found[:size])

    @asynccontextmanager
    async def local(self, url: str, size: int) -> AsyncIterator[Path]:
        with temporary_folder() as folder:
            path = folder / split_url(self.url, url)[1]
            await asyncio.to_thread(path.touch, 0o600)
            there = 0
            while there < size:
                with self._told_plainly():
                    part = await self._part(url, there)
                if not part:
                    raise StorageError(_GONE.format(self.url), code="file_gone")
                await to_the_end(asyncio.to_thread(_append, path, part))
                there += len(part)
            yield path

    async def remove(self, url: str) -> None:
        folder = split_url(self.url, url)[0]
        with self._told_plainly():
            async for batch in obstore.list(self._store, prefix=folder):
                await to_the_end(_delete(self._store, [entry["path"] for entry in batch]))

    async def check(self) -> None:
        with self._told_plainly():
            async for _ in obstore.list(self._store, chunk_size=1):
                break

    def _place(self, url: str, offset: int) -> str:
        return f"{split_url(self.url, url)[0]}/{offset:012d}"

    async def _part(self, url: str, offset: int) -> Bytes:
        answer = await obstore.get_async(self._store, self._place(url, offset))
        return await answer.bytes_async()

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            if "NoSuchBucket" in str(error):
                told = StorageError(f"There is no bucket at {self.url}. Make it, or mend STORAGE_URL.")
            elif isinstance(error, FileNotFoundError):
                told = StorageError(_GONE.format(self.url), code="file_gone")
            else:
                told = StorageError(
                    f"The storage {self.url} can't be used: {reason_of(error)}. "
                    "Check STORAGE_URL and the AWS_… settings."
                )
            raise told from error


async def _put(store: S3Store, path: str, part: bytes) -> None:
    await obstore.put_async(store, path, part, use_multipart=False)


async def _delete(store: S3Store, paths: list[str]) -> None:
    await obstore.delete_async(store, paths)


def _append(path: Path, part: Bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(part)
    except OSError as error:
        raise FileError(
            f"The file can't be copied to {path.parent}: {error.strerror}. "
            "Make room there, or set TMPDIR to a directory with more.",
            code="disk_full",
        ) from error
