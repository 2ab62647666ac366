"""``serve``, ``web`` and ``worker`` as processes: how they start, stop, die and are replaced."""

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import aiohttp
import psutil
import pytest

import rehearsal
from commandline import CommandLine
from commandline import ended as wait_for
from halfway import Watch, catalogue_file, until
from product_importer.model import ImportOptions, Status
from servers import public_directory

SLOW = ImportOptions(parser="small", duplicates="slow")
IDLE_WITHIN = 20.0  # only whether it hangs: how long it takes is for benchmarks/web.py to measure
BUSY_WITHIN = 30.0


@pytest.fixture
def line(shop, redis_url, tmp_path):
    """The command line, on the shop's database and an empty Redis."""
    line = CommandLine(tmp_path, shop.url, REDIS_URL=redis_url, REHEARSAL_ROWS="40")
    yield line
    line.close()


@pytest.fixture
async def importer(shop, monkeypatch):
    monkeypatch.setenv("REHEARSAL_ROWS", "40")
    return await shop.open(rehearsal)


@pytest.fixture
async def handed_over(importer, shop):
    """An import that waits, and what it leaves behind if nobody is in its way."""
    content = catalogue_file(1_200, version=1)
    report = await importer.run(shop.file(content), SLOW)
    expected = await shop.outcome(report.id)
    await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
    import_id = await shop.stored(importer, content, SLOW)
    await importer.imports.hand_over(import_id)
    return import_id, expected


async def address(process):
    first = await asyncio.to_thread(process.stdout.readline)
    found = re.fullmatch(r"Product Importer is at (http://127\.0\.0\.1:\d+/)\n", first.decode())
    assert found, first + process.stderr.read()
    return found[1]


