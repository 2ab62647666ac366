"""Checks the contract of storages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.errors import StorageError
from product_importer.testing.contracts import require

if TYPE_CHECKING:
    from product_importer.ports import Storage

NAMES: Final = (
    "../../etc/passwd", "C:\\files\\products.csv", "a/b.csv", "ä ü %20?#.csv", "", "..", ".", "nul\0\n.csv",
    "x" * 900, "y" * 900 + ".csv", "\ud800.csv", ".hidden", "日本" * 99 + ".csv",
)  # fmt: skip
"""Names of files that lead elsewhere, or that no storage can use as they are."""


async def check_storage(storage: Storage) -> None:
    """Checks that the storage keeps files of any name as they were written, part by part, also after an
    interrupted write, that it keeps them apart, and that it names files that are gone.
    """
    await storage.check()
    check = _Check(storage)
    await check.parts()
    await check.rewritten()
    await check.apart()
    await check.lost()
    for name in NAMES:
        await check.named(name)


class _Check:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def _new(self, filename: str = "products.csv") -> str:
        url = self._storage.new(filename)
        require(url.isascii(), f"the URL of a file named {filename!r}, {url!r}, isn't ASCII")
        require(url.startswith(self._storage.url), f"{url} isn't beneath {self._storage.url}")
        require(self._storage.holds(url), f"the storage says that it doesn't hold {url}")
        return url

    async def _content(self, url: str, size: int) -> bytes:
        async with self._storage.local(url, size) as path:
            require(len(path.name.encode()) <= 200, f"the local file's name, {path.name!r}, is too long")
            return path.read_bytes()

    async def parts(self) -> None:
        """Writes a file in parts, reads its first bytes and all, and removes it twice."""
        parts = (b"a" * 70_000, b"", b"b", b"c" * 300_000)
        url, offset = self._new(), 0
        for part in parts:
            await self._storage.write(url, offset, part)
            offset += len(part)
        whole = b"".join(parts)
        require(await self._content(url, len(whole)) == whole, "a file in parts is read as another one")
        for size in (1, 70_000, 70_001, len(whole)):
            require(await self._storage.head(url, size) == whole[:size], f"the first {size} bytes are others")
        await self._storage.remove(url)
        await self._storage.remove(url)
        empty = self._new()
        await self._storage.write(empty, 0, b"")
        require(await self._content(empty, 0) == b"", "an empty file is read as another one")
        require(await self._storage.head(empty, 0) == b"", "an empty file has first bytes")
        await self._storage.remove(empty)

    async def rewritten(self) -> None:
        """Goes on where an interrupted write left more bytes than were noted, with parts of other sizes."""
        for again in (b"B", b"BBBB", b"B" * 9):
            url = self._new()
            await self._storage.write(url, 0, b"aaaa")
            await self._storage.write(url, 4, b"xxxx")
            await self._storage.write(url, 4, again)
            await self._storage.write(url, 4 + len(again), b"the end")
            found = await self._content(url, 11 + len(again))
            require(found == b"aaaa" + again + b"the end", f"what an interrupted write left stays: {found!r}")
            await self._storage.remove(url)

    async def apart(self) -> None:
        """Keeps two files of one name, and removes one of them."""
        first, second = self._new(), self._new()
        require(first != second, "two files of one name have one URL")
        await self._storage.write(first, 0, b"1")
        await self._storage.write(second, 0, b"2")
        await self._storage.remove(first)
        require(await self._content(second, 1) == b"2", "a file changes when another one is removed")
        await self._gone(first, 1, "it was removed")
        await self._storage.remove(second)

    async def lost(self) -> None:
        """Asks for more bytes than there are."""
        url = self._new()
        await self._storage.write(url, 0, b"1234")
        await self._gone(url, 5, "it lacks bytes")
        await self._storage.remove(url)

    async def named(self, name: str) -> None:
        """Keeps a file with this name."""
        url = self._new(name)
        await self._storage.write(url, 0, b"1")
        require(await self._content(url, 1) == b"1", f"a file named {name!r} is read as another one")
        await self._storage.remove(url)

    async def _gone(self, url: str, size: int, why: str) -> None:
        try:
            await self._content(url, size)
        except StorageError as error:
            require(error.code == "file_gone", f"{why}, but the error's code is {error.code}, not file_gone")
        else:
            require(False, f"a file is provided although {why}")
