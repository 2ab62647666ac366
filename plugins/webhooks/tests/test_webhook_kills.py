"""kill -9 of importers, of relays with their senders and of servers, at random points."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psutil
import pytest
import redis.asyncio
from receiver import Hooks, receiving, until

import product_importer_webhooks
from product_importer import Importer
from product_importer.embedded import EmbeddedPostgres, EmbeddedValkey
from product_importer.errors import DatabaseError, ImportBusy, ImportEnded
from product_importer.settings import load_settings
from product_importer.testing import temporary_importer
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS

ROWS = 5_000
MANY_ROWS = 30_000

PATIENCE = 90.0
"""A worker that is killed between taking a job and taking its import leaves it until SAQ misses the job's
heartbeat, for 30 seconds, and then looks for such jobs. A sink that fails again and again is left alone for
up to a minute.
"""


class Processes:
    """An importer and a relay that can be killed, and are started again."""

    def __init__(self, url, folder, **environment):
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "PRODUCT_IMPORTER_DATA_DIR": str(folder),
            **environment,
        }
        self.folder = folder
        self.running = {}
        self.started_at = {}

    @classmethod
    @asynccontextmanager
    async def started(cls, *arguments, **environment):
        """Killed in the end."""
        processes = cls(*arguments, **environment)
        try:
            yield processes
        finally:
            for role in tuple(processes.running):
                await processes.kill(role)

    def start(self, role, *arguments):
        """Unless it runs."""
        if role in self.running and self.running[role].poll() is None:
            return
        self.started_at[role] = datetime.now(UTC)
        with self.log(role).open("wb") as log:
            self.running[role] = subprocess.Popen(
                [sys.executable, "-m", "product_importer", role, *map(str, arguments)],
                env=self.environment,
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def log(self, role):
        """Where it says what it does."""
        return self.folder / f"{role}.log"

    async def kill(self, role):
        self.running[role].kill()
        await self.ended(role)

    async def ended(self, role):
        """By itself: what it was to do is done, but it is there for a moment yet."""
        if process := self.running.pop(role, None):
            await asyncio.to_thread(process.wait)

    def check(self):
        """The processes that weren't killed are alive, and have said in plain words what is wrong."""
        for role, process in self.running.items():
            said = self.log(role).read_text()
            assert process.poll() is None, said
            assert "Traceback" not in said


@pytest.mark.parametrize(
    "kills", [pytest.param(5, id="a few"), pytest.param(50, marks=pytest.mark.slow, id="many")]
)
async def test_no_committed_event_is_lost_and_no_other_sent(tmp_path, record_property, kills):
    seed = random.randrange(1 << 32)
    record_property("seed", seed)
    chance = random.Random(seed)
    async with temporary_importer(product_importer_webhooks) as importer, receiving() as receiver:
        hooks = Hooks(importer)
        endpoint = await hooks.add(receiver)
        async with Processes.started(importer.database.dsn, tmp_path, **files_of(importer)) as processes:
            import_id = await stored(importer, catalogue(tmp_path, chance))
            for _ in range(kills):
                if (await importer.imports.state(import_id)).ended:
                    await processes.ended("import")
                    import_id = await stored(importer, catalogue(tmp_path, chance))
                processes.start("import", "--resume", import_id, "--quiet")
                processes.start("relay")
                await something_new(hooks, import_id, receiver)
                await asyncio.sleep(chance.random() * 0.3)
                await processes.kill(chance.choice(["import", "relay"]))
        await until(partial(ended, importer, import_id), "the import had ended")
        async with hooks.relaying():
            await everything_arrived(hooks, endpoint)
        await check(hooks, receiver, f"seed {seed}")


async def ended(importer, import_id):
    """Whether the import has ended; it is resumed once the server has noticed that its process is gone."""
    with suppress(ImportBusy, ImportEnded):
        await importer.imports.resume(import_id)
    return (await importer.imports.state(import_id)).ended


class Servers:
    """A PostgreSQL and a Valkey of our own, which can be stopped hard and started again in their place."""

    def __init__(self, home):
        self._home = home
        self._postgres = AsyncExitStack()
        self._valkey = AsyncExitStack()

    @classmethod
    @asynccontextmanager
    async def running(cls):
        home = Path(tempfile.mkdtemp(prefix="pi-"))
        home.chmod(0o711)  # noqa: ASYNC240 - a moment
        servers = cls(home)
        try:
            async with servers._valkey, servers._postgres:
                opened = EmbeddedValkey.open(home / "data")
                servers.redis_url = (await servers._valkey.enter_async_context(opened)).url
                await servers.start()
                yield servers
        finally:
            shutil.rmtree(home)

    async def start(self):
        opened = EmbeddedPostgres.open(self._home / "data")
        self.database_url = (await self._postgres.enter_async_context(opened)).dsn

    async def restart(self, how):
        """SIGINT: fast; SIGQUIT: immediately; SIGKILL: as in a power failure."""
        pid_file = self._home / "data" / "postgres" / "data" / "postmaster.pid"
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        process.send_signal(how)
        await asyncio.to_thread(psutil.wait_procs, [process])
        await self._postgres.aclose()
        await self.start()

    async def flush(self):
        """What is in Redis is gone."""
        async with redis.asyncio.Redis.from_url(self.redis_url) as client:
            await client.flushall()


