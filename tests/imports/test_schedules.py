"""Schedules: when they are due, that each time is used once, and what their runs leave behind."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from product_importer.errors import (
    ImportNotFound,
    InvalidSchedule,
    ScheduleBusy,
    ScheduleChanged,
    ScheduleNotFound,
    UsageError,
)
from product_importer.model import ImportOptions, Status
from product_importer.model.schedules import RunResult, ScheduleDraft, UnfinishedImport
from product_importer.store import schedules as store
from webserver import CSV, LOOPBACK, site

ME = "user:3"


@pytest.fixture
async def there():
    async with site() as made:
        yield made


@pytest.fixture
async def importer(shop):
    return await shop.open(fetch_allow=LOOPBACK)


@pytest.fixture
def draft(there):
    return ScheduleDraft("Supplier", there.add("/fruit.csv", CSV), "0 6 * * 1-5", "Europe/Berlin")


@pytest.fixture
def passes(shop):
    """Lets the next time of all schedules be in the past."""

    async def passing(minutes=1):
        await shop.connection.execute(
            "UPDATE schedules SET next_at = now() - $1 * interval '1 minute' WHERE active",
            minutes,
        )

    return passing


async def test_questions_of_a_run_that_nobody_answers_are_a_failure(shop, importer, there, draft, passes):
    """Nobody may have seen that the import waits."""
    url = there.add("/unclear.csv", b"sku,name\nA,sch\x9an\n")
    schedule = await importer.schedules.create(replace(draft, url=url), actor=ME)
    await passes()
    report = await run(importer, schedule.id)
    assert report.status is Status.WAITING
    await passes(minutes=0)
    assert await importer.schedules.begin(schedule.id) is None
    shown = await importer.schedules.get(schedule.id)
    assert shown.last.result is RunResult.SKIPPED
    assert shown.unfinished == UnfinishedImport(report.id, Status.WAITING)

    await shop.connection.execute("UPDATE imports SET questions_at = now() - interval '1 year'")
    await importer.uploads.tidy()
    state = await importer.imports.state(report.id)
    assert (state.status, state.phase) == (Status.FAILED, "finished")
    (event,) = await shop.events("import.")
    assert (event.type, event.data["message"]) == ("import.failed", state.message)
    await importer.uploads.tidy()
    assert len(await shop.events("import.")) == 1
    assert (await importer.schedules.get(schedule.id)).unfinished is None


async def test_a_file_that_lacks_too_many_products_is_only_planned(shop, there, draft, passes):
    importer = await shop.open(fetch_allow=LOOPBACK, missing_share=5)
    await importer.run(b"sku,name\nX,Plum\nY,Fig\n")
    made = await importer.schedules.create(replace(draft, options=ImportOptions(missing="delete")))
    for minutes in (2, 1):
        await passes(minutes)
        report = await run(importer, made.id)
        assert (report.status, report.state.to_confirm) == (Status.PLANNED, 2)

    last = (await importer.schedules.get(made.id)).last
    assert (last.status, last.message) == (Status.PLANNED, report.state.message)
    assert "2 products, which would be deleted" in last.message
    assert len(await shop.products()) == 2


async def run(importer, schedule_id):
    """Begins what is due, and runs its import; returns the import's report."""
    import_id = await importer.schedules.begin(schedule_id)
    return None if import_id is None else await importer.imports.start(import_id)


async def withdrawn(importer, schedule_id):
    """Begins what is due; its import goes away because the file is the same."""
    with pytest.raises(ImportNotFound):
        await run(importer, schedule_id)


async def results(importer, schedule_id):
    return [each.result.value for each in await importer.schedules.runs(schedule_id)][::-1]


async def test_a_schedule_is_kept(importer, draft):
    made = await importer.schedules.create(replace(draft, options=ImportOptions(blank="clear")), actor=ME)

    assert (made.name, made.origin, made.cron) == ("Supplier", draft.url, "0 6 * * 1-5")
    assert (made.options.blank, made.author, made.active, made.last) == ("clear", ME, True, None)
    assert made.next_at > datetime.now(UTC)
    assert await importer.schedules.get(made.id) == made
    assert await importer.schedules.all() == [made]
    assert await importer.schedules.due() == []
    (action,) = await importer.actions.recent(subject=f"schedule:{made.id}")
    assert (action.action, action.actor) == ("schedule.created", ME)


