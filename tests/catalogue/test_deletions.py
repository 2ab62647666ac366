"""Deleting all products, alone, beside an import, and killed in the middle."""

import asyncio
import sys

import pytest

from halfway import until
from product_importer.errors import DeletionBusy, DeletionNotFound, NotConfirmed
from product_importer.model import ImportOptions, Status
from product_importer.store import deletions as store
from product_importer.store import missing
from shop import TINY, ledger

ME = "user:1"
ROWS = 40 * TINY

RUN = """
import asyncio, sys
from product_importer import Importer

async def main(url, deletion_id):
    async with Importer.open(url) as importer:
        await importer.deletions.run(int(deletion_id))

asyncio.run(main(*sys.argv[1:]))
"""


def rows(first, last, name="Name"):
    return [["sku", "name"], *([f"S{n:04}", f"{name} {n}"] for n in range(first, last))]


@pytest.fixture
async def deletions(shop, monkeypatch):
    monkeypatch.setattr(store, "BLOCK", 2 * TINY)
    return (await shop.importer()).deletions


async def test_all_are_gone_and_announced(shop, catalogue, deletions):
    await shop.run(rows(0, ROWS))
    before = {product["id"]: product["sku"] for product in (await shop.products()).values()}
    await catalogue.index_all()
    await shop.forget_events()

    asked = await deletions.request(ROWS, actor=ME)
    assert (asked.status, asked.total, asked.percent) == (Status.QUEUED, ROWS, 0)
    assert await deletions.due() == [(asked.id, 0)]
    done = await deletions.run(asked.id)

    assert (done.status, done.total, done.deleted, done.percent) == (Status.COMPLETED, ROWS, ROWS, 100)
    assert await shop.products() == {}
    told = await shop.events()
    assert {it.data["product_id"]: it.data["sku"] for it in told} == before
    assert len(told) == ROWS
    assert {(it.type, it.actor) for it in told} == {("product.deleted", ME)}
    for _ in range(2):
        assert ((await catalogue.list()).products, (await catalogue.list()).total) == ((), 0)
        await catalogue.index_all()
    assert await deletions.due() == []
    assert await deletions.run(asked.id) == await deletions.state(asked.id) == done
    assert await deletions.recent() == [done]


async def test_it_takes_the_right_number(shop, deletions):
    await shop.run(rows(0, 3))
    for wrong in (0, 2, 4, 10**20):
        with pytest.raises(NotConfirmed, match="There are 3 products") as refused:
            await deletions.request(wrong, actor=ME)
        assert refused.value.products == 3
    assert await deletions.recent() == []


async def test_one_at_a_time(shop, deletions):
    await shop.run(rows(0, 3))
    asked = await asyncio.gather(*(deletions.request(3, actor=ME) for _ in range(4)), return_exceptions=True)

    (first,) = (it for it in asked if not isinstance(it, DeletionBusy))
    assert first.status is Status.QUEUED
    ended = await asyncio.gather(*(deletions.run(first.id) for _ in range(4)), return_exceptions=True)
    assert {it.status for it in ended if not isinstance(it, DeletionBusy)} == {Status.COMPLETED}
    assert (await deletions.request(0, actor=ME)).id > first.id


async def test_one_that_waited_too_long_deletes_nothing(shop, deletions, monkeypatch):
    await shop.run(rows(0, 3))
    asked = await deletions.request(3, actor=ME)
    monkeypatch.setattr(store, "VALID_SECONDS", 0)

    ended = await deletions.run(asked.id)

    assert (ended.status, ended.ended) == (Status.FAILED, True)
    assert "nothing was deleted" in ended.message
    assert len(await shop.products()) == 3


async def test_there_is_no_such_deletion(deletions):
    for method in (deletions.state, deletions.run):
        with pytest.raises(DeletionNotFound):
            await method(1)


