"""Workers delete all products, and index what was changed."""

import asyncpg
from working import working

from halfway import until
from product_importer.model import Status
from product_importer.store import deletions as store
from product_importer_web.jobs import products as jobs

ROWS = "sku,name\n" + "".join(f"S{n},Name {n}\n" for n in range(100))


async def ended(importer, deletion_id):
    async def state():
        state = await importer.deletions.state(deletion_id)
        return state if state.ended else None

    return await until(state, "the deletion had ended")


async def test_what_was_asked_for_over_http_is_done(client, shop, queues):
    await shop.run(ROWS)
    importer = await shop.importer()
    async with working(importer, queues):
        response = await client.post("/api/v1/products/delete-all", json={"confirm": "100"})
        done = await ended(importer, (await response.json())["id"])

    assert (done.status, done.deleted) == (Status.COMPLETED, 100)
    assert await shop.products() == {}


async def test_whoever_asks_wakes_a_worker(client, shop, queues):
    await shop.run("sku,name\nA,A\n")
    await client.post("/api/v1/products/delete-all", json={"confirm": "1"})

    async def woken():
        return (await queues.depths())["deletion"] == 1

    await until(woken, "a wake-up was on its way")


async def test_a_worker_that_stops_leaves_a_deletion_to_another(shop, queues, monkeypatch):
    """It stands before a product that somebody is changing."""
    monkeypatch.setattr(jobs, "_FINISHING_SECONDS", 0.1)
    await shop.run(ROWS)
    importer = await shop.importer()
    asked = await importer.deletions.request(100, actor="user:1")
    blocker = await asyncpg.connect(shop.url)
    change = blocker.transaction()
    await change.start()
    await blocker.execute("UPDATE products SET name = 'Other' WHERE sku = 'S1'")
    async with working(importer, queues):

        async def begun():
            return (await importer.deletions.state(asked.id)).status is Status.RUNNING

        await until(begun, "the deletion had begun")
    await change.commit()
    await blocker.close()

    await until(importer.deletions.due, "it was due again")
    assert len(await shop.products()) == 100
    async with working(importer, queues):
        assert (await ended(importer, asked.id)).deleted == 100


async def test_what_was_imported_is_indexed(shop, queues):
    await shop.run(ROWS)
    importer = await shop.importer()
    assert await importer.catalogue.pending() == 100
    async with working(importer, queues):

        async def done():
            return await importer.catalogue.pending() == 0

        await until(done, "all was indexed")


async def test_deletions_that_waited_too_long_are_ended(shop, queues, monkeypatch):
    await shop.run(ROWS)
    importer = await shop.importer()
    asked = await importer.deletions.request(100, actor="user:1")
    monkeypatch.setattr(store, "VALID_SECONDS", 0)
    async with working(importer, queues):
        assert (await ended(importer, asked.id)).status is Status.FAILED
    assert len(await shop.products()) == 100