async def test_it_imports_when_it_is_due(importer, draft, passes):
    made = await importer.schedules.create(draft)
    await passes()
    ((number, slot),) = await importer.schedules.due()
    report = await run(importer, number)

    assert (number, report.created, report.state.author) == (made.id, 2, f"schedule:{made.id}")
    (only,) = await importer.schedules.runs(made.id)
    assert (only.slot, only.actor, only.result) == (slot, None, RunResult.IMPORTED)
    assert (only.import_id, only.status) == (report.id, Status.COMPLETED)
    now = await importer.schedules.get(made.id)
    assert now.last == only
    assert now.next_at == made.next_at
    assert await importer.schedules.due() == []
    assert await importer.schedules.begin(made.id) is None


async def test_two_workers_begin_a_time_once(importer, draft, passes):
    made = await importer.schedules.create(draft)
    await passes()
    begun = await asyncio.gather(*(importer.schedules.begin(made.id) for _ in range(8)))

    assert len([each for each in begun if each is not None]) == 1
    assert await results(importer, made.id) == ["imported"]


async def test_the_database_itself_keeps_a_time_from_being_used_twice(shop, importer, draft, passes):
    made = await importer.schedules.create(draft)
    await passes()
    slot = await shop.connection.fetchval("SELECT next_at FROM schedules")
    await run(importer, made.id)
    await shop.connection.execute("UPDATE schedules SET next_at = $1", slot)

    with pytest.raises(Exception, match="schedule_runs_schedule_id_slot_key"):
        await importer.schedules.begin(made.id)
    assert await shop.connection.fetchval("SELECT count(*) FROM imports") == 1


async def test_times_that_nobody_used_are_made_up_for_once(importer, draft, passes):
    made = await importer.schedules.create(replace(draft, cron="*/5 * * * *"))
    await passes(minutes=600)
    await run(importer, made.id)

    assert await importer.schedules.due() == []
    assert (await importer.schedules.get(made.id)).next_at <= datetime.now(UTC) + timedelta(minutes=5)


async def test_a_file_that_has_not_changed_is_not_imported_again(shop, importer, draft, passes):
    made = await importer.schedules.create(draft)
    await passes(minutes=2)
    await run(importer, made.id)
    await passes()
    await withdrawn(importer, made.id)

    assert await results(importer, made.id) == ["imported", "unchanged"]
    assert await shop.connection.fetchval("SELECT count(*) FROM imports") == 1
    assert len(await shop.events("import.completed")) == 1


async def test_its_place_may_say_that_it_has_not_changed(shop, importer, there, draft, passes):
    async def answer(request):
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.Response(body=CSV, headers={"ETag": '"1"'})

    made = await importer.schedules.create(replace(draft, url=there.add("/fruit.csv", answer)))
    await passes(minutes=3)
    await run(importer, made.id)
    for minutes in (2, 1):
        await passes(minutes)
        await withdrawn(importer, made.id)

    assert await results(importer, made.id) == ["imported", "unchanged", "unchanged"]


async def test_what_is_imported_again(importer, there, draft, passes):
    """Another file; the same file by an edited schedule; and whatever a user asks for."""
    made = await importer.schedules.create(draft)
    await passes()
    await run(importer, made.id)
    there.add("/fruit.csv", CSV + b"C,Cherry\n")
    await passes()
    assert (await run(importer, made.id)).created == 1

    await importer.schedules.change(made.id, 1, replace(draft, options=ImportOptions(blank="clear")))
    await passes()
    assert (await run(importer, made.id)).unchanged == 3

    import_id = await importer.schedules.run(made.id, actor=ME)
    assert (await importer.imports.start(import_id)).unchanged == 3
    assert await results(importer, made.id) == ["imported"] * 4
    assert (await importer.schedules.get(made.id)).last.actor == ME


async def test_a_failure_is_seen_and_tried_again(shop, importer, there, draft, passes):
    made = await importer.schedules.create(replace(draft, url=f"{there.url}/none.csv"))
    await passes()
    await run(importer, made.id)
    (last,) = await importer.schedules.runs(made.id)
    assert (last.result, last.status) == (RunResult.IMPORTED, Status.FAILED)
    assert "answered 404" in last.message
    assert len(await shop.events("import.failed")) == 1

    there.add("/none.csv", CSV)
    await passes()
    assert (await run(importer, made.id)).created == 2


async def test_while_the_import_before_runs(importer, draft, passes):
    skips = await importer.schedules.create(draft)
    queues = await importer.schedules.create(replace(draft, overlap="queue"))
    await passes()
    before = [await importer.schedules.begin(each.id) for each in (skips, queues)]
    await passes(minutes=0)
    assert [number for number, _ in await importer.schedules.due()] == [skips.id]
    assert await importer.schedules.begin(skips.id) is None
    assert await importer.schedules.begin(queues.id) is None

    assert await results(importer, skips.id) == ["imported", "skipped"]
    assert await results(importer, queues.id) == ["imported"]
    with pytest.raises(ScheduleBusy, match=f"Import {before[0]} of this schedule hasn't ended"):
        await importer.schedules.run(skips.id, actor=ME)
    await importer.imports.start(before[1])
    assert [number for number, _ in await importer.schedules.due()] == [queues.id]
    assert await importer.schedules.begin(queues.id) is not None


