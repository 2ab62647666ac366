"""Whole imports of JSON files."""

import json
from decimal import Decimal

import pytest

import product_importer_jsonlines
from product_importer import ImportOptions
from product_importer.testing import FORMAT_ROWS, check_format, temporary_importer


def write(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_jsonlines) as importer:
        yield importer


async def test_the_format_from_the_file_to_the_table_and_back(tmp_path):
    path = tmp_path / "products.jsonl"
    write(path, FORMAT_ROWS)
    await check_format(product_importer_jsonlines, path, write)


@pytest.mark.parametrize(
    ("cell", "invalid", "price"), [('"price": ""', 0, None), ('"stock": 1', 1, Decimal("4.5"))]
)
async def test_a_missing_cell_never_clears_a_value(importer, tmp_path, cell, invalid, price):
    path = tmp_path / "products.jsonl"
    path.write_text('{"sku": "A1", "name": "Tea", "price": 4.5, "stock": 1}')
    await importer.run(path)
    others = '{"sku": "A2", "name": "Cup", "price": 1, "stock": 1}'
    path.write_text(f'{others}\n{{"sku": "A1", "name": "Tea", "stock": 1, {cell}}}')

    report = await importer.run(path, ImportOptions(blank="clear"))

    assert (report.invalid, (await importer.catalogue.by_sku("A1")).price) == (invalid, price)


async def test_several_arrays_lead_to_a_question(importer, tmp_path):
    path = tmp_path / "shop.json"
    path.write_text(
        json.dumps({"errors": [], "products": FORMAT_ROWS, "variants": [{"sku": "B", "name": "Bag"}]})
    )

    (question,) = (await importer.run(path)).state.questions
    assert (question.option, question.key) == ("reading", "path")
    assert [answer.value for answer in question.answers] == ["products", "variants"]

    report = await importer.run(path, ImportOptions(reading={"path": "variants"}))
    assert report.created == 1


@pytest.mark.parametrize("last", [False, True])
async def test_a_product_with_its_variants_leads_to_a_question(importer, tmp_path, last):
    path = tmp_path / "shirt.json"
    variants = {"variants": [{"sku": "SHIRT-S", "name": "Shirt S"}, {"sku": "SHIRT-M", "name": "Shirt M"}]}
    product = {"SKU": "SHIRT", "name": "Shirt", "price": 20}
    path.write_text(json.dumps({**variants, **product} if last else {**product, **variants}, indent=2))

    (question,) = (await importer.run(path)).state.questions
    assert [(answer.value, answer.words) for answer in question.answers] == [
        ("the whole object", "Products in 'the whole object', 1 row"),
        ("variants", "Products in 'variants', 2 rows"),
    ]

    report = await importer.run(path, ImportOptions(reading={"path": "variants"}))
    assert report.created == 2
    report = await importer.run(path, ImportOptions(reading={"path": "the whole object"}))
    assert report.created == 1
    assert (
        json.loads((await importer.catalogue.by_sku("SHIRT")).attributes["variants"]) == variants["variants"]
    )


async def test_a_product_with_an_empty_array_is_read_as_a_product(importer, tmp_path):
    path = tmp_path / "shirt.json"
    path.write_text(json.dumps({"sku": "SHIRT", "name": "Shirt", "variants": []}, indent=2))
    assert (await importer.run(path)).created == 1


async def test_names_around_an_array_that_are_no_sku_are_passed_over(importer, tmp_path):
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"name": "My shop", "count": 2, "items": FORMAT_ROWS}))
    assert (await importer.run(path)).created == len(FORMAT_ROWS)


async def test_empty_arrays_are_passed_over(importer, tmp_path):
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"errors": [], "products": FORMAT_ROWS}))

    assert (await importer.run(path)).created == 3
