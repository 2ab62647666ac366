"""Imports that are left to workers: they stop when asked, go on elsewhere, and don't go on for ever."""

import asyncio
import time
from contextlib import suppress

import pytest
from test_leases import SLOW, SlowWhere, whole

from halfway import Watch, catalogue_file, until
from product_importer.errors import FileError, ImportBusy, ImportEnded, ImportInterrupted, ImportNotFound
from product_importer.imports.checks import MOST_ATTEMPTS
from product_importer.model import ImportOptions, Phase, Status

STOPPED_WITHIN = 5.0


@pytest.fixture
def content(monkeypatch):
    monkeypatch.setenv("REHEARSAL_ROWS", "40")
    return catalogue_file(800, version=1)


@pytest.fixture
async def waiting(shop, content):
    """An import that waits for a worker."""
    importer = await shop.open(SlowWhere().plugin())
    import_id = await shop.stored(importer, content, SLOW)
    await importer.imports.hand_over(import_id)
    return import_id


async def due(shop):
    return [import_id for import_id, _ in await (await shop.importer()).imports.due()]


async def becomes_due(shop):
    """PostgreSQL notices a moment later that an owner has gone."""
    await until(lambda: due(shop), "an import was due")


@pytest.mark.parametrize("where", ["read", "save"])
async def test_stopped_and_gone_on_with_elsewhere(shop, content, where):
    expected = await whole(shop, content)
    first = await shop.open(SlowWhere(**{where: 0.1}).plugin())
    import_id = await shop.stored(first, content, SLOW)
    await first.imports.hand_over(import_id)
    stop = asyncio.Event()
    running = asyncio.create_task(first.imports.start(import_id, stop=stop))
    await Watch(shop).import_id()
    if where == "save":
        await Watch(shop).chunks(2)
    assert await due(shop) == []

    began = time.monotonic()
    stop.set()
    with pytest.raises(ImportInterrupted):
        await running

    assert time.monotonic() - began < STOPPED_WITHIN
    state = await first.imports.state(import_id)
    assert (state.status, state.phase) == (Status.QUEUED, Phase.WAITING)
    assert await due(shop) == [import_id]
    second = await shop.open(SlowWhere().plugin())
    assert (await second.imports.start(import_id)).status is Status.COMPLETED
    assert await shop.outcome(import_id) == expected
    assert await due(shop) == []


async def test_stopped_while_deactivating(shop, barrier):
    await shop.run("sku,name\nA,Tea\nB,Tea\n")
    importer = await shop.importer()
    options = ImportOptions(missing="deactivate")
    import_id = await shop.stored(importer, "sku,name\nA,Tea\n", options)
    await importer.imports.hand_over(import_id)
    await barrier.put("BEFORE UPDATE", "products", "OLD.active AND NOT NEW.active")
    stop = asyncio.Event()
    running = asyncio.create_task(importer.imports.start(import_id, stop=stop))
    await barrier.reached()

    stop.set()
    with pytest.raises(ImportInterrupted):
        await running

    await barrier.lift("products")
    assert (await shop.product("b"))["active"]
    assert (await importer.imports.start(import_id)).deactivated == 1


async def test_the_import_of_an_owner_that_stalls_is_due(shop, waiting):
    slow = await shop.open(SlowWhere(read=0.1).plugin())
    running = asyncio.create_task(slow.imports.start(waiting))
    await begun(shop, 1)()
    assert await due(shop) == []

    async def stalled():
        await shop.connection.execute("UPDATE imports SET lease_expires_at = now() - interval '1 second'")
        return await due(shop)  # unless it has just renewed its lease

    await until(stalled, "the import was due")
    await slow.imports.cancel(waiting)
    await running


async def test_what_nobody_handed_over_is_not_due(shop, content):
    importer = await shop.importer()
    import_id = await shop.stored(importer, content)
    assert await due(shop) == []
    await importer.imports.start(import_id)
    with pytest.raises(ImportEnded):
        await importer.imports.hand_over(import_id)
    with pytest.raises(ImportNotFound):
        await importer.imports.hand_over(import_id + 1)


async def test_a_worker_reads_no_file_that_lies_outside_the_storage(shop, content):
    """Whoever can write to the database could have it read any file that it may read."""
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file(content))
    with pytest.raises(FileError, match="lies outside the storage, where workers read no files"):
        await importer.imports.hand_over(import_id)

    await shop.connection.execute("UPDATE imports SET background = true")
    report = await importer.imports.start(import_id)
    assert (report.status, report.read) == (Status.FAILED, 0)
    assert "lies outside the storage" in report.state.message


async def test_a_running_import_can_not_be_handed_over(shop, waiting):
    slow = await shop.open(SlowWhere(read=0.1).plugin())
    running = asyncio.create_task(slow.imports.start(waiting))
    await Watch(shop).import_id()
    with pytest.raises(ImportBusy):
        await slow.imports.hand_over(waiting)
    await slow.imports.cancel(waiting)
    assert (await running).status is Status.CANCELLED


def begun(shop, attempt):
    async def moment():
        await until(
            lambda: shop.connection.fetchval("SELECT lease_token = $1 FROM imports", attempt),
            f"attempt {attempt} had begun",
        )

    return moment


async def abandoned(shop, import_id, moment):
    """Begins the import, and lets it go as a killed process would, when ``await moment()`` returns."""
    slow = await shop.open(SlowWhere(read=0.05, save=0.05).plugin())
    running = asyncio.create_task(slow.imports.start(import_id))
    await moment()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_an_import_that_kills_its_process_ends_as_failed(shop, waiting):
    importer = await shop.importer()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        await becomes_due(shop)
        await abandoned(shop, waiting, begun(shop, attempt))
    await becomes_due(shop)

    report = await importer.imports.start(waiting)

    assert report.status is Status.FAILED
    assert f"begun {MOST_ATTEMPTS} times without getting on" in report.state.message
    assert await due(shop) == []
    await importer.imports.hand_over(waiting)  # somebody has found the reason, and tries again
    assert (await (await shop.open(SlowWhere().plugin())).imports.start(waiting)).status is Status.COMPLETED


async def test_an_import_that_gets_on_may_lose_any_number_of_processes(shop, waiting):
    for number in range(1, MOST_ATTEMPTS + 2):
        await becomes_due(shop)
        await abandoned(shop, waiting, lambda: Watch(shop).chunks(number))  # noqa: B023 - awaited at once
    await becomes_due(shop)
    assert (await (await shop.open(SlowWhere().plugin())).imports.start(waiting)).status is Status.COMPLETED


async def test_stopping_in_good_order_costs_no_attempt(shop, waiting):
    importer = await shop.open(SlowWhere(read=0.05).plugin())
    for _ in range(MOST_ATTEMPTS + 1):
        stop = asyncio.Event()
        stop.set()
        with pytest.raises(ImportInterrupted):
            await importer.imports.start(waiting, stop=stop)
    assert (await (await shop.open(SlowWhere().plugin())).imports.start(waiting)).status is Status.COMPLETED


async def test_cancelled_after_its_owner_had_gone(shop, waiting):
    await abandoned(shop, waiting, begun(shop, 1))
    importer = await shop.importer()
    await becomes_due(shop)
    await importer.imports.cancel(waiting)

    report = await importer.imports.start(waiting)

    assert report.status is Status.CANCELLED
    assert await shop.products() == {}
