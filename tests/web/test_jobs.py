"""Background work: PostgreSQL says what is due, Redis only wakes, and may lose everything."""

import asyncio
import dataclasses
import logging
import shutil
import time

import psutil
import pytest
import redis.asyncio
from redis.exceptions import RedisError
from saq.job import Job
from working import ended, working

import rehearsal
from halfway import PATIENCE, Watch, catalogue_file, until
from product_importer.embedded import EmbeddedValkey
from product_importer.model import ImportOptions, Status
from product_importer_web.jobs.kinds import Task
from product_importer_web.jobs.queues import Queues, connect
from product_importer_web.jobs.table import KINDS
from servers import public_directory

SLOW = ImportOptions(parser="small", duplicates="slow")


@pytest.fixture
def content(monkeypatch):
    monkeypatch.setenv("REHEARSAL_ROWS", "40")
    return catalogue_file(600, version=1)


@pytest.fixture
def slowly(monkeypatch):
    """Each batch takes its time from now on."""
    return lambda seconds: [
        monkeypatch.setenv(name, str(seconds)) for name in ("REHEARSAL_READ", "REHEARSAL_SAVE")
    ]


@pytest.fixture
async def importer(shop):
    return await shop.open(rehearsal)


async def handed_over(importer, shop, content, options=SLOW):
    import_id = await shop.stored(importer, content, options)
    await importer.imports.hand_over(import_id)
    return import_id


async def attempts(shop):
    """By import: how often it was begun."""
    return dict(await shop.connection.fetch("SELECT id, lease_token FROM imports ORDER BY id"))


