"""kill -9 of importers and relays: every committed event is delivered, and no other."""

import asyncio
import json
import random
from contextlib import AsyncExitStack

import asyncpg
import pytest

import rehearsal
from commandline import CommandLine
from halfway import catalogue_file, released, until
from product_importer.model import ImportOptions, Status
from product_importer.support.namespace import channel
from shop import Shop

OPTIONS = ("--parser", "small", "--duplicates", "slow", "--missing", "deactivate")
ROWS = 6_000


@pytest.mark.parametrize(
    "kills", [pytest.param(6, id="a few"), pytest.param(50, marks=pytest.mark.slow, id="many")]
)
async def test_killed_at_random_points(server, tmp_path, monkeypatch, kills):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    received = tmp_path / "events.jsonl"
    tmp_path.chmod(0o777)  # as root, a relay works under another account
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(server.database())
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        shop = Shop(url, tmp_path, connection, stack)
        monkeypatch.setenv("REHEARSAL_ROWS", "50")
        importer = await shop.open(rehearsal)
        path = shop.file(catalogue_file(ROWS, version=1))
        command_line = CommandLine(
            tmp_path / "command",
            url,
            REHEARSAL_ROWS="50",
            REHEARSAL_EVENTS=str(received),
            REHEARSAL_DELIVER="0.002",
        )
        stack.callback(command_line.close)
        import_id = await importer.imports.create(
            path, ImportOptions(parser="small", duplicates="slow", missing="deactivate")
        )
        importing = relaying = None
        for _ in range(kills):
            if importing is None or importing.poll() is not None:
                state = await importer.imports.state(import_id)
                if state.ended:
                    path = shop.file(
                        catalogue_file(ROWS, version=chance.random(), first=chance.randrange(ROWS))
                    )
                    import_id = await importer.imports.create(
                        path, ImportOptions(parser="small", duplicates="slow", missing="deactivate")
                    )
                importing = command_line.start("import", "--resume", import_id, "--quiet")
            if relaying is None or relaying.poll() is not None:
                relaying = command_line.start("relay")
            await somewhere(connection, received, chance)
            victim = chance.choice((importing, relaying))
            victim.kill()
            await asyncio.to_thread(victim.communicate)
        for process in importing, relaying:
            process.kill()
            await asyncio.to_thread(process.communicate)
        await released(importer, import_id)
        report = (
            await importer.imports.resume(import_id)
            if not (await importer.imports.state(import_id)).ended
            else None
        )
        assert report is None or report.status is Status.COMPLETED
        ended = await asyncio.to_thread(command_line.run, "relay", "--once")
        assert ended.code == 0, ended.stderr
        await check(connection, received, f"seed {seed}")


async def somewhere(connection, received, chance):
    """Until something more was delivered, and then a little."""
    before = received.stat().st_size if received.exists() else 0

    async def more():
        if received.exists() and received.stat().st_size > before:
            return True
        await asyncio.sleep(0.05)  # leaves the processor to the relay, whose priority is low
        # What a killed import has caused is left for a while, unless somebody asks.
        await connection.execute("SELECT pg_notify($1, '')", channel(None))
        # Everything may have been told already, and the import not have anything more to tell.
        return not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM imports WHERE status IN ('queued', 'running'))"
            " OR EXISTS (SELECT FROM outbox)"
        )

    await until(more, "events were delivered")
    await asyncio.sleep(chance.random() * 0.2)


async def check(connection, received, seed):
    """The events, each counted once, lead to the products that there are."""
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    told = {}
    for line in received.read_text().splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off by a kill; it was delivered again
        assert told.setdefault(event["id"], event) == event, seed
    created, changes = {}, {}
    for event in told.values():
        data = event["data"]
        if event["type"] == "product.created":
            assert created.setdefault(data["product_id"], data["sku"]) == data["sku"], seed
        elif event["type"] == "product.updated":
            changes[data["product_id"]] = changes.get(data["product_id"], 0) + 1
    products = await connection.fetch("SELECT id, version FROM products")
    assert created.keys() == {row["id"] for row in products}, seed
    assert changes == {row["id"]: row["version"] - 1 for row in products if row["version"] > 1}, seed
    ends = sorted(e["data"]["import_id"] for e in told.values() if e["type"] == "import.completed")
    completed = await connection.fetch("SELECT id FROM imports WHERE status = 'completed' ORDER BY id")
    assert ends == [row["id"] for row in completed], seed
