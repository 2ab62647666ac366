"""kill -9: the import is resumed and ends as if nothing had happened."""

import asyncio
import random
import shutil
from contextlib import AsyncExitStack, suppress
from urllib.parse import quote

import asyncpg
import psutil
import pytest

import rehearsal
from commandline import CommandLine
from commandline import ended as wait_for
from halfway import catalogue_file, released, until
from product_importer.embedded import EmbeddedPostgres
from product_importer.model import ImportOptions, Status
from servers import public_directory
from shop import Shop

OPTIONS = ("--parser", "small", "--duplicates", "slow", "--missing", "deactivate")


async def begin(shop):
    """Products to be updated, left unchanged and deactivated."""
    await shop.run(catalogue_file(400, version=1, first=100))
    await shop.connection.execute("TRUNCATE imports RESTART IDENTITY CASCADE")
    await shop.forget_events()


async def rehearsal_importer(shop, monkeypatch):
    """The importer that the command has, in this process."""
    monkeypatch.setenv("REHEARSAL_ROWS", "40")
    return await shop.open(rehearsal)


POINTS = {
    "mid-COPY": ("BEFORE INSERT", "products", "NEW.sku_key = 'sku-77'"),
    "mid-merge": ("BEFORE UPDATE", "products", "NEW.sku_key = 'sku-222'"),
    "before the events": ("BEFORE INSERT", "outbox", "NEW.type = 'product.updated'"),
    "before the checkpoint": ("BEFORE INSERT", "import_chunks", "NEW.first > 200"),
    "while deactivating": ("BEFORE UPDATE", "products", "OLD.active AND NOT NEW.active"),
    "before the end": ("BEFORE UPDATE", "imports", "NEW.status = 'completed'"),
}


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_a_point(shop, command_line, barrier, watch, monkeypatch, point):
    importer = await rehearsal_importer(shop, monkeypatch)
    path = shop.file(catalogue_file(400, version=2))
    await begin(shop)
    whole = await importer.run(path, ImportOptions(parser="small", duplicates="slow", missing="deactivate"))
    assert whole.status is Status.COMPLETED
    expected = await shop.outcome(whole.id)
    await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
    await begin(shop)
    await barrier.put(*POINTS[point])
    process = command_line.start("import", path, *OPTIONS, REHEARSAL_ROWS="40")
    await barrier.reached()
    import_id = await watch.import_id()

    process.kill()
    process.communicate()
    await barrier.lift(POINTS[point][1])
    await released(importer, import_id)
    report = await importer.imports.resume(import_id)

    assert report.status is Status.COMPLETED
    assert await shop.outcome(import_id) == expected


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.parametrize("point", ["mid-COPY", "mid-merge", "while deactivating", "before the end"])
async def test_a_plan_is_killed_while_it_is_applied(
    shop, command_line, barrier, watch, monkeypatch, point, atomic
):
    importer = await rehearsal_importer(shop, monkeypatch)
    options = ImportOptions(parser="small", duplicates="slow", missing="deactivate", dry_run=True)
    path = shop.file(catalogue_file(400, version=2))

    async def planned():
        await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
        await begin(shop)
        return (await importer.run(path, options)).id

    import_id = await planned()
    await importer.imports.apply(import_id)
    whole = await importer.imports.start(import_id)
    assert whole.status is Status.COMPLETED, whole.state.message
    expected = await shop.outcome(import_id)
    assert await planned() == import_id
    await barrier.put(*POINTS[point])
    process = command_line.start("apply", str(import_id), *(("--atomic",) if atomic else ()))
    await barrier.reached()

    process.kill()
    process.communicate()
    await barrier.lift(POINTS[point][1])
    await released(importer, import_id)
    report = await importer.imports.resume(import_id)

    assert report.status is Status.COMPLETED, report.state.message
    assert report.counts == whole.counts
    assert await shop.outcome(import_id) == expected


def prices(rows):
    """A file without names, of which every seventh SKU is unknown; with a duplicate and a blank row."""
    lines = [f"{'NEW' if n % 7 == 3 else 'SKU'}-{n},{n}.9" for n in range(rows)]
    return "\n".join(["sku,price", *lines, "sku-5,1", "", "NEW-3,1"]) + "\n"


