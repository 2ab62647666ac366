"""``check_storage`` finds what is wrong with a storage."""

from contextlib import asynccontextmanager

import pytest

from product_importer.errors import StorageError
from product_importer.storage.directory import DirectoryStorage
from product_importer.testing import check_storage


async def test_a_storage_that_is_right(tmp_path):
    await check_storage(DirectoryStorage(tmp_path))


class Elsewhere(DirectoryStorage):
    def holds(self, url):
        return False


class OneName(DirectoryStorage):
    def new(self, filename):
        return f"{self.url}/{'0' * 32}/products.csv"


class Unwritten(DirectoryStorage):
    """Forgets parts behind the first one."""

    async def write(self, url, offset, part):
        if offset == 0:
            await super().write(url, offset, part)


class Growing(DirectoryStorage):
    """Keeps what an interrupted write has left."""

    async def write(self, url, offset, part):
        path = self._path(url)
        there = path.read_bytes() if path.exists() else b""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(there + part)


class Careless(DirectoryStorage):
    """Provides files that lack bytes."""

    @asynccontextmanager
    async def local(self, url, size):
        path = self._path(url)
        if not path.exists():
            raise StorageError("The file is gone.", code="file_gone")
        yield path


class Vague(DirectoryStorage):
    @asynccontextmanager
    async def local(self, url, size):
        try:
            async with super().local(url, size) as path:
                yield path
        except StorageError as error:
            raise StorageError(str(error)) from error


class Once(DirectoryStorage):
    """Fails to remove a file twice."""

    async def remove(self, url):
        if not self._path(url).exists():
            raise StorageError("It is gone.")
        await super().remove(url)


class Short(DirectoryStorage):
    async def head(self, url, size):
        return (await super().head(url, size))[:70_000]


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        (Elsewhere, AssertionError, "it doesn't hold"),
        (OneName, AssertionError, "two files of one name have one URL"),
        (Unwritten, (AssertionError, StorageError), "read as another one|Hand the file over"),
        (Growing, AssertionError, "what an interrupted write left stays"),
        (Careless, AssertionError, "a file is provided although it lacks bytes"),
        (Vague, AssertionError, "it was removed, but the error's code is .*, not file_gone"),
        (Once, StorageError, "It is gone"),
        (Short, AssertionError, "the first 70001 bytes are others"),
    ],
)
async def test_what_is_wrong_is_named(tmp_path, kind, error, message):
    with pytest.raises(error, match=message):
        await check_storage(kind(tmp_path))
