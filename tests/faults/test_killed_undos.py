"""kill -9 while a plan is applied, or an undo is planned or applied: it ends as if nothing had happened."""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from commandline import CommandLine
from halfway import catalogue_file, released, until
from product_importer.fields import NAMES
from product_importer.model import ImportOptions, Status
from shop import Shop

KNOWN = f"SELECT id, created_at, created_by_import, {', '.join(NAMES)} FROM products ORDER BY id"

POINTS = {
    "planning": ("BEFORE INSERT", "plan_chunks", "NEW.first > 100"),
    "mid-update": ("BEFORE UPDATE", "products", "NEW.sku_key = 'sku-222'"),
    "before the end": ("BEFORE UPDATE", "imports", "NEW.status = 'completed'"),
}


@pytest.mark.parametrize("point", POINTS)
async def test_an_undo_is_killed(shop, command_line, barrier, point):
    await shop.run(catalogue_file(400, version=1, first=100))
    before = [tuple(row) for row in await shop.connection.fetch(KNOWN)]
    importer = await shop.importer()
    options = ImportOptions(parser="tiny", missing="deactivate")
    first = await importer.run(shop.file(catalogue_file(400, version=2)), options)
    assert first.status is Status.COMPLETED, first.state.message
    await barrier.put(*POINTS[point])
    process = command_line.start("undo", str(first.id), "--yes")
    await barrier.reached()

    process.kill()
    process.communicate()
    await barrier.lift(POINTS[point][1])
    undo = first.id + 1
    await released(importer, undo)
    report = await importer.imports.resume(undo)
    if report.status is Status.PLANNED:
        await importer.imports.apply(undo)
        report = await importer.imports.start(undo)

    assert report.status is Status.COMPLETED, report.state.message
    assert [tuple(row) for row in await shop.connection.fetch(KNOWN)] == before
    assert (await importer.imports.state(first.id)).status is Status.UNDONE
    assert report.counts.read == first.created + first.updated + first.counts.deactivated


ROWS = 120
COMPLETED, PLANNED, UNDO = 2, 3, 4
"""The imports of the catalogue that is killed again and again, by their ids."""

ACTS = {
    "apply": (PLANNED, ("apply", PLANNED, "--quiet")),
    "apply at once": (PLANNED, ("apply", PLANNED, "--atomic", "--quiet")),
    "undo": (UNDO, ("undo", COMPLETED, "--yes", "--quiet")),
}


@pytest.mark.parametrize(
    "points", [pytest.param(4, id="a few"), pytest.param(50, marks=pytest.mark.slow, id="many")]
)
async def test_killed_at_random_points(server, tmp_path, points):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        template = await prepared(server, tmp_path / "begin", stack)
        expected, hits = {}, 0
        for number in range(points):
            act = [*ACTS][number % len(ACTS)]
            if act not in expected:
                expected[act], _ = await trial(server, template, tmp_path / act, act, None)
            outcome, hit = await trial(server, template, tmp_path / str(number), act, chance)
            assert outcome == expected[act], f"seed {seed}, point {number}: {act}"
            hits += hit
    print(f"{hits} of {points} kills met the command on its way")
    assert hits >= points // 2


async def prepared(server, folder, stack):
    """The name of a database with a completed import and a planned one, both with chunks of a few rows."""
    folder.mkdir()
    url = await stack.enter_async_context(server.database())
    async with Shop.at(url, folder) as shop:
        await shop.run(catalogue_file(ROWS, version=1, first=ROWS // 4))
        importer = await shop.importer()
        options = ImportOptions(parser="tiny", missing="deactivate")
        report = await importer.run(shop.file(catalogue_file(ROWS, version=2)), options)
        assert (report.id, report.status) == (COMPLETED, Status.COMPLETED)
        options = ImportOptions(parser="tiny", missing="delete", dry_run=True)
        report = await importer.run(shop.file(catalogue_file(ROWS, version=3, first=ROWS // 2)), options)
        assert (report.id, report.status) == (PLANNED, Status.PLANNED)
        await shop.forget_events()
    return url.rpartition("/")[2].partition("?")[0]


async def trial(server, template, folder, act, chance):
    """What the act leaves behind, and whether a kill on the way met it alive. ``chance`` None: no kill."""
    folder.mkdir()
    import_id = ACTS[act][0]
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(server.database(template))
        shop = await stack.enter_async_context(Shop.at(url, folder))
        importer = await shop.importer()
        hit = False
        if chance is not None:
            await killed(shop, CommandLine(folder, url), act, chance)
            state = await importer.imports.state(import_id)
            hit = state.status in (Status.QUEUED, Status.RUNNING)
            if hit:
                await released(importer, import_id)
                await importer.imports.resume(import_id)
        elif act == "undo":
            await importer.imports.start(await importer.imports.undo(COMPLETED))
        if (await importer.imports.state(import_id)).status is Status.PLANNED:
            await importer.imports.apply(import_id, atomic=act == "apply at once")
            await importer.imports.start(import_id)
        state = await importer.imports.state(import_id)
        assert state.status is Status.COMPLETED, state.message
        undone = await importer.imports.state(COMPLETED)
        products = await shop.connection.fetch(KNOWN) if act == "undo" else None
        return (await shop.outcome(import_id), state.counts, undone.status, products), hit


async def killed(shop, command_line, act, chance):
    """Runs the command, and kills it once it has planned or applied a random share of all chunks."""
    import_id, arguments = ACTS[act]
    share = chance.random()
    process = command_line.start(*arguments)

    async def there():
        done = await shop.connection.fetchval(PROGRESS, import_id, COMPLETED)
        return process.poll() is not None or (done is not None and (done >= share or act == "apply at once"))

    await until(there, "the command was on its way")
    await asyncio.sleep(chance.random() * (0.02 if act != "apply at once" else 0.3))
    process.kill()
    await asyncio.to_thread(process.communicate)
    command_line.close()


PROGRESS = """
SELECT CASE
    WHEN i.kind = 'undo' THEN (count(c.first) + count(c.first) FILTER (WHERE NOT c.planned)) / (
        2.0 * (SELECT count(*) FROM change_sets WHERE import_id = $2)
    )
    WHEN i.lease_token > 1 THEN count(*) FILTER (WHERE NOT c.planned) / count(*)::float8
END
FROM imports AS i
LEFT JOIN import_chunks AS c ON c.import_id = i.id
WHERE i.id = $1
GROUP BY i.id
"""
"""The share of an import's chunks that are applied, or of an undo's also planned; null before the start."""