async def test_catalogues_in_schemas_have_queues_of_their_own(redis_url):
    """At one Redis; without a schema they are called as they always were."""
    async with (
        Queues.open(redis_url, KINDS) as plain,
        Queues.open(redis_url, KINDS, "toys") as toys,
        redis.asyncio.Redis.from_url(redis_url, decode_responses=True) as client,
    ):
        for queues in (plain, toys):
            await queues.check()
        await toys.enqueue("index", Task("all", 0))
        depths = [(await queues.depths())["index"] for queues in (plain, toys)]
        await plain.enqueue("index", Task("all", 0))
        assert (await plain.depths())["index"] == 1
        keys = {key async for key in client.scan_iter()}

    assert {"product-importer:check", "product-importer:toys:check"} <= keys
    assert depths == [0, 1]
    assert {key for key in keys if key.endswith(":queued")} == {
        "saq:product-importer-index:queued",
        "saq:product-importer-toys-index:queued",
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_no_job_uses_saqs_defaults(queues, kind):
    await queues.enqueue(kind.name, Task("1", 1))
    job = await queues.by_name[kind.name].job("1")
    defaults = {field.name: field.default for field in dataclasses.fields(Job)}
    chosen = ("timeout", "heartbeat", "retries", "ttl", "retry_delay", "retry_backoff")
    assert [name for name in chosen if getattr(job, name) == defaults[name]] == []
    assert job.timeout == 0
    assert job.heartbeat == 30
    assert job.retries >= 5


async def test_a_task_is_queued_once_and_its_next_attempt_again(queues):
    for key in ("1:0", "1:0", "1:1"):
        await queues.enqueue("import", Task(key, 1))
    assert (await queues.depths())["import"] == 2


async def test_an_import_is_run(importer, shop, queues, content):
    import_id = await handed_over(importer, shop, content)
    await queues.wake(importer)
    async with working(importer, queues):
        assert (await ended(importer, import_id)).status is Status.COMPLETED
    assert await attempts(shop) == {import_id: 1}


async def test_what_nobody_was_woken_for_is_found(importer, shop, queues, content):
    async with working(importer, queues):
        import_id = await handed_over(importer, shop, content)
        assert (await ended(importer, import_id)).status is Status.COMPLETED


async def test_nothing_runs_twice_however_often_redis_is_emptied(importer, shop, queues, content, slowly):
    """Two workers, eight imports, and wake-ups without end."""
    slowly(0.02)
    other = await shop.open(rehearsal)
    numbers = [await handed_over(importer, shop, content.replace("SKU", f"S{n}")) for n in range(8)]
    async with working(importer, queues), working(other, queues):
        while not all([(await importer.imports.state(number)).ended for number in numbers]):
            await queues.client.flushall()
            for number in numbers:
                await queues.enqueue("import", Task(f"again {time.monotonic()}", number))
            await asyncio.sleep(0.1)
    states = [await importer.imports.state(number) for number in numbers]
    assert {state.status for state in states} == {Status.COMPLETED}
    assert await attempts(shop) == dict.fromkeys(numbers, 1)
    for state in states:
        assert state.counts.balanced
        assert state.counts.read == content.count("\n") - 1


async def test_a_failed_import_stays_failed_until_somebody_retries(importer, shop, queues, content):
    async with working(importer, queues):
        import_id = await handed_over(importer, shop, "no header that we know\n1\n", ImportOptions())
        assert (await ended(importer, import_id)).status is Status.FAILED
        await queues.wake(importer)
        others = [await handed_over(importer, shop, content.replace("SKU", f"S{n}")) for n in range(3)]
        for other in others:  # each is found by a later look
            await ended(importer, other)
    assert await attempts(shop) == dict.fromkeys([import_id, *others], 1)


async def test_a_worker_that_stops_leaves_the_import_to_another(importer, shop, queues, content, slowly):
    slowly(0.05)
    async with working(importer, queues):
        import_id = await handed_over(importer, shop, content)
        await Watch(shop).chunks(2)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert (await importer.imports.state(import_id)).status is Status.QUEUED
    job = await queues.by_name["import"].job(f"import:{import_id}:1")
    assert job.status == "queued"  # others have been woken

    slowly(0)
    async with working(await shop.open(rehearsal), queues):
        state = await ended(importer, import_id)
    assert state.status is Status.COMPLETED
    assert state.counts.balanced
    assert await attempts(shop) == {import_id: 2}


async def test_an_idle_worker_stops_at_once(importer, queues):
    async with working(importer, queues):
        await until(queues.client.ping, "Redis answered")
        began = time.monotonic()
    assert time.monotonic() - began < 1


@pytest.fixture
async def own_valkey():
    """A Valkey that may be killed, and stays away until it is opened again: ``(open, kill)``."""
    home = public_directory()

    def kill():
        (server,) = [
            process
            for process in psutil.process_iter(["cwd"])
            if process.info["cwd"] == str(home / "data/valkey/data")
        ]
        keeper = server.parent()
        assert "keeper.py" in " ".join(keeper.cmdline())
        keeper.kill()  # it would start the server anew
        server.kill()
        psutil.wait_procs([keeper, server], timeout=PATIENCE)

    yield lambda: EmbeddedValkey.open(home / "data"), kill
    shutil.rmtree(home)


async def test_redis_dies_and_comes_back(importer, shop, content, slowly, own_valkey):
    opened, kill = own_valkey
    slowly(0.05)
    async with opened() as valkey, Queues.open(valkey.url, KINDS) as queues, working(importer, queues):
        first = await handed_over(importer, shop, content)
        await Watch(shop).chunks(1)
        kill()
        second = await handed_over(importer, shop, content.replace("SKU", "OTHER"))
        await queues.wake(importer)  # to no avail, and no error
        assert (await ended(importer, first)).status is Status.COMPLETED
        assert (await ended(importer, second)).status is Status.COMPLETED, "it was found in PostgreSQL"
        async with opened():
            third = await handed_over(importer, shop, content.replace("SKU", "THIRD"))
            assert (await ended(importer, third)).status is Status.COMPLETED
    assert await attempts(shop) == {first: 1, second: 1, third: 1}


async def test_without_redis_several_workers_do_each_thing_once(importer, shop, content, tmp_path, slowly):
    """And not more at once than with it."""
    slowly(0.02)
    async with (
        Queues.open(f"unix://{tmp_path}/nobody.sock", KINDS) as queues,
        working(importer, queues),
        working(importer, queues),
    ):
        imports = [await handed_over(importer, shop, content.replace("SKU", f"N{n}-")) for n in range(6)]
        for import_id in imports:
            assert (await ended(importer, import_id)).status is Status.COMPLETED
    assert await attempts(shop) == dict.fromkeys(imports, 1)


async def test_without_redis_a_worker_that_stops_leaves_the_import_to_another(
    importer, shop, content, slowly, tmp_path
):
    slowly(0.05)
    async with Queues.open(f"unix://{tmp_path}/nobody.sock", KINDS) as queues:
        async with working(importer, queues):
            import_id = await handed_over(importer, shop, content)
            await Watch(shop).chunks(2)
        assert (await importer.imports.state(import_id)).status is Status.QUEUED
        async with working(importer, queues):
            assert (await ended(importer, import_id)).status is Status.COMPLETED


async def test_redis_without_memory(importer, shop, queues, content, caplog):
    """SAQ, too, has several complaints a second. One line at each look says it."""
    await queues.client.config_set("maxmemory", 1)
    try:
        async with working(importer, queues):
            import_id = await handed_over(importer, shop, content)
            await queues.wake(importer)
            with pytest.raises(RedisError):
                await queues.enqueue("import", Task("1", import_id))
            assert (await ended(importer, import_id)).status is Status.COMPLETED, "it was found in PostgreSQL"
            told = [record for record in caplog.records if record.levelno >= logging.WARNING]
            assert any(
                record.message.startswith("Redis can't be used, so that work is found") for record in told
            )
            assert [record for record in told if record.exc_info] == []
    finally:
        await queues.client.config_set("maxmemory", 0)
    assert await attempts(shop) == {import_id: 1}


async def test_connections_to_the_database_are_lost(importer, shop, queues, content, slowly):
    """In the middle of an import, and of looking for what is due."""
    slowly(0.05)
    async with working(importer, queues):
        import_id = await handed_over(importer, shop, content)
        await Watch(shop).chunks(2)
        await shop.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert (await ended(await shop.open(), import_id)).status is Status.COMPLETED
    assert await attempts(shop) == {import_id: 2}


async def test_redis_away_is_no_reason_to_spin(importer, tmp_path, monkeypatch):
    async with Queues.open(f"unix://{tmp_path}/nobody.sock", KINDS) as queues:
        tried = 0
        dequeue = queues.by_name["import"].dequeue

        async def counted(**options):
            nonlocal tried
            tried += 1
            return await dequeue(**options)

        monkeypatch.setattr(queues.by_name["import"], "dequeue", counted)
        async with working(importer, queues):
            await asyncio.sleep(1)
        assert tried < 20


@pytest.mark.parametrize("url", ["redis://localhost:1", "unix:///nowhere"])
async def test_redis_is_tried_again_as_its_client_does_by_itself(url):
    async with connect(url) as client, redis.asyncio.Redis() as ordinary:
        assert client.get_retry().get_retries() == ordinary.get_retry().get_retries() >= 3


async def test_waking_soon_never_fails(importer, shop, content, tmp_path):
    await handed_over(importer, shop, content)
    async with Queues.open(f"unix://{tmp_path}/nobody.sock", KINDS) as queues:
        queues.wake_soon(importer, "import")
        with pytest.raises(RedisError):
            await queues.depths()
