"""Imports that are run again, and compared with earlier ones."""

import pytest

from product_importer.errors import ConflictError, FileNotKept, IdempotencyConflict, ImportNotFound
from product_importer.model import ImportOptions, Once, Status
from product_importer.model.import_lists import Alike
from product_importer.model.resubmissions import CorrectedRow

GERMAN = "Artikel;Titel;Preis\n" + "".join(f"A-{n};Ding {n};{n},50\n" for n in range(1, 41))
USES = {"Artikel": "sku", "Titel": "name", "Preis": "price"}


@pytest.fixture
async def importer(shop):
    return await shop.importer()


async def run(importer, content, filename="list.csv", **options):
    report = await importer.run(content.encode(), ImportOptions(**options), filename=filename)
    assert report.status in (Status.COMPLETED, Status.PLANNED), report.state.message
    return report.state


async def again(importer, import_id, **given):
    new_id, new = await importer.imports.again(import_id, **given)
    assert new
    return (await importer.imports.start(new_id)).state


async def test_the_same_file_is_read_as_the_first_time(shop, importer):
    first = await run(importer, GERMAN, map=USES, missing="deactivate", decimal="comma")
    await shop.connection.execute("UPDATE products SET price = 1")

    second = await again(importer, first.id, actor="user:7")

    assert (second.counts.updated, second.counts.invalid, second.author) == (40, 0, "user:7")
    assert second.profile == first.profile
    assert (second.filename, second.bytes_total) == (first.filename, first.bytes_total)
    assert second.options.missing == "deactivate"
    assert await shop.connection.fetchval("SELECT price FROM products WHERE sku = 'A-7'") == 7.5
    third = await again(importer, second.id)
    assert third.counts.unchanged == 40


async def test_a_confirmed_number_counts_once(shop):
    importer = await shop.open(missing_share=5.0)
    await run(importer, GERMAN, map=USES)
    first = await run(importer, "sku,name\nA-1,Ding\n", missing="delete", confirm_missing=39)
    assert first.counts.removed == 39
    await run(importer, GERMAN, map=USES)

    second = await again(importer, first.id)

    assert (second.status, second.to_confirm) == (Status.PLANNED, 39)


async def test_a_preview_stays_a_preview(shop, importer):
    first = await run(importer, GERMAN, map=USES, dry_run=True)
    assert (await again(importer, first.id)).status is Status.PLANNED
    assert await shop.connection.fetchval("SELECT count(*) FROM products") == 0


async def test_a_kept_file_is_an_upload_again(shop, importer):
    first = await run(importer, GERMAN, map=USES)

    upload = await importer.imports.upload_again(first.id, actor="user:7")

    assert (upload.complete, upload.filename, upload.length) == (True, "list.csv", first.bytes_total)
    assert upload.author == "user:7"
    assert (await importer.imports.upload_again(first.id)).id == upload.id, "one upload is enough"
    options = ImportOptions(map={**USES, "Preis": "ignore"}, dry_run=True)
    planned, _ = await importer.imports.create_from_upload(upload.id, options)
    assert (await importer.imports.start(planned)).counts.unchanged == 40
    await importer.uploads.remove(upload.id)
    assert b"".join([block async for block in importer.imports.file(first.id)]) == GERMAN.encode()


async def test_an_upload_that_waits_is_found_again(importer):
    upload = await importer.uploads.receive("list.csv", blocks(GERMAN))
    number, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(map=USES, dry_run=True))
    await importer.imports.start(number)
    assert (await importer.imports.upload_again(number)).id == upload.id


async def blocks(text):
    yield text.encode()


async def test_what_can_not_be_run_again(shop, importer):
    with pytest.raises(ImportNotFound):
        await importer.imports.again(77)
    of_a_path = await importer.run(shop.file("sku,name\nA,Tea\n", "own.csv"))
    for repeat in (importer.imports.again, importer.imports.upload_again):
        with pytest.raises(FileNotKept, match="The file own.csv of import 1 isn't kept here"):
            await repeat(of_a_path.id)
    waiting = await importer.imports.create(b"sku,name\nA,Tea\n")
    with pytest.raises(ConflictError, match=f"Import {waiting} hasn't ended yet"):
        await importer.imports.again(waiting)


async def test_one_request_makes_one_import(importer):
    first = await run(importer, GERMAN, map=USES)
    made = [await importer.imports.again(first.id, once=Once("key", b"same")) for _ in range(2)]
    assert made == [(made[0][0], True), (made[0][0], False)]
    with pytest.raises(IdempotencyConflict):
        await importer.imports.again(first.id, once=Once("key", b"other"))


