"""kill -9: the import is resumed and ends as if nothing had happened."""

import asyncio
import random
from contextlib import AsyncExitStack

import asyncpg
import pytest

from commandline import CommandLine
from commandline import ended as wait_for
from halfway import catalogue_file, until
from shop import Shop

OPTIONS = ("--parser", "small", "--duplicates", "slow", "--missing", "deactivate")


async def begin(shop):
    """Products to be updated, left unchanged and deactivated."""
    await shop.run(catalogue_file(400, version=1, first=100))
    await shop.connection.execute("TRUNCATE imports RESTART IDENTITY CASCADE")
    await shop.forget_events()


async def uninterrupted(server, tmp_path, content):
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(server.database())
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        folder = tmp_path / "uninterrupted"
        folder.mkdir()
        shop = Shop(url, folder, connection, stack)
        await begin(shop)
        command_line = CommandLine(folder, url)
        ended = await asyncio.to_thread(
            command_line.run, "import", shop.file(content), *OPTIONS, "--quiet", REHEARSAL_ROWS="40"
        )
        assert ended.code == 3, ended.stderr
        return await shop.outcome(1)


POINTS = {
    "mid-COPY": ("BEFORE INSERT", "products", "NEW.sku_key = 'sku-77'"),
    "mid-merge": ("BEFORE UPDATE", "products", "NEW.sku_key = 'sku-222'"),
    "before the events": ("BEFORE INSERT", "outbox", "NEW.type = 'product.updated'"),
    "before the checkpoint": ("BEFORE INSERT", "import_chunks", "NEW.first > 200"),
    "while deactivating": ("BEFORE UPDATE", "products", "OLD.active AND NOT NEW.active"),
    "before the end": ("BEFORE UPDATE", "imports", "NEW.status = 'completed'"),
}


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_a_point(shop, server, tmp_path, command_line, barrier, watch, point):
    content = catalogue_file(400, version=2)
    await begin(shop)
    await barrier.put(*POINTS[point])
    process = command_line.start("import", shop.file(content), *OPTIONS, REHEARSAL_ROWS="40")
    await barrier.reached()
    import_id = await watch.import_id()

    process.kill()
    process.communicate()
    await barrier.lift(POINTS[point][1])
    ended = await asyncio.to_thread(
        command_line.run, "import", "--resume", import_id, "--quiet", REHEARSAL_ROWS="40"
    )

    assert ended.code == 3, ended.stderr
    assert await shop.outcome(import_id) == await uninterrupted(server, tmp_path, content)


ROWS, FILE_ROWS, KILLS_EACH, TRIALS = 250, 12_000, 5, 10


@pytest.mark.slow
async def test_killed_at_fifty_random_points(server, tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    content = catalogue_file(FILE_ROWS, version=2)
    async with AsyncExitStack() as stack:
        begun = await stack.enter_async_context(server.database())
        connection = await asyncpg.connect(begun)
        (tmp_path / "begin").mkdir()
        shop = Shop(begun, tmp_path / "begin", connection, stack)
        async with AsyncExitStack() as opened:
            shop = Shop(begun, tmp_path / "begin", connection, opened)
            await shop.run(catalogue_file(FILE_ROWS, version=1, first=FILE_ROWS // 4))
            await connection.execute("TRUNCATE imports RESTART IDENTITY CASCADE; TRUNCATE outbox")
        await connection.close()
        template = begun.rpartition("/")[2].partition("?")[0]
        expected, _ = await trial(server, template, tmp_path / "whole", content, chance, kills=0)
        killed = 0
        for number in range(TRIALS):
            outcome, kills = await trial(
                server, template, tmp_path / str(number), content, chance, kills=KILLS_EACH
            )
            killed += kills
            assert outcome == expected, f"seed {seed}, trial {number}"
    print(f"killed {killed} times")
    assert killed >= TRIALS * KILLS_EACH * 0.8, "most kills hit a running import"


async def trial(server, template, folder, content, chance, *, kills):
    """The outcome of an import that is killed so often on its way, and how often that hit it alive."""
    folder.mkdir()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(server.database(template))
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        shop = Shop(url, folder, connection, stack)
        command_line = CommandLine(folder, url, REHEARSAL_ROWS=str(ROWS))
        stack.callback(command_line.close)
        arguments = ["import", shop.file(content), *OPTIONS, "--quiet"]
        hits = 0
        for number in range(kills):
            process = command_line.start(*arguments)
            await somewhere(connection, process, chance, number, kills)
            process.kill()
            await asyncio.to_thread(process.communicate)
            if await connection.fetchval("SELECT status FROM imports WHERE id = 1") == "completed":
                break
            hits += 1
            arguments = ["import", "--resume", "1", "--quiet"]
        else:
            ended = await asyncio.to_thread(wait_for, command_line.start(*arguments))
            assert ended.code == 3, ended.stderr
        return await shop.outcome(1), hits


async def somewhere(connection, process, chance, number, kills):
    """Waits until the process is somewhere on its way, mostly in the part of the chunks that is its turn."""
    chunk = 0
    if chance.random() < 0.7:
        chunk = int(FILE_ROWS / ROWS * (number + chance.random()) / kills)

    async def there():
        began, saved = await connection.fetchrow(
            "SELECT (SELECT max(lease_token) FROM imports), (SELECT count(*) FROM import_chunks)"
        )
        return process.poll() is not None or ((began or 0) > number and saved >= chunk)

    await until(there, "the import was on its way")
    await asyncio.sleep(chance.random() * 0.1)
