"""An import whose file takes its time to be brought here."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from halfway import Watch, until
from product_importer.errors import ImportInterrupted
from product_importer.model import Status
from product_importer.storage import sources
from product_importer.storage.directory import DirectoryStorage
from sending import blocks

CSV = b"sku,name\nA,Apple\n"


class Far(DirectoryStorage):
    """``asked`` is set when the file is asked for; it has come once ``there`` is set."""

    def __init__(self, directory):
        super().__init__(directory)
        self.asked = asyncio.Event()
        self.there = asyncio.Event()
        self.left = False

    @asynccontextmanager
    async def local(self, url, size):
        self.asked.set()
        try:
            await self.there.wait()
            async with super().local(url, size) as path:
                yield path
        finally:
            self.left = True


@pytest.fixture
async def importer(shop, monkeypatch):
    monkeypatch.setattr(sources, "_BEAT_SECONDS", 0.02)
    monkeypatch.setattr("product_importer.app.open_storage", lambda *_: Far(shop.folder / "data" / "imports"))
    return await shop.importer()


@pytest.fixture
async def import_id(importer):
    upload = await importer.uploads.receive("a.csv", blocks(CSV))
    return (await importer.imports.create_from_upload(upload.id))[0]


async def lease(shop):
    return await shop.connection.fetchval("SELECT lease_expires_at FROM imports")


async def test_the_lease_is_kept_meanwhile(shop, importer, import_id):
    running = asyncio.create_task(importer.imports.start(import_id))
    await Watch(shop).import_id()
    first = await lease(shop)

    async def extended():
        return await lease(shop) > first

    await until(extended, "the lease was extended")
    importer.storage.there.set()

    assert (await running).created == 1


async def test_it_can_be_cancelled_meanwhile(shop, importer, import_id):
    running = asyncio.create_task(importer.imports.start(import_id))
    await importer.storage.asked.wait()
    await importer.imports.cancel(import_id)

    assert (await running).status is Status.CANCELLED
    assert importer.storage.left, "nobody goes on bringing it"


async def test_it_is_left_to_another_process_meanwhile(shop, importer, import_id):
    stop = asyncio.Event()
    running = asyncio.create_task(importer.imports.start(import_id, stop=stop))
    await importer.storage.asked.wait()
    stop.set()
    with pytest.raises(ImportInterrupted):
        await running

    assert importer.storage.left
    importer.storage.there.set()
    assert (await importer.imports.start(import_id)).created == 1
