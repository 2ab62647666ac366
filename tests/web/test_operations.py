"""Health, figures, the log, and the doctor."""

import asyncio
import io
import json
import logging
import re
import time

import pytest
import redis.asyncio
from prometheus_client.parser import text_string_to_metric_families

from product_importer.store.migrate import CORE
from product_importer.support import logs
from product_importer_web.app import create_app
from product_importer_web.jobs.kinds import Task
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.keys import IMPORTER
from product_importer_web.settings import WebSettings
from receiving import Recorder, refuse
from shop import Plugin

FORGET = "DELETE FROM schema_migrations WHERE set_name = $1 AND version > 1"
KNOWN = "SELECT count(*) FROM schema_migrations WHERE set_name = $1"


@pytest.fixture
async def without_redis(shop, tmp_path, aiohttp_client):
    """A client of an application whose Redis is away."""
    async with Queues.open(f"unix://{tmp_path}/nobody.sock", KINDS) as queues:
        yield await aiohttp_client(create_app(await shop.open(), WebSettings(), queues))


async def test_ready(client):
    response = await client.get("/readyz")
    assert response.status == 200
    found = await response.json()
    assert found == {"status": "ok", "checks": {"database": "ok", "storage": "ok", "redis": "ok"}}


async def test_not_ready_without_redis(without_redis):
    response = await without_redis.get("/readyz")
    assert response.status == 503
    found = await response.json()
    assert found["status"] == "unavailable"
    assert found["checks"]["database"] == "ok"
    assert found["checks"]["redis"] != "ok"
    assert "nobody.sock" not in found["checks"]["redis"]
    assert (await without_redis.get("/healthz")).status == 200


async def test_not_ready_without_storage(shop, make_app, aiohttp_client, caplog):
    file = shop.file("")
    client = await aiohttp_client(await make_app(importer=await shop.open(storage_url=file.as_uri() + "/in")))
    for _ in range(2):
        response = await client.get("/readyz")
        assert response.status == 503
        assert (await response.json())["checks"]["storage"] == "It can't be used; the log says why."
    (told,) = [each.message for each in caplog.records if each.message.startswith("Not ready")]
    assert str(file) in told, "once"


async def test_a_hung_database_is_told_in_time_and_asked_once(make_app, aiohttp_client, shop, monkeypatch):
    """Its driver, too, takes its time to be broken off."""
    asked = []

    async def hangs():
        asked.append(1)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(5)
            raise

    importer = await shop.open()
    monkeypatch.setattr(importer, "check", hangs)
    client = await aiohttp_client(await make_app(importer=importer))
    began = time.monotonic()
    answers = await asyncio.gather(*(client.get("/readyz") for _ in range(5)))
    assert time.monotonic() - began < 4
    for response in answers:
        assert response.status == 503
        assert (await response.json())["checks"]["database"] == "no answer within 2 seconds"
    assert asked == [1]


async def test_not_ready_when_redis_is_full(client, redis_url):
    """It answers, but wakes nobody."""
    async with redis.asyncio.Redis.from_url(redis_url) as admin:
        await admin.config_set("maxmemory", "1")
        try:
            response = await client.get("/readyz")
        finally:
            await admin.config_set("maxmemory", "0")
    assert response.status == 503
    assert "maxmemory" in (await response.json())["checks"]["redis"]
    assert (await client.get("/readyz")).status == 200


async def test_not_ready_when_migrations_wait(client, shop):
    await shop.connection.execute(
        "DELETE FROM schema_migrations WHERE set_name = $1 AND version > 1", CORE.name
    )
    response = await client.get("/readyz")
    assert response.status == 503
    assert "product-importer migrate" in (await response.json())["checks"]["database"]


async def test_ready_beside_a_newer_version(client, shop):
    await shop.connection.execute(
        "INSERT INTO schema_migrations (set_name, version, name, sha256) VALUES ($1, 9999, 'later', '')",
        CORE.name,
    )
    assert (await client.get("/readyz")).status == 200


