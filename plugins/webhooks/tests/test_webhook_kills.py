"""kill -9 of importers and of relays with their senders, at random points."""

import asyncio
import os
import random
import subprocess
import sys

import pytest
from receiver import Hooks, receiving, until

import product_importer_webhooks
from product_importer.testing import temporary_importer

ROWS = 5_000


class Processes:
    """An importer and a relay that can be killed, and are started again."""

    def __init__(self, url, folder):
        self.url = url
        self.folder = folder
        self.running = {}

    def start(self, role, *arguments):
        """Unless it runs."""
        if role in self.running and self.running[role].poll() is None:
            return
        command = [sys.executable, "-m", "product_importer", role, "--database-url", self.url]
        self.running[role] = subprocess.Popen(
            [*command, *map(str, arguments)],
            env={**os.environ, "PRODUCT_IMPORTER_DATA_DIR": str(self.folder)},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def kill(self, role):
        self.running[role].kill()
        await asyncio.to_thread(self.running[role].wait)


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
        processes = Processes(importer.database.dsn, tmp_path)
        import_id = await importer.create(catalogue(tmp_path, chance))
        for _ in range(kills):
            if (await importer.state(import_id)).ended:
                import_id = await importer.create(catalogue(tmp_path, chance))
            processes.start("import", "--resume", import_id, "--quiet")
            processes.start("relay")
            await something_new(importer, import_id, receiver)
            await asyncio.sleep(chance.random() * 0.3)
            await processes.kill(chance.choice(["import", "relay"]))
        for role in processes.running:
            await processes.kill(role)
        if not (await importer.state(import_id)).ended:
            await importer.resume(import_id)
        async with hooks.relaying():
            await everything_arrived(hooks, endpoint)
        await check(hooks, receiver, f"seed {seed}")


def catalogue(folder, chance):
    number = chance.randrange(1 << 32)
    first = chance.randrange(ROWS)
    path = folder / f"{number}.csv"
    path.write_text("sku,name\n" + "".join(f"S{n},Name {number}\n" for n in range(first, first + ROWS)))
    return path


async def something_new(importer, import_id, receiver):
    before = len(receiver.requests)

    async def came():
        return len(receiver.requests) > before or (await importer.state(import_id)).ended

    await until(came, "something came")


async def everything_arrived(hooks, endpoint):
    """What a killed sender had taken is due when its lease ends; here, at once."""

    async def arrived():
        await hooks.hurry()
        waiting = [state.waiting for state in await hooks.importer.sinks.states()]
        states = await hooks.states(endpoint)
        return not await hooks.importer.sinks.fresh() and not any(waiting) and {*states} == {"delivered"}

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
