"""Exports of shops, from the file to the products."""

import asyncio
import threading

import pytest

from product_importer import hookimpl
from product_importer.delimited.rejects_file import rejects_csv
from product_importer.errors import ImportInterrupted
from product_importer.model import ImportOptions
from product_importer.model.transforms import ByPlugin

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Published,Option1 Name,Option1 Value,"
    "Variant SKU,Variant Price,Image Src\n"
)


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
async def importer(shop):
    return await shop.importer()


def shopify(products, variants=2):
    """Each product with its variants, the first of which has the texts, and a row for a second image."""
    lines = [HEADER]
    for number in range(products):
        for variant in range(variants):
            texts = f"Product {number},<p>{number}</p>,Acme,true,Size" if not variant else ",,,,"
            lines.append(f"p{number},{texts},{variant},P{number}-{variant},{number}.50,\n")
        lines.append(f"p{number},,,,,,,,,https://img.test/{number}.jpg\n")
    return "".join(lines)


@pytest.mark.parametrize("parser", ["tiny", pytest.param("csv", marks=pytest.mark.whole)])
async def test_variants_take_their_products_texts_wherever_batches_end(shop, parser):
    report = await shop.run(shopify(40), parser=parser)
    found = await shop.products()

    assert (report.created, report.invalid, report.skipped) == (80, 0, 40)
    assert {found[f"p{n}-1"]["name"] for n in range(40)} == {f"Product {n}" for n in range(40)}
    assert found["p7-1"]["description"] == "<p>7</p>"
    assert found["p7-1"]["attributes"]["Vendor"] == "Acme"
    assert report.warnings == {"read_as_shop": 1, "image_row": 40}
    again = await shop.run(shopify(40), parser=parser)
    assert again.unchanged == 80


@pytest.mark.whole
async def test_an_import_that_is_resumed_fills_in_the_same_way(importer, shop):
    stop = asyncio.Event()
    options = ImportOptions(parser="tiny")
    import_id = await importer.imports.create(shop.file(shopify(1000)), options)
    with pytest.raises(ImportInterrupted):
        await importer.imports.start(
            import_id, lambda state: stop.set() if state.counts.read else None, stop=stop
        )
    saved = len(await shop.products())
    report = await importer.imports.resume(import_id)

    assert 0 < saved < 2000
    assert (report.created, report.invalid, report.skipped) == (2000, 0, 1000)
    names = {key: product["name"] for key, product in (await shop.products()).items()}
    assert names == {f"p{n}-{variant}": f"Product {n}" for n in range(1000) for variant in (0, 1)}


async def test_left_out_rows_are_listed_with_their_lines(shop):
    report = await shop.run(shopify(2))
    listed = [(row.line, row.code) for row in report.warned if row.line is not None]
    assert listed == [(4, "image_row"), (7, "image_row")]


async def test_they_are_no_damage(shop):
    report = await shop.run(shopify(2), on_warning="abort")
    assert report.created == 4


async def test_a_shop_that_keeps_no_skus_is_asked_about_and_one_answer_imports_all(importer, shop):
    text = HEADER + "mug,Mug,,,true,Title,Default Title,,5,\ncap,Cap,,,true,Size,S,,6,\ncap,,,,,,M,,7,\n"
    report = await shop.run(text)
    assert report.status == "waiting"
    (question,) = report.state.questions
    await importer.imports.answer(report.id, question.given(question.answers[0].value))
    report = await importer.imports.start(report.id)

    found = await shop.products()
    assert {key: product["name"] for key, product in found.items()} == {
        "mug": "Mug",
        "cap-s": "Cap",
        "cap-m": "Cap",
    }
    assert report.invalid == 0


async def test_without_the_profile_the_file_is_read_as_any_other(shop):
    report = await shop.run(shopify(1), shop="none")
    assert (report.created, report.invalid) == (1, 2)
    assert "read_as_shop" not in report.warnings


async def test_rejected_rows_are_read_in_the_same_way_when_they_come_back(importer, shop):
    text = shopify(2).replace("P1-1,1.50", "P1-1,dear")
    report = await shop.run(text)
    assert report.invalid == 1
    rows = [row async for row in importer.imports.rejects(report.id)]
    cells = dict(zip(report.state.header, rows[0].cells, strict=True))
    assert cells["Title"] == "Product 1"  # the row can be understood without the product's other rows

    rejects = "".join([page async for page in rejects_csv(report.state, importer.imports.rejects(report.id))])
    again = await shop.run(rejects.replace("dear", "2.50"))
    assert (again.created, again.invalid) == (1, 0)
    assert (await shop.product("p1-1"))["name"] == "Product 1"


async def test_the_preview_shows_the_rows_as_they_will_be(importer):
    preview = await importer.imports.preview(shopify(1).encode(), complete=True)
    titles = [row.cells[1] for row in preview.rows]
    assert (titles, preview.mapping["Variant SKU"]) == (["Product 0", "Product 0"], "sku")


async def test_prices_in_a_second_currency_never_replace_the_first(shop):
    text = (
        "slug,sku,name,price,compare_at_price,currency,status\n"
        "fan,FAN,Fan,10,0,USD,active\nfan,FAN-B,,12,0,USD,\nfan,FAN-B,,99,,EUR,\n"
    )
    report = await shop.run(text)
    assert report.warnings["currency_row"] == 1
    assert str((await shop.product("fan-b"))["price"]) == "12.0000"


class Hanging:
    """A plugin whose transform never gives an answer until the test ends."""

    name = "hanging"

    def __init__(self):
        self.header = ("sku", "name")
        self.over = threading.Event()

    def start(self, header, options):
        return self

    def apply(self, batch):
        self.over.wait(60)
        return batch

    @hookimpl
    def product_importer_transforms(self):
        return [self]


async def test_a_transform_that_hangs_is_named(shop):
    hanging = Hanging()
    importer = await shop.open(hanging, plugin_timeout=0.2)
    options = ImportOptions(transforms=(ByPlugin(name="hanging"),))
    try:
        report = await importer.run(shop.file("sku,name\nA,Tea\n"), options)
    finally:
        hanging.over.set()
    assert report.status == "failed"
    assert "transform 'hanging'" in report.state.message
    assert "gave no answer on records 1–1" in report.state.message
