"""The outbox holds exactly what happened."""

import asyncio

import pytest

from product_importer.app import Importer
from product_importer.builtin.log_sink import LogSink
from product_importer.model import ImportOptions, Status
from product_importer.settings import load_settings
from product_importer.store.connect import Database
from product_importer.testing import plugin_set
from shop import TINY, Plugin


async def test_events_tell_of_every_change_and_of_nothing_else(shop):
    rows = [[f"S{n}", f"Name {n}"] for n in range(5 * TINY)]
    await shop.run([["sku", "name"], *rows], parser="tiny")
    created = await shop.events("product.created")
    rows[::3] = [[sku, "New name"] for sku, _ in rows[::3]]
    rows += [[f"T{n}", "Another"] for n in range(TINY)]

    report = await shop.run([["sku", "name"], *rows], parser="tiny")

    products = (await shop.products()).values()
    ids = {product["sku"]: product["id"] for product in products}
    events = await shop.events("product.")
    assert {(e.data["product_id"], e.data["sku"]) for e in created} == {
        (ids[f"S{n}"], f"S{n}") for n in range(5 * TINY)
    }
    second = [event for event in events if event.actor == f"import:{report.id}"]
    assert sorted((e.type, e.data["product_id"]) for e in second) == sorted(
        [("product.updated", ids[sku]) for sku, name in rows if name == "New name"]
        + [("product.created", ids[sku]) for sku, name in rows if name == "Another"]
    )
    assert all(event.data["changed"] == ["name"] for event in second if event.type == "product.updated")
    assert len({event.id for event in await shop.events()}) == len(events) + 2


async def test_the_end_of_an_import_is_an_event(shop):
    report = await shop.run("sku,name\nA,Tea\nB,\n")

    (event,) = await shop.events("import.")
    assert event.type == "import.completed"
    assert event.actor == f"import:{report.id}"
    assert event.data == {
        "import_id": report.id,
        "filename": report.state.filename,
        "message": "",
        "read": 2,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "deleted": 0,
        "duplicate": 0,
        "invalid": 1,
        "skipped": 0,
        "deactivated": 0,
        "removed": 0,
    }


async def test_the_failure_of_an_import_is_an_event(shop):
    report = await shop.run("sku,name\nA,\n", on_error="abort")

    (event,) = await shop.events()
    assert (event.type, event.data["import_id"]) == ("import.failed", report.id)
    assert event.data["message"] == report.state.message
    assert event.data["invalid"] == 1


@pytest.mark.parametrize("parser", ["csv", "tiny"])
async def test_progress_never_runs_ahead_nor_back(shop, parser):
    states = []
    importer = await shop.importer()
    path = shop.file([["sku", "name"], *([f"S{n}", "N"] for n in range(40 * TINY))])
    import_id = await importer.imports.create(path)
    report = await importer.imports.resume(import_id, states.append)

    percents = [state.percent for state in states]
    assert percents == sorted(percents)
    assert states[-1] == report.state
    assert states[-1].percent == 100
    assert all(state.percent < 100 for state in states if state.status is not Status.COMPLETED)
    assert await importer.imports.state(import_id) == report.state


async def test_a_progress_callback_that_fails_at_the_end_is_told_in_the_log(shop, caplog):
    importer = await shop.importer()

    def fail(state):
        if state.ended:
            raise RuntimeError("no terminal")

    import_id = await importer.imports.create(shop.file("sku,name\nA,Tea\n"))
    report = await importer.imports.resume(import_id, fail)

    assert report.status is Status.COMPLETED
    told = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert told == [f"The progress callback failed at the end of import {import_id}"]


async def test_a_progress_callback_may_be_a_coroutine_function(shop):
    importer = await shop.importer()
    told, busy = [], []

    async def tell(state):
        assert not busy
        busy.append(state)
        await asyncio.sleep(0.01)
        busy.clear()
        told.append(state)

    report = await importer.run(shop.file("sku,name\nA,Tea\n"), on_progress=tell)

    assert told[-1] == report.state
    assert len({state.id for state in told}) == 1


@pytest.mark.parametrize("at_the_end", [False, True])
async def test_an_asynchronous_progress_callback_that_fails_is_told_in_the_log(shop, caplog, at_the_end):
    importer = await shop.importer()
    failed = []

    async def fail(state):
        if state.ended == at_the_end:
            failed.append(state)
            raise RuntimeError("no terminal")

    rows = [["sku", "name"], *([f"A{n}", "Tea"] for n in range(300))]
    report = await importer.run(shop.file(rows), ImportOptions(parser="tiny"), on_progress=fail)

    assert report.created == 300
    assert len(failed) == 1
    (told,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert told.startswith("The progress callback failed")


async def test_an_asynchronous_progress_callback_ends_with_a_cancelled_task(shop):
    importer = await shop.importer()
    begun, ended = asyncio.Event(), []

    async def hang(_state):
        begun.set()
        try:
            await asyncio.sleep(600)
        finally:
            ended.append(True)

    running = asyncio.create_task(importer.run(shop.file("sku,name\nA,Tea\n"), on_progress=hang))
    await begun.wait()
    running.cancel()
    await asyncio.wait({running})
    await asyncio.sleep(0)

    assert ended == [True]


class Subscribed(LogSink):
    """A sink that wants events while an SQL condition holds."""

    def __init__(self, name, wanted):
        self.name = name
        self.wanted = wanted


@pytest.mark.parametrize("conditions", [("false", "1 = 1"), ("1 = 1", "false"), ("false", "1 = 2")])
async def test_events_are_written_if_any_sink_wants_them(shop, conditions):
    sinks = [Subscribed(f"sink{number}", condition) for number, condition in enumerate(conditions)]
    async with Database.open(shop.url) as database:
        importer = Importer(database, plugin_set(Plugin(sinks=sinks)), load_settings())
        await importer.run(shop.file("sku,name\nA,Tea\n"))

    assert len(await shop.events("product.created")) == ("1 = 1" in conditions)