@pytest.mark.parametrize(
    ("mode", "point"),
    [("merge", "mid-merge"), ("merge", "before the checkpoint"), ("update", "mid-merge")],
)
async def test_a_file_of_prices_that_is_killed_counts_and_rejects_each_row_once(
    shop, command_line, barrier, watch, monkeypatch, mode, point
):
    importer = await rehearsal_importer(shop, monkeypatch)
    path = shop.file(prices(400))
    await shop.run(catalogue_file(400, version=1))
    await shop.connection.execute("TRUNCATE imports RESTART IDENTITY CASCADE")
    await shop.forget_events()
    await barrier.put(*POINTS[point])
    process = command_line.start("import", path, "--parser", "small", "--mode", mode, REHEARSAL_ROWS="40")
    await barrier.reached()
    import_id = await watch.import_id()

    process.kill()
    process.communicate()
    await barrier.lift(POINTS[point][1])
    await released(importer, import_id)
    report = await importer.imports.resume(import_id)

    assert report.status is Status.COMPLETED
    unknown = sum(n % 7 == 3 for n in range(400))
    assert (report.read, report.updated, report.duplicate) == (402 + 1, 400 - unknown, 2)
    left = {"invalid": unknown} if mode == "merge" else {"skipped": unknown}
    assert (report.invalid, report.skipped) == (left.get("invalid", 0), left.get("skipped", 0) + 1)
    if mode == "merge":
        rejected = [row async for row in importer.imports.rejects(import_id)]
        assert [row.code for row in rejected] == ["name_missing"] * unknown
        assert [row.line for row in rejected if row.cells[0] == "NEW-10"] == [12]
        assert all(row.cells[0].startswith("NEW") for row in rejected)
    else:
        listed = [row async for _, row in importer.imports.warnings(import_id, code="unknown_sku")]
        assert report.warnings["unknown_sku"] == len(listed) == len({row.line for row in listed}) == unknown


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
            await connection.execute("TRUNCATE imports RESTART IDENTITY CASCADE; TRUNCATE outbox CASCADE")
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


@pytest.mark.slow
async def test_the_embedded_server_dies_with_the_import(tmp_path):
    """kill -9 of the command, of its server's keeper and of the server, all at once: a power failure."""
    home = public_directory()
    try:
        expected = await embedded_trial(tmp_path / "whole", home / "whole", kills=0)
        assert await embedded_trial(tmp_path / "killed", home / "killed", kills=4) == expected
    finally:
        shutil.rmtree(home)


async def embedded_trial(folder, data_dir, *, kills):
    folder.mkdir()
    environment = {"REHEARSAL_ROWS": "100", "PRODUCT_IMPORTER_DATA_DIR": str(data_dir)}
    command_line = CommandLine(folder, None, **environment)
    path = folder / "products.csv"
    path.write_text(catalogue_file(4_000, version=1))
    arguments = ["import", path, *OPTIONS, "--quiet"]
    for kill in range(kills):
        process = command_line.start(*arguments, REHEARSAL_SAVE="0.05")
        url = await embedded_url(data_dir)
        connection = await asyncpg.connect(url)

        async def saved(connection=connection, wanted=6 * (kill + 1)):
            exists = await connection.fetchval("SELECT to_regclass('import_chunks') IS NOT NULL")
            return exists and await connection.fetchval("SELECT count(*) FROM import_chunks") >= wanted

        await until(saved, "the import was on its way")
        for each in (process, *processes_of(data_dir)):
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                each.kill()
        await asyncio.to_thread(process.communicate)
        connection.terminate()
        arguments = ["import", "--resume", "1", "--quiet"]
    end = await asyncio.to_thread(wait_for, command_line.start(*arguments))
    assert end.code == 3, end.stderr
    async with EmbeddedPostgres.open(data_dir) as postgres, AsyncExitStack() as stack:
        connection = await asyncpg.connect(postgres.dsn)
        stack.push_async_callback(connection.close)
        return await Shop(postgres.dsn, folder, connection, stack).outcome(1)


async def embedded_url(data_dir):
    """How to reach the server that a command has started there, without joining its users."""
    sockets = data_dir / "postgres" / "run"
    url = f"postgresql:///product_importer?host={quote(str(sockets), safe='')}&user=product_importer"

    async def answers():
        try:
            await (await asyncpg.connect(url)).close()
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    await until(answers, "the embedded server answered")
    return url


def processes_of(data_dir):
    """The embedded server's, and its keeper."""
    place = str(data_dir / "postgres")
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd().startswith(place) or place in " ".join(process.cmdline()):
                found.append(process)
    return found
