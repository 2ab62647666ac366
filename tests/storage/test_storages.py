"""What both storages promise."""

import hashlib

import pytest

from product_importer.errors import StorageError
from product_importer.storage.s3 import S3Storage


async def content(storage, url, size):
    async with storage.local(url, size) as path:
        assert path.name == "products.csv"
        return path.read_bytes()


async def test_parts_make_a_file(kept):
    storage, parts = kept.storage, [b"a" * 70_000, b"", b"b", b"c" * 300_000]
    url = storage.new("products.csv")
    assert kept.contents() == {}
    assert storage.holds(url)
    assert url.startswith(storage.url)

    offset = 0
    for part in parts:
        await storage.write(url, offset, part)
        offset += len(part)

    whole = b"".join(parts)
    assert hashlib.sha256(await content(storage, url, len(whole))).digest() == hashlib.sha256(whole).digest()
    for size in (1, 70_000, 70_001, len(whole)):
        assert await storage.head(url, size) == whole[:size]
    assert sum(kept.contents().values()) == len(whole)

    await storage.remove(url)
    assert kept.contents() == {}
    await storage.remove(url)


async def test_an_empty_file(storage):
    url = storage.new("products.csv")
    await storage.write(url, 0, b"")

    assert await content(storage, url, 0) == b""
    assert await storage.head(url, 0) == b""


@pytest.mark.parametrize("again", [b"B", b"BBBB", b"B" * 9])
async def test_what_an_interrupted_write_left_gives_way(storage, again):
    """Whoever goes on does so from what was noted, and may cut the rest into other parts."""
    url = storage.new("products.csv")
    await storage.write(url, 0, b"aaaa")
    await storage.write(url, 4, b"xxxx")  # stored, never noted

    await storage.write(url, 4, again)
    await storage.write(url, 4 + len(again), b"the end")

    assert await content(storage, url, 11 + len(again)) == b"aaaa" + again + b"the end"


async def test_files_are_kept_apart(kept):
    storage = kept.storage
    first, second = storage.new("products.csv"), storage.new("products.csv")
    assert first != second
    await storage.write(first, 0, b"1")
    await storage.write(second, 0, b"2")

    await storage.remove(first)

    assert await content(storage, second, 1) == b"2"
    with pytest.raises(StorageError, match="gone"):
        await content(storage, first, 1)


async def test_a_file_that_lost_bytes_is_refused(storage):
    url = storage.new("products.csv")
    await storage.write(url, 0, b"1234")

    with pytest.raises(StorageError, match=r"Hand the file over again\.") as caught:
        await content(storage, url, 5)
    assert caught.value.code == "file_gone"


async def test_the_local_copy_goes(storage):
    url = storage.new("products.csv")
    await storage.write(url, 0, b"1234")

    async with storage.local(url, 4) as path:
        assert path.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert path.exists() == (not isinstance(storage, S3Storage))


NAMES = [
    "../../etc/passwd",
    "C:\\files\\products.csv",
    "a/b.csv",
    "ä ü %20?#.csv",
    "",
    "..",
    ".",
    "nul\0\n.csv",
]
LONG_NAMES = ["x" * 900, "y" * 900 + ".csv", "\ud800.csv", ".hidden", "日本" * 99 + ".csv"]


@pytest.mark.parametrize("name", NAMES + LONG_NAMES)
async def test_no_name_leads_elsewhere(kept, name):
    storage = kept.storage
    url = storage.new(name)
    assert url.isascii()
    await storage.write(url, 0, b"1")

    async with storage.local(url, 1) as path:
        assert path.read_bytes() == b"1"
        assert len(path.name.encode()) <= 200
    (stored,) = kept.contents()
    assert ".." not in stored.split("/")
    await storage.remove(url)
    assert kept.contents() == {}


async def test_the_check_passes(storage):
    await storage.check()