async def get(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def stopped(process, within):
    """Asked to stop; its exit status."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    end = await asyncio.to_thread(wait_for, process)
    assert time.monotonic() - began < within
    assert end.code == 0, end.stderr
    return end


async def completed(importer, import_id):
    async def state():
        state = await importer.imports.state(import_id)
        return state if state.ended else None

    return (await until(state, "the import had ended")).status is Status.COMPLETED


async def saved(shop, import_id):
    """What the import leaves behind, but for its events, which a ``serve`` takes to their sinks."""
    outcome = await shop.outcome(import_id)
    return {name: part for name, part in outcome.items() if name != "events"}


async def child(process):
    """The worker of a ``serve``."""

    async def workers():
        return [each for each in psutil.Process(process.pid).children() if "worker" in each.cmdline()]

    (worker,) = await until(workers, "there was a worker")
    return worker


async def test_everything_on_a_machine_that_has_nothing():
    home = public_directory()
    line = CommandLine(home, None)
    try:
        process = line.start("serve", "--port", "0")
        url = await address(process)
        assert (await get(url + "healthz"))[0] == 200
        place = str(home / "data")
        await stopped(process, IDLE_WITHIN)
        running = psutil.process_iter(["cmdline"])
        left = [each for each in running if place in " ".join(each.info["cmdline"] or ())]
        assert left == []
    finally:
        line.close()
        shutil.rmtree(home)


@pytest.mark.parametrize(
    ("kind", "name", "ready"),
    [("postgres", "PostgreSQL", True), ("postgres", "PostgreSQL", False), ("valkey", "Valkey", True)],
    ids=["PostgreSQL", "PostgreSQL while the children start", "Valkey"],
)
async def test_serve_ends_where_nobody_keeps_its_servers_any_more(kind, name, ready):
    """Whoever has started it, such as systemd, learns of it and starts it again."""
    home = public_directory()
    line = CommandLine(home, None)
    try:
        process = line.start("serve", "--port", "0")
        url = await address(process)
        if ready:
            assert (await get(url + "readyz"))[0] == 200
        server_log = str(home / "data" / kind / "server.log")
        (keeper,) = [
            each
            for each in psutil.process_iter(["cmdline"])
            if f'"log": "{server_log}"' in " ".join(each.info["cmdline"] or ())
        ]
        keeper.kill()

        _, complaint = await asyncio.to_thread(process.communicate, timeout=BUSY_WITHIN)

        assert process.returncode == 1
        (told,) = [it for it in complaint.decode().splitlines() if it.startswith("product-importer: ")]
        assert f"{name} has ended, because the process that keeps it running was killed" in told
        assert f"start this command again. {name}'s log is {server_log}." in told

        again = line.start("serve", "--port", "0")
        assert (await get(await address(again) + "readyz"))[0] == 200
        await stopped(again, BUSY_WITHIN)
    finally:
        line.close()
        shutil.rmtree(home)


async def test_serve_runs_imports(line, importer, shop, handed_over):
    import_id, expected = handed_over
    process = line.start("serve", "--port", "0")
    url = await address(process)
    assert await completed(importer, import_id)
    assert await saved(shop, import_id) == {name: expected[name] for name in expected if name != "events"}
    assert (await get(f"{url}api/v1/imports/{import_id}"))[0] == 200
    await stopped(process, IDLE_WITHIN)


async def test_a_worker_that_is_killed_is_replaced_and_the_import_goes_on(line, importer, shop, handed_over):
    import_id, expected = handed_over
    process = line.start("serve", "--port", "0", REHEARSAL_SAVE="0.2")
    await address(process)
    await Watch(shop).chunks(3)

    (await child(process)).kill()

    assert await completed(importer, import_id)
    assert await saved(shop, import_id) == {name: expected[name] for name in expected if name != "events"}
    await stopped(process, IDLE_WITHIN)


async def test_the_worker_ends_when_serve_is_killed(line):
    process = line.start("serve", "--port", "0")
    await address(process)
    worker = await child(process)
    process.kill()

    async def gone():
        return not worker.is_running()

    await until(gone, "the worker had ended")


async def test_another_worker_goes_on_at_once(line, importer, shop, handed_over):
    """Redis still believes in the dead one's job for half a minute; PostgreSQL knows better."""
    import_id, expected = handed_over
    owner = line.start("worker", REHEARSAL_SAVE="0.2")
    await Watch(shop).chunks(1)
    other = line.start("worker")
    await asyncio.to_thread(other.stderr.readline)  # it waits for work
    owner.kill()

    assert await completed(importer, import_id)
    assert await shop.outcome(import_id) == expected
    assert await shop.connection.fetchval("SELECT lease_token FROM imports") == 2
    await stopped(other, IDLE_WITHIN)


async def test_another_worker_goes_on_with_a_deletion_at_once(line, importer, shop):
    """The first one stands before a product that somebody is changing."""
    await importer.run(shop.file("sku,name\nA,Apple\n"))
    asked = await importer.deletions.request(1, actor="user:1")

    async def status(wanted):
        return (await importer.deletions.state(asked.id)).status is wanted

    async with shop.connection.transaction():
        await shop.connection.execute("UPDATE products SET name = 'Other'")
        owner = line.start("worker")
        await until(lambda: status(Status.RUNNING), "the deletion had begun")
        other = line.start("worker")
        await asyncio.to_thread(other.stderr.readline)  # it waits for work
        owner.kill()

    await until(lambda: status(Status.COMPLETED), "the other had done it")
    assert await shop.connection.fetchval("SELECT attempts FROM deletions") == 2
    await stopped(other, IDLE_WITHIN)


async def test_a_busy_worker_stops_at_an_edge(line, importer, shop, handed_over):
    import_id, expected = handed_over
    process = line.start("worker", REHEARSAL_SAVE="0.2")
    await Watch(shop).chunks(3)
    await stopped(process, BUSY_WITHIN)

    state = await importer.imports.state(import_id)
    assert state.status is Status.QUEUED
    assert 0 < state.percent < 100
    after = line.start("worker")
    assert await completed(importer, import_id)
    assert await shop.outcome(import_id) == expected
    assert await shop.connection.fetchval("SELECT attempts FROM imports") == 1
    await stopped(after, IDLE_WITHIN)


async def test_a_worker_whose_plugin_hangs_ends_all_the_same(line, importer, shop, handed_over):
    import_id, expected = handed_over
    process = line.start("worker", REHEARSAL_READ="30")
    await Watch(shop).import_id()
    await stopped(process, BUSY_WITHIN)

    after = line.start("worker")
    assert await completed(importer, import_id)
    assert await shop.outcome(import_id) == expected
    await stopped(after, IDLE_WITHIN)


async def test_idle_roles_stop_at_once(line):
    web = line.start("web", "--port", "0")
    worker = line.start("worker")
    url = await address(web)
    async with aiohttp.ClientSession() as session, session.get(url + "healthz") as response:
        assert response.status == 200  # and the connection stays open
        await stopped(web, IDLE_WITHIN)
    await asyncio.to_thread(worker.stderr.readline)  # it waits for work
    await stopped(worker, IDLE_WITHIN)


def test_only_this_machine_is_served(line):
    for command in ("serve", "web"):
        end = line.run(command, "--host", "0.0.0.0")
        assert end.code == 2
        assert "there are no accounts yet" in end.complaint


def test_a_port_that_is_taken(line):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        end = line.run("web", "--port", port)
    assert end.code == 2
    assert end.complaint.startswith(f"product-importer: Port {port} is in use. Choose another with --port")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "x"), ("REDIS_URL", "http://localhost"), ("PRODUCT_IMPORTER_LOG_LEVEL", "loud")],
)
def test_settings_that_can_not_be_used(line, name, value):
    end = line.run("web", **{name: value})
    assert end.code == 2
    assert f"The setting {name} is '{value}'" in end.complaint


def test_valkeys_own_scheme(line, redis_url):
    """It is Redis' by another name. Nobody is there, which is no reason not to start."""
    process = line.start("web", "--port", "0", REDIS_URL="valkey://127.0.0.1:1/0")
    assert process.stdout.readline().startswith(b"Product Importer is at")
    process.terminate()
    assert wait_for(process).code == 0


def test_other_commands_do_not_wait_for_the_pages(line):
    code = "import sys; from product_importer.cli import build_app; build_app(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=line.environment, capture_output=True, text=True, check=True
    )
    assert "click" in done.stdout.split()
    assert {"aiohttp", "saq", "jinja2", "msgspec"}.isdisjoint(done.stdout.split())
