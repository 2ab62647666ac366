"""Products that the file lacks go off sale, but for those that somebody is at."""

import asyncio
import dataclasses

import asyncpg
import pytest

from halfway import until
from product_importer import hookimpl
from product_importer.imports.running import saved_so_far
from product_importer.model import ImportOptions, Status
from product_importer.model.transforms import ByPlugin, LeaveOut, Replace
from product_importer.ports import LeftOut

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


@pytest.mark.parametrize("parser", ["csv", pytest.param("tiny", marks=pytest.mark.whole)])
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


@pytest.mark.parametrize("dry_run", [False, pytest.param(True, marks=pytest.mark.whole)])
@pytest.mark.parametrize("case", UNKNOWN)
async def test_nothing_is_deactivated_where_a_rejected_row_may_be_any_product(shop, case, dry_run):
    await shop_of(shop, "A", "B", "C")
    content, told = UNKNOWN[case]
    report = await shop.run(content, missing="deactivate", dry_run=dry_run)
    assert (report.status, report.deactivated) == (Status.FAILED, 0)
    assert f"({told})" in report.state.message
    assert report.created == 1
    assert await active(shop) == ["a", "b", "c", *([] if dry_run else ["new"])]


PREFIXED = Replace(columns=("code",), old="ART-")


@pytest.mark.parametrize("missing", ["deactivate", "delete"])
async def test_nothing_goes_where_a_malformed_rows_sku_would_be_changed_by_a_transform(shop, missing):
    await shop_of(shop, "1", "2")
    report = await shop.run(
        "code,name\nART-1,Tea\nART-2,Cup, red\n",
        missing=missing,
        map={"code": "sku"},
        transforms=(PREFIXED,),
    )
    assert (report.status, report.deactivated, report.counts.deleted) == (Status.FAILED, 0, 0)
    assert "(too_many_cells 1)" in report.state.message
    assert await active(shop) == ["1", "2"]


async def test_a_transform_of_other_columns_leaves_malformed_rows_their_skus(shop):
    await shop_of(shop, "1", "2", "3")
    names = Replace(columns=("name",), old="ART-")
    report = await shop.run(
        "sku,name\n1,Tea\n2,Cup, red\n", missing="deactivate", transforms=(names, LEAVE_OUT)
    )
    assert (report.status, report.deactivated) == (Status.COMPLETED, 1)
    assert await active(shop) == ["1", "2"]


LEAVE_OUT = LeaveOut(code="row_left_out", message="It is no product.", holds={"name": ("none",)})


@pytest.mark.parametrize("steps", [(PREFIXED, LEAVE_OUT), (LEAVE_OUT, PREFIXED)])
async def test_products_whose_rows_are_left_out_are_not_lacking(shop, steps):
    await shop_of(shop, "1", "2", "3")
    report = await shop.run(
        "code,name\nART-1,Tea\nART-2,none\n", missing="delete", map={"code": "sku"}, transforms=steps
    )
    assert report.status is Status.COMPLETED
    assert sorted(await shop.products()) == ["1", "2"]


async def test_a_product_of_another_store_view_only_is_not_lacking(shop):
    await shop_of(shop, "A", "B", "C")
    report = await shop.run(
        "sku,store_view_code,attribute_set_code,product_type,name,product_websites\n"
        "A,,Default,simple,Tea,base\nB,de,Default,simple,Becher,base\n",
        missing="delete",
    )
    assert report.status is Status.COMPLETED
    assert report.warnings["store_view_row"] == 1
    assert sorted(await shop.products()) == ["a", "b"]


class Leaving:
    """A plugin whose transform leaves out the first row of each batch."""

    name = "leaving"
    header = ("sku", "name")

    def start(self, header, options):
        return self

    def apply(self, batch):
        left = LeftOut(batch.lines[0].as_py(), batch.records[0].as_py(), "It is no product.")
        return dataclasses.replace(
            batch,
            cells=batch.cells.slice(1),
            lines=batch.lines.slice(1),
            records=batch.records.slice(1),
            left_out=(*batch.left_out, left),
        )

    @hookimpl
    def product_importer_transforms(self):
        return [self]


async def test_a_product_whose_row_a_plugin_leaves_out_is_not_lacking(shop):
    await shop_of(shop, "A", "B", "C")
    importer = await shop.open(Leaving())
    options = ImportOptions(missing="delete", transforms=(ByPlugin(name="leaving"),))
    report = await importer.run(shop.file("sku,name\nA,Tea\nB,Cup\n"), options)
    assert report.status is Status.COMPLETED
    assert sorted(await shop.products()) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        ("sku\nA\n", {"mode": "delete"}, "Saved so far: 1 deleted; resume"),
        ("sku,name\nA,N\n", {"missing": "delete"}, "Saved so far: 2 deleted; resume"),
        ("sku,name\nA,Tea\n", {"missing": "deactivate"}, "Saved so far: 1 products, 2 deactivated; resume"),
        ("sku,name\nA,Tea\n", {"missing": "delete", "dry_run": True}, "Nothing was changed."),
    ],
)
async def test_an_import_that_is_cancelled_names_what_is_gone(shop, content, options, told):
    await shop_of(shop, "A", "B", "C")
    report = await shop.run(content, **options)
    assert saved_so_far("Cancelled.", report.state).startswith(f"Cancelled. {told}")
