"""kill -9 while corrected rows are resubmitted: each still counts once, in both imports."""

import pytest

import rehearsal
from product_importer.model import Status

POINTS = {
    "mid-COPY": ("BEFORE INSERT", "products", "NEW.sku_key = 's-222'"),
    "while rows leave the rejected ones": ("AFTER DELETE", "import_rejects", "OLD.record = 223"),
    "before the ledger moves": ("BEFORE INSERT", "import_chunks", "NEW.phase = 'resubmitted'"),
    "before a later checkpoint": ("BEFORE INSERT", "import_chunks", "NEW.first > 200"),
    "before the end": ("BEFORE UPDATE", "imports", "NEW.status = 'completed'"),
}
ENVIRONMENT = {"REHEARSAL_ROWS": "40", "PRODUCT_IMPORTER_PARSER": "small"}


async def begin(shop, importer):
    """An import with 400 rejected rows; returns the path of the file in which most are corrected."""
    rows = "".join(f"S-{number},Tea,{number}x\n" for number in range(400))
    first = await importer.run(shop.file("sku,name,price\nA,Tea,1\n" + rows))
    path = shop.folder / "corrected.csv"
    pieces = [piece async for piece in importer.imports.rejects_file(first.id)]
    lines = b"".join(pieces).decode().splitlines()
    corrected = [line if "33x," in line else line.replace("x,", ",", 1) for line in lines]
    path.write_text("\n".join([*corrected, corrected[7], ""]))  # one row is there twice
    return path


async def outcomes(shop, report):
    assert report.status is Status.COMPLETED
    assert (report.created, report.invalid, report.skipped) == (396, 4, 1)
    of_both = [await shop.outcome(number) for number in (1, 2)]
    return [{**each, "products": [tuple(row) for row in each["products"]]} for each in of_both]


@pytest.mark.parametrize("point", POINTS)
async def test_killed_while_rows_are_resubmitted(shop, command_line, barrier, monkeypatch, point):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    importer = await shop.open(rehearsal)
    path = await begin(shop, importer)
    upload = await importer.uploads.receive(path.name, blocks(path))
    number = await importer.imports.resubmit_upload(1, upload.id)
    expected = await outcomes(shop, await importer.imports.start(number))
    await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
    path = await begin(shop, importer)
    await barrier.put(*POINTS[point])
    process = command_line.start("resubmit", 1, path, **ENVIRONMENT)
    await barrier.reached()

    process.kill()
    process.communicate()
    await barrier.lift(POINTS[point][1])
    report = await importer.imports.resume(2)

    assert await outcomes(shop, report) == expected
    first = await importer.imports.report(1)
    assert first.counts.balanced
    assert (first.read, first.created, first.invalid, first.skipped) == (401, 397, 4, 0)


async def blocks(path):
    yield path.read_bytes()
