"""What both storages promise."""

import hashlib

import pytest

from product_importer.storage.s3 import S3Storage
from product_importer.testing import check_storage
from product_importer.testing.storages import NAMES


async def content(storage, url, size):
    async with storage.local(url, size) as path:
        assert path.name == "products.csv"
        return path.read_bytes()


async def test_the_contract_of_storages(storage):
    await check_storage(storage)


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


async def test_the_local_copy_goes(storage):
    url = storage.new("products.csv")
    await storage.write(url, 0, b"1234")

    async with storage.local(url, 4) as path:
        assert path.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert path.exists() == (not isinstance(storage, S3Storage))


@pytest.mark.parametrize("name", NAMES)
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