@pytest.fixture
def folder():
    """A folder in an open place: roles that root starts go on as another user."""
    with tempfile.TemporaryDirectory(prefix="pi-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="once each"), pytest.param(9, marks=pytest.mark.slow, id="many")]
)
async def test_servers_that_go_away_cost_no_event_and_make_none_up(folder, record_property, rounds):
    """Nor do they end the programs: the worker and the relay outlive them."""
    seed = random.randrange(1 << 32)
    record_property("seed", seed)
    chance = random.Random(seed)
    settings = replace(load_settings(), data_dir=folder)
    async with (
        Servers.running() as servers,
        receiving() as receiver,
        Importer.open(servers.database_url, settings=settings) as importer,
    ):
        hooks = Hooks(importer)
        endpoint = await hooks.add(receiver)
        async with Processes.started(servers.database_url, folder, REDIS_URL=servers.redis_url) as processes:
            faults = [
                partial(processes.kill, "worker"),
                partial(processes.kill, "relay"),
                *(partial(servers.restart, how) for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)),
                servers.flush,
            ] * rounds
            chance.shuffle(faults)
            import_id = await stored(importer, catalogue(folder, chance, MANY_ROWS))
            for fault in faults:
                if (await settled(importer, import_id)).ended:
                    import_id = await stored(importer, catalogue(folder, chance, MANY_ROWS))
                processes.start("worker")
                processes.start("relay")
                await at_work(hooks, processes)
                await handed_over(importer, import_id, servers.redis_url)
                if chance.random() < 0.5:
                    await something_new(hooks, import_id, receiver)
                await asyncio.sleep(chance.random() * 0.5)
                await fault()
                processes.check()
        if not (await settled(importer, import_id)).ended:
            await importer.imports.resume(import_id)
        async with hooks.relaying():
            await everything_arrived(hooks, endpoint)
        await check(hooks, receiver, f"seed {seed}")


async def at_work(hooks, processes):
    """A program that can't reach the database to begin with says so and ends."""

    async def there():
        relay = await hooks.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'product-importer relay webhooks' AND backend_start > $1",
            processes.started_at["relay"],  # what serves a relay that was killed may be there for a moment
        )
        return relay and "waits for work" in processes.log("worker").read_text()

    await until(there, "the worker and the relay were at work", PATIENCE)


def files_of(importer):
    """Where other processes find what the importer has stored."""
    return {"PRODUCT_IMPORTER_DATA_DIR": str(importer.settings.data_dir)}


async def stored(importer, path):
    """The id of an import whose file workers may read."""
    with path.open("rb") as stream:
        return await importer.imports.create_from(stream, path.name)


async def handed_over(importer, import_id, redis_url):
    """Workers know of the import, unless they are at it."""
    with suppress(ImportBusy, ImportEnded):
        await importer.imports.hand_over(import_id)
    async with Queues.open(redis_url, KINDS) as queues:
        await queues.wake(importer)


async def settled(importer, import_id):
    """The import's state, once the connections that a restart has cost are gone."""

    async def state():
        try:
            return await importer.imports.state(import_id)
        except DatabaseError:
            return None

    return await until(state, "the database answered")


def catalogue(folder, chance, rows=ROWS):
    number = chance.randrange(1 << 32)
    first = chance.randrange(rows)
    path = folder / f"{number}.csv"
    path.write_text("sku,name\n" + "".join(f"S{n},Name {number}\n" for n in range(first, first + rows)))
    return path


async def something_new(hooks, import_id, receiver):
    before = len(receiver.requests)

    async def came():
        # What a killed import has caused is left for a while, unless somebody asks.
        await hooks.execute("SELECT pg_notify('product_importer_events', '')")
        return len(receiver.requests) > before or (await hooks.importer.imports.state(import_id)).ended

    await until(came, "something came", PATIENCE)


async def everything_arrived(hooks, endpoint):
    """What a killed sender had taken is due when its lease ends; here, at once."""

    async def arrived():
        await hooks.hurry()
        return await hooks.all_delivered(endpoint)

    await until(arrived, "all had arrived")


async def check(hooks, receiver, seed):
    """The events, each counted once, lead to the products that there are; what came twice was the same."""
    bodies, told = {}, {}
    for headers, body in receiver.requests:
        assert bodies.setdefault(headers["webhook-id"], body) == body, seed
    for event in receiver.events:
        assert told.setdefault(event["id"], event) == event, seed

    def of(kind, member):
        return sorted(event["data"][member] for event in told.values() if event["type"] == kind)

    products = await hooks.execute("SELECT id, version FROM products ORDER BY id")
    completed = await hooks.execute("SELECT id FROM imports WHERE status = 'completed' ORDER BY id")
    changes = [row["id"] for row in products for _ in range(row["version"] - 1)]
    assert of("product.created", "product_id") == [row["id"] for row in products], seed
    assert of("product.updated", "product_id") == changes, seed
    assert of("import.completed", "import_id") == [row["id"] for row in completed], seed