def figures(comparison):
    return {each.name: (each.before, each.value, each.unusual) for each in comparison.figures}


def products(count, header="sku,name,price", bad=0):
    good = "".join(f"S-{n},Thing {n},1\n" for n in range(count - bad))
    return f"{header}\n{good}" + "".join(f"B-{n},Bad {n},x\n" for n in range(bad))


async def test_numbers_and_columns_that_stand_out(importer):
    before = await run(importer, products(100), "stock-2026-03-01.csv")
    state = await run(importer, products(62, "sku,name,Weight", bad=0), "stock-2026-03-02.csv")

    found = await importer.imports.compare(state.id)

    assert (found.import_id, found.before, found.alike) == (state.id, before.id, Alike.FILENAME)
    assert found.unusual
    assert figures(found)["read"] == (100, 62, True)
    assert found.figures[0].change == -0.38
    assert (found.columns_added, found.columns_gone) == (("Weight",), ("price",))


async def test_a_few_more_rejected_rows_stand_out_where_few_more_unchanged_ones_do_not(importer):
    await run(importer, products(100), "a.csv")
    state = await run(importer, products(100, bad=6), "a.csv")

    found = await importer.imports.compare(state.id)

    assert figures(found)["invalid"] == (0, 6, True)
    assert figures(found)["read"] == (100, 100, False)
    assert "deleted" not in figures(found)


async def test_the_same_again_is_nothing_unusual(importer):
    await run(importer, products(100), "a.csv")
    await run(importer, products(100), "a.csv")
    state = await run(importer, products(101), "a.csv")

    found = await importer.imports.compare(state.id)

    assert not found.unusual
    assert figures(found) == {
        "read": (100, 101, False), "created": (0, 1, False), "unchanged": (100, 100, False)
    }  # fmt: skip


async def test_warnings_are_compared_by_their_codes(importer):
    await run(importer, products(100), "a.csv")
    state = await run(importer, products(100) + "S-1,Again,1\n" * 7, "a.csv")
    (warned,) = (await importer.imports.compare(state.id)).warnings
    assert (warned.name, warned.before, warned.value, warned.unusual) == ("duplicate_left_out", 0, 7, True)


async def test_the_profile_says_more_than_the_name_of_the_file(importer):
    await run(importer, products(10), "other.csv", profile_name="Supplier A")
    await run(importer, products(10), "a.csv", profile_name="Supplier B")
    state = await run(importer, products(10), "a.csv", profile_name="Supplier A")

    found = await importer.imports.compare(state.id)

    assert (found.before, found.alike) == (1, Alike.PROFILE)
    chosen = await importer.imports.compare(state.id, 2)
    assert (chosen.before, chosen.alike) == (2, Alike.CHOSEN)


async def test_an_import_from_a_url_is_compared_with_the_last_one_from_there(shop, importer):
    for number in range(3):
        await run(importer, products(10), f"{'abc'[number]}.csv")
    await shop.connection.execute("UPDATE imports SET origin = 'https://host.example/' WHERE id <> 2")
    found = await importer.imports.compare(3)
    assert (found.before, found.alike) == (1, Alike.URL)


async def test_nothing_to_compare_with(importer):
    first = await run(importer, products(10), "a.csv")
    assert await importer.imports.compare(first.id) is None
    with pytest.raises(ImportNotFound):
        await importer.imports.compare(first.id, 99)
    with pytest.raises(ImportNotFound):
        await importer.imports.compare(99)
    waiting = await importer.imports.create(b"sku,name\nA,Tea\n", filename="a.csv")
    with pytest.raises(ConflictError, match=f"Import {waiting} hasn't ended yet"):
        await importer.imports.compare(waiting)


async def test_what_has_no_file_of_its_own_is_not_compared(importer):
    first = await run(importer, products(10, bad=1), "stock.csv")
    rows = [CorrectedRow(10, ("B-0", "Bad 0", "1"))]
    corrected = (await importer.imports.start(await importer.imports.resubmit(first.id, rows))).state
    assert (corrected.kind, corrected.status) == ("resubmission", Status.COMPLETED)
    async with importer.connection() as connection:
        await connection.execute("UPDATE imports SET filename = 'stock.csv' WHERE id = $1", corrected.id)
    state = await run(importer, products(10), "stock.csv")

    assert (await importer.imports.compare(state.id)).before == first.id
    assert await importer.imports.compare(corrected.id) is None
