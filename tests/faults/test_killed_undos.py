"""kill -9 while an undo is planned or applied: it is resumed and ends as if nothing had happened."""

import pytest

from halfway import catalogue_file
from product_importer.fields import NAMES
from product_importer.model import ImportOptions, Status

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
    report = await importer.imports.resume(undo)
    if report.status is Status.PLANNED:
        await importer.imports.apply(undo)
        report = await importer.imports.start(undo)

    assert report.status is Status.COMPLETED, report.state.message
    assert [tuple(row) for row in await shop.connection.fetch(KNOWN)] == before
    assert (await importer.imports.state(first.id)).status is Status.UNDONE
    assert report.counts.read == first.created + first.updated + first.counts.deactivated