async def test_a_paused_schedule(importer, draft):
    made = await importer.schedules.create(replace(draft, active=False))

    assert (made.active, made.next_at) == (False, None)
    assert await importer.schedules.begin(made.id) is None
    assert await importer.schedules.run(made.id, actor=ME), "it can be run by hand"
    again = await importer.schedules.change(made.id, made.version, replace(draft, url="", active=True))
    assert again.next_at is not None
    assert again.origin == draft.url, "the URL stays"


async def test_a_run_that_is_due_stays_due_when_the_schedule_is_changed(importer, draft, passes):
    made = await importer.schedules.create(draft)
    await passes()
    due = (await importer.schedules.get(made.id)).next_at
    changed = await importer.schedules.change(made.id, made.version, replace(draft, cron="0 7 * * *"))
    assert changed.next_at == due
    assert await importer.schedules.begin(made.id) is not None
    (run,) = await importer.schedules.runs(made.id)
    assert run.slot == due
    assert (await importer.schedules.get(made.id)).next_at > run.at

    await passes()
    present = await importer.schedules.get(made.id)
    paused = await importer.schedules.change(made.id, present.version, replace(draft, active=False))
    assert paused.next_at is None


async def test_two_who_change_it(importer, draft):
    made = await importer.schedules.create(draft)
    await importer.schedules.change(made.id, made.version, replace(draft, name="Fruit"))

    with pytest.raises(ScheduleChanged, match="changed the schedule Fruit since"):
        await importer.schedules.change(made.id, made.version, draft)


async def test_what_is_left_of_a_schedule(shop, importer, draft, passes):
    made = await importer.schedules.create(draft)
    await passes()
    await run(importer, made.id)
    await importer.schedules.remove(made.id, actor=ME)

    assert await importer.schedules.all() == []
    assert len(await importer.imports.recent()) == 1
    for missing in (
        importer.schedules.get(made.id),
        importer.schedules.remove(made.id),
        importer.schedules.runs(made.id),
        importer.schedules.run(made.id, actor=ME),
        importer.schedules.change(made.id, 1, draft),
    ):
        with pytest.raises(ScheduleNotFound, match="There is no schedule"):
            await missing


async def test_old_runs_without_an_import_go(importer, draft, passes, monkeypatch):
    monkeypatch.setattr(store, "KEPT_RUNS", 2)
    made = await importer.schedules.create(draft)
    for minutes in (9, 8, 7, 6):
        await passes(minutes)
        await importer.schedules.begin(made.id)

    assert await results(importer, made.id) == ["imported", "skipped", "skipped"]
    latest = await importer.schedules.runs(made.id, 1)
    assert len(await importer.schedules.runs(made.id, before=latest[0].id)) == 2


async def test_no_secret_of_a_schedule_is_shown(importer, draft):
    made = await importer.schedules.create(replace(draft, url="https://joe:s3cret@127.0.0.1/a.csv?key=k3y"))

    assert made.origin == "https://127.0.0.1/a.csv"
    assert "s3cret" not in repr(made)


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"name": " "}, {"name": "schedule_name"}),
        ({"url": ""}, {"url": "schedule_url"}),
        ({"url": "gopher://host/"}, {"url": "schedule_url"}),
        ({"cron": "0 6 * *"}, {"cron": "bad_cron"}),
        ({"cron": "0 0 6 * * 1"}, {"cron": "bad_cron"}),
        ({"cron": "99 6 * * 1", "name": ""}, {"cron": "bad_cron", "name": "schedule_name"}),
        ({"cron": "0 0 30 2 *"}, {"cron": "bad_cron"}),
        ({"time_zone": "Mars/Olympus"}, {"time_zone": "unknown_time_zone"}),
        ({"time_zone": "../etc"}, {"time_zone": "unknown_time_zone"}),
    ],
)
async def test_what_can_not_be_a_schedule(importer, draft, values, faults):
    with pytest.raises(InvalidSchedule) as caught:
        await importer.schedules.create(replace(draft, **values))

    assert {each.column: each.code for each in caught.value.problems} == faults


async def test_options_are_checked_at_once(importer, draft):
    with pytest.raises(UsageError, match="There is no parser"):
        await importer.schedules.create(replace(draft, options=ImportOptions(parser="none")))
