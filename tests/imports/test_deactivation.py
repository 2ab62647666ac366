"""Products that the file lacks go off sale, but for those that somebody is at."""

import asyncio

import asyncpg
import pytest

from halfway import until
from product_importer.model import ImportOptions, Status

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


async def test_a_product_that_is_edited_meanwhile_stays(shop):
    await shop.run("sku,name\nA,Tea\nB,Cup\nC,Pot\n")
    importer = await shop.importer()
    editor = await asyncpg.connect(shop.url)
    try:
        edit = editor.transaction()
        await edit.start()
        await editor.execute("UPDATE products SET name = 'Mug', version = version + 1 WHERE sku_key = 'b'")
        options = ImportOptions(missing="deactivate")
        running = asyncio.create_task(importer.run(shop.file("sku,name\nA,Tea\n"), options))

        async def blocked():
            return await shop.connection.fetchval(WAITING) > 0

        await until(blocked, "the import waited for the edit")
        await edit.commit()
        report = await running
    finally:
        await editor.close()

    assert (report.status, report.deactivated) == (Status.COMPLETED, 1)
    products = await shop.products()
    assert {key: product["active"] for key, product in products.items()} == {"a": True, "b": True, "c": False}
    assert products["b"]["name"] == "Mug"


async def test_an_import_that_was_cancelled_after_its_process_had_gone_goes_no_further(shop):
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file("sku,name\nA,Tea\n"))
    await shop.connection.execute(
        "UPDATE imports SET status = 'running', phase = 'reading', lease_token = 1, attempts = 1,"
        " started_at = now(), lease_started_at = now(), cancel_requested_at = now() WHERE id = $1",
        import_id,
    )

    report = await importer.imports.start(import_id)

    assert report.status is Status.CANCELLED
    assert await shop.products() == {}


async def shop_of(shop, *skus):
    await shop.run("sku,name\n" + "".join(f"{sku},N\n" for sku in skus))


async def active(shop):
    return sorted(key for key, product in (await shop.products()).items() if product["active"])


@pytest.mark.parametrize("parser", ["csv", "tiny"])
@pytest.mark.parametrize("written", ["'0017", '"=""0017"""', "00\N{ZERO WIDTH SPACE}17", " 0017 "])
async def test_a_malformed_rows_sku_is_read_as_on_good_rows(shop, written, parser):
    await shop_of(shop, "0017", "gone")
    report = await shop.run(
        f"sku,name\nnew,Cup\n{written},Lamp, red\nsku,name\n", missing="deactivate", parser=parser
    )
    assert (report.status, report.deactivated) == (Status.COMPLETED, 1)
    assert await active(shop) == ["0017", "new"]


UNKNOWN = {
    "swallowed": ('sku,name,price\nnew,Cup,1\nB,"24"",2\nC,"Pot",3\n', "text_after_quote 1"),
    "broken": ("sku,name,price\nnew,Cup,1\nA,Cup\nsmall,2\n", "too_few_cells 2"),
    "shortened": ("sku,name\nnew,Cup\n4.00638E+12,Tea\n", "scientific_notation 1"),
    "error": ("sku,name\nnew,Cup\n#N/A,Tea\n,Tea\n#N/A,Tea\n", "spreadsheet_error 2, sku_missing 1"),
    "shifted": ("name,sku\nCup,new\nLamp, red,A\n", "too_many_cells 1"),
    "shortened and long": ("sku,name\nnew,Cup\n4.00638E+12,Tea,red\n", "too_many_cells 1"),
    "nul": ("sku,name\nnew,Cup\n\0A,Tea\n", "nul_character 1"),
}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("case", UNKNOWN)
async def test_nothing_is_deactivated_where_a_rejected_row_may_be_any_product(shop, case, dry_run):
    await shop_of(shop, "A", "B", "C")
    content, told = UNKNOWN[case]
    report = await shop.run(content, missing="deactivate", dry_run=dry_run)
    assert (report.status, report.deactivated) == (Status.FAILED, 0)
    assert f"({told})" in report.state.message
    assert report.created == 1
    assert await active(shop) == ["a", "b", "c", *([] if dry_run else ["new"])]