async def figures(client):
    response = await client.get("/metrics")
    assert response.status == 200
    return {
        (sample.name.removeprefix("product_importer_"), *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(await response.text())
        for sample in family.samples
    }


async def test_figures(client, shop, queues):
    await client.app[IMPORTER].run(shop.file("sku,name\nA,Tea\n"))
    await queues.enqueue("import", Task("1", 1))
    for path in ("/healthz", "/healthz", "/nowhere"):
        await client.get(path)
    found = await figures(client)
    assert found["imports", ("status", "completed")] == 1
    assert found["imports", ("status", "running")] == 0
    assert found["jobs", ("kind", "import")] == 1
    assert found["progress_watchers",] == 0
    assert found["http_requests_total", ("method", "GET"), ("route", "healthz"), ("status", "200")] == 2
    assert found["http_requests_total", ("method", "GET"), ("route", "unknown"), ("status", "404")] == 1
    assert found["http_request_seconds_count", ("route", "healthz")] == 2
    assert not [name for name, *_ in found if name.endswith("_created")]
    assert (
        found["dependency_up", ("dependency", "redis")]
        == found["dependency_up", ("dependency", "database")]
        == 1
    )


async def test_figures_of_event_sinks(make_app, aiohttp_client, shop):
    client = await aiohttp_client(await make_app(Plugin(sinks=[Recorder("broken", [refuse] * 2)])))
    importer = client.app[IMPORTER]
    await importer.run(shop.file("sku,name\nA,Tea\n"))
    assert (await figures(client))["event_batches_unseen",] == 2

    await importer.sinks.relay_once()

    found = await figures(client)
    assert found["event_batches_unseen",] == 0
    assert found["sink_batches", ("sink", "broken"), ("state", "waiting")] == 2
    assert found["sink_batches", ("sink", "broken"), ("state", "given_up")] == 0
    assert found["sink_batches", ("sink", "log"), ("state", "waiting")] == 0
    assert (
        found["sink_oldest_seconds", ("sink", "broken")] > 0 == found["sink_oldest_seconds", ("sink", "log")]
    )


async def test_nobody_can_make_up_figures(client):
    for name in ("PROPFIND", "MKCOL"):  # which the parser of HTTP knows, and nobody else
        await client.request(name, f"/{name}")
    found = await figures(client)
    assert found["http_requests_total", ("method", "other"), ("route", "unknown"), ("status", "404")] == 2


async def test_figures_without_redis(without_redis):
    found = await figures(without_redis)
    assert found["dependency_up", ("dependency", "redis")] == 0
    assert found["dependency_up", ("dependency", "database")] == 1


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def log():
    """``log(stream)``: the logger, writing to this stream; afterwards all is as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def set_up(stream):
        logs.set_up_logs("INFO", stream)
        return logging.getLogger("product_importer.tests")

    yield set_up
    root.handlers[:], _ = before
    root.setLevel(before[1])


def test_the_log_is_json_where_nobody_looks(log):
    stream = io.StringIO()
    logger = log(stream)
    tokens = logs.request_id.set("abc"), logs.import_id.set(7)
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logger.exception("Import %d: %s", 7, "ü", extra={"path": "/x"})
    logs.request_id.reset(tokens[0])
    logs.import_id.reset(tokens[1])
    logger.info("later")
    first, second = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*\+00:00", first.pop("time"))
    assert first.pop("exception").endswith("ZeroDivisionError: division by zero")
    assert first == {
        "level": "error",
        "logger": "product_importer.tests",
        "message": "Import 7: ü",
        "request_id": "abc",
        "import_id": 7,
        "path": "/x",
    }
    assert second.keys() == {"time", "level", "logger", "message"}


def test_the_log_is_for_people_on_a_terminal(log):
    stream = Terminal()
    logger = log(stream)
    token = logs.import_id.set(7)
    logger.info("It runs")
    logs.import_id.reset(token)
    logger.warning("It waits")
    first, second = stream.getvalue().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d It runs  \[import 7\]", first)
    assert re.fullmatch(r"\d\d:\d\d:\d\d Warning: It waits", second)


@pytest.fixture
def line(command_line, redis_url):
    command_line.environment["REDIS_URL"] = redis_url
    return command_line


def test_the_doctor_finds_all_well(line):
    assert line.run("migrate").code == 0
    end = line.run("doctor")
    assert end.code == 0, end.stdout
    assert [row.split(":")[0] for row in end.stdout.splitlines()] == [
        "ok  plugins",
        "ok  database",
        "ok  storage",
        "ok  redis",
    ]


async def test_the_doctor_says_what_to_mend(line, shop, tmp_path):
    await shop.connection.execute(
        "DELETE FROM schema_migrations WHERE set_name = $1 AND version > 1", CORE.name
    )
    (tmp_path / "a-file").touch()
    end = line.run(
        "doctor",
        REDIS_URL="redis://127.0.0.1:1",
        REHEARSAL_BROKEN="1",
        STORAGE_URL=(tmp_path / "a-file").as_uri(),
    )
    assert end.code == 1
    bad = [row.removeprefix("BAD ") for row in end.stdout.splitlines() if row.startswith("BAD ")]
    assert [row.split(":")[0] for row in bad] == ["plugins", "storage", "redis"]
    for row, advice in zip(bad, ["broken on purpose", "a-file", "Check REDIS_URL"], strict=True):
        assert advice in row
    assert "ok  database: your own. The database lacks what this version adds" in end.stdout
    waiting = await shop.connection.fetchval(
        "SELECT count(*) FROM schema_migrations WHERE set_name = $1", CORE.name
    )
    assert waiting == 1  # it has mended nothing


async def test_the_doctor_and_the_schema(line, shop):
    assert line.run("migrate", PRODUCT_IMPORTER_SCHEMA="toys").code == 0
    end = line.run("doctor", PRODUCT_IMPORTER_SCHEMA="toys")
    assert end.code == 0, end.stdout
    assert "ok  database: your own, schema toys\n" in end.stdout

    end = line.run("doctor", PRODUCT_IMPORTER_SCHEMA="public")
    assert end.code == 1
    assert (
        "BAD database: The catalogue in the schema public was made without PRODUCT_IMPORTER_SCHEMA"
        in end.stdout
    )

    end = line.run("doctor", PRODUCT_IMPORTER_SCHEMA="My toys")
    assert end.code == 2
    assert "The setting PRODUCT_IMPORTER_SCHEMA is 'My toys'; it has to be a schema's name" in end.complaint


def test_the_doctor_and_a_database_that_is_away(line):
    end = line.run("doctor", DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    assert end.code == 1
    assert "BAD database: The database can't be reached" in end.stdout
    assert "ok  redis" in end.stdout
