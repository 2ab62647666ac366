"""Stores files in a directory, with one folder for each."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from product_importer.errors import StorageError
from product_importer.storage.names import new_url, split_url
from product_importer.support.disks import NO_ROOM
from product_importer.support.waiting import to_the_end

T = TypeVar("T")


class DirectoryStorage:
    """A :class:`~product_importer.ports.Storage`. The directory is created with the first file.

    ``reserve``: bytes that are kept free on its disk, which the database may use, too.
    """

    def __init__(self, directory: Path, reserve: int = 0) -> None:
        self._directory = directory
        self._reserve = reserve
        self.url = directory.as_uri()

    def new(self, filename: str) -> str:
        return new_url(self.url, filename)

    def holds(self, url: str) -> bool:
        return url.startswith(f"{self.url}/")

    async def write(self, url: str, offset: int, part: bytes) -> None:
        def write() -> None:
            _make(self._directory)
            self._check_room(len(part))
            _write(self._directory, self._path(url), offset, part)

        await self._run(write)

    async def head(self, url: str, size: int) -> bytes:
        def read() -> bytes:
            with self._path(url).open("rb") as file:
                return file.read(size)

        return await self._run(read)

    @asynccontextmanager
    async def local(self, url: str, size: int) -> AsyncIterator[Path]:
        path = self._path(url)
        there = await self._run(lambda: path.stat().st_size)
        if there < size:
            raise _cut_off(path, there, size)
        yield path

    async def remove(self, url: str) -> None:
        def remove() -> None:
            with suppress(FileNotFoundError):
                shutil.rmtree(self._path(url).parent)

        await self._run(remove)

    async def check(self) -> None:
        def check() -> None:
            _make(self._directory)
            if not os.access(self._directory, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        await self._run(check)

    def _check_room(self, size: int) -> None:
        if self._reserve == 0:
            return
        disk = os.statvfs(self._directory)
        if disk.f_bavail * disk.f_frsize - size < self._reserve:
            raise StorageError(
                f"There is no room left in {self._directory}: {self._reserve:,} bytes of its disk are to "
                "stay free (PRODUCT_IMPORTER_DISK_RESERVE). Free some space and try again.",
                code="disk_full",
            )

    def _path(self, url: str) -> Path:
        return self._directory.joinpath(*split_url(self.url, url))

    async def _run(self, call: Callable[[], T]) -> T:
        def translated_errors() -> T:
            with _told_plainly(self._directory):
                return call()

        return await to_the_end(asyncio.to_thread(translated_errors))


def _write(directory: Path, path: Path, offset: int, part: bytes) -> None:
    """Writes a part. The file never gets shorter than it was: a sender that was taken for dead may come back
    and write the same bytes to the same place.

    No link is followed: the directory may belong to another user, if we are root. Files that root creates
    there are given to that user, whose processes continue with them.
    """
    if offset == 0:
        with suppress(FileExistsError):
            path.parent.mkdir(mode=0o700)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        file = _opened(path, folder, new=offset == 0)
        try:
            if offset == 0 and os.geteuid() == 0:
                owner = directory.stat()
                for made in (folder, file):
                    os.fchown(made, owner.st_uid, owner.st_gid)
            _put(path, file, offset, part)
        finally:
            os.close(file)
        if offset == 0:
            os.fsync(folder)
            _sync(directory)
    finally:
        os.close(folder)


def _opened(path: Path, folder: int, *, new: bool) -> int:
    flags = os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if new else 0)
    try:
        return os.open(path.name, flags, 0o600, dir_fd=folder)
    except OSError as error:
        error.filename = str(path)
        raise


def _make(directory: Path) -> None:
    """Creates the directory and its parents, crash-safe. Only this user may enter it."""
    if directory.is_dir():
        return
    directory.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    _sync(directory.parent)


def _sync(directory: Path) -> None:
    """Syncs a directory: a new name in it survives a crash only then."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put(path: Path, file: int, offset: int, part: bytes) -> None:
    there = os.fstat(file).st_size
    if there < offset:
        raise _cut_off(path, there, offset)
    try:
        written = 0
        while written < len(part):
            written += os.pwrite(file, memoryview(part)[written:], offset + written)
        os.fsync(file)
    except OSError:
        os.ftruncate(file, there)
        raise


def _cut_off(path: Path, there: int, size: int) -> StorageError:
    return StorageError(
        f"Of {path}, {there:,} bytes are left of {size:,}. Hand the file over again.", code="file_gone"
    )


@contextmanager
def _told_plainly(directory: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError(
            f"{error.filename} is gone. Hand the file over again.", code="file_gone"
        ) from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageError(
                f"There is no room left in {directory}: {error.strerror}. Free some space and try again.",
                code="disk_full",
            ) from error
        raise StorageError(
            f"Files can't be kept in {directory}: {error.strerror}. "
            "Set STORAGE_URL to file:// and a directory that can be written, or to an S3 bucket."
        ) from error