@pytest.mark.whole
@pytest.mark.parametrize("chunks", [1, 10, 30])
async def test_an_import_comes_before_or_after(shop, deletions, watch, chunks):
    """Products are there if and only if the chunk that has them was saved after all were deleted."""
    await shop.run(rows(0, ROWS // 2, "Old"))
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file(rows(0, ROWS)), ImportOptions(parser="tiny"))
    asked = await deletions.request(ROWS // 2, actor=ME)
    running = asyncio.create_task(importer.imports.start(import_id))
    saved = "SELECT count(*) FROM import_chunks WHERE import_id = $1 AND phase = 'saving'"
    await until(
        lambda: shop.connection.fetchval(f"SELECT ({saved}) >= $2", import_id, chunks),
        "some chunks were saved",
    )
    done = await deletions.run(asked.id)
    report = await running

    assert report.status is Status.COMPLETED, report.state.message
    assert done.status is Status.COMPLETED
    assert sum(ledger(report)) == ROWS
    there = await shop.products()
    ranges = await shop.connection.fetch(
        "SELECT first, last FROM import_chunks WHERE import_id = $1 ORDER BY first", import_id
    )
    for first, last in ranges:
        chunk = {f"s{n - 1:04}" for n in range(first, last + 1)}
        assert chunk <= there.keys() or chunk.isdisjoint(there)
    await check_histories(shop, there)
    assert (await importer.catalogue.list()).total == len(there)


async def check_histories(shop, there):
    """What events tell of each product ends in what there is; of nothing that was gone is anything told."""
    alive = {}
    for event in await shop.events("product."):
        product_id = event.data["product_id"]
        if event.type == "product.created":
            assert product_id not in alive
            alive[product_id] = True
        else:
            assert alive[product_id]
            alive[product_id] = event.type != "product.deleted"
    assert {it["id"] for it in there.values()} == {number for number, lives in alive.items() if lives}


@pytest.mark.whole
async def test_killed_in_the_middle_it_has_done_nothing(shop, deletions, barrier, monkeypatch):
    monkeypatch.setenv("PRODUCT_IMPORTER_LOG_EVENTS", "true")
    await shop.run(rows(0, ROWS))
    before, events = await shop.rows(), await shop.events()
    asked = await deletions.request(ROWS, actor=ME)
    await barrier.put("BEFORE INSERT", "outbox", "NEW.type = 'product.deleted'")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, shop.url, str(asked.id))
    await barrier.reached()
    with pytest.raises(DeletionBusy):
        await deletions.run(asked.id)
    process.kill()
    await process.wait()
    await barrier.lift("outbox")
    await until(deletions.due, "the server noticed")

    assert await shop.rows() == before
    assert await shop.events() == events
    assert (await deletions.state(asked.id)).status is Status.RUNNING
    assert (await deletions.run(asked.id)).deleted == ROWS
    assert await shop.products() == {}
    assert len(await shop.events("product.deleted")) == ROWS


async def test_progress_is_seen_while_it_goes_on(shop, deletions, monkeypatch):
    monkeypatch.setattr(store, "_TELL_SECONDS", 0)
    await shop.run(rows(0, ROWS))
    asked = await deletions.request(ROWS, actor=ME)
    seen = []
    tell = store.Deletions._tell

    async def watched(self, *arguments):
        await tell(self, *arguments)
        seen.append(await deletions.state(asked.id))

    monkeypatch.setattr(store.Deletions, "_tell", watched)
    await deletions.run(asked.id)

    assert [it.deleted for it in seen] == list(range(2 * TINY, ROWS + 1, 2 * TINY))
    assert all(it.status is Status.RUNNING and it.percent < 100 for it in seen)


LARGE = [["sku", "name", "description"], *([f"S{n}", "Tea", "x" * 400] for n in range(7))]


async def deleted_at_once(shop):
    found = await shop.connection.fetch(
        "SELECT products FROM change_sets WHERE kind = 'deleted' ORDER BY number"
    )
    return [row["products"] for row in found]


async def test_products_with_large_texts_are_deleted_in_smaller_blocks(shop, deletions, monkeypatch):
    monkeypatch.setattr(store, "BLOCK_BYTES", 1_000)
    await shop.run(LARGE)
    asked = await deletions.request(7, actor=ME)

    assert (await deletions.run(asked.id)).deleted == 7

    assert await deleted_at_once(shop) == [3, 3, 1]


async def test_missing_products_with_large_texts_are_deleted_in_smaller_blocks(shop, monkeypatch):
    monkeypatch.setattr(missing, "BLOCK_BYTES", 300)
    await shop.run(LARGE)

    report = await shop.run(LARGE[:3], missing="delete")

    assert (report.counts.unchanged, report.counts.removed) == (2, 5)
    assert await deleted_at_once(shop) == [1] * 5
