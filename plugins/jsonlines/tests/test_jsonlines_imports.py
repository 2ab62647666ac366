"""Whole imports of JSON files."""

import json
from decimal import Decimal

import pytest

import product_importer_jsonlines
from product_importer import ImportOptions
from product_importer.testing import temporary_importer


def write(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)))


ROWS = [
    {"sku": "A1", "name": "Grün", "price": 4.5, "active": True, "Colour": "red", "Weight": 4.0},
    {"sku": "A2", "name": "Cup", "price": 1299, "active": False, "Colour": "blue", "Weight": 0.1 + 0.2},
    {"sku": "0017", "name": "Jar", "price": None, "active": True, "Colour": "", "Weight": 7},
]


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_jsonlines) as importer:
        yield importer


async def test_a_file_is_imported_and_imported_again_unchanged(importer, tmp_path):
    path = tmp_path / "products.jsonl"
    write(path, ROWS)

    report = await importer.run(path, ImportOptions(parser="jsonlines"))
    again = await importer.run(path, ImportOptions(parser="jsonlines"))

    assert (report.created, report.invalid, dict(report.state.warnings)) == (3, 0, {})
    assert again.unchanged == 3
    page = await importer.catalogue.list()
    found = {product.sku: product for product in page.products}
    assert [(found[sku].name, found[sku].price, found[sku].active) for sku in ("A1", "A2", "0017")] == [
        ("Grün", Decimal("4.5"), True),
        ("Cup", Decimal(1299), False),
        ("Jar", None, True),
    ]
    assert found["A1"].attributes == {"Colour": "red", "Weight": "4"}
    assert found["A2"].attributes == {"Colour": "blue", "Weight": "0.3"}
    assert found["0017"].attributes == {"Weight": "7"}


async def test_rejected_rows_have_the_place_in_the_file(importer, tmp_path):
    path = tmp_path / "products.jsonl"
    write(path, [*ROWS, {"sku": "A4", "name": "Pot", "price": "dear"}])

    report = await importer.run(path, ImportOptions(parser="jsonlines"))

    (row,) = [row async for row in importer.imports.rejects(report.state.id)]
    assert (row.line, row.errors[0].code) == (4, "price_not_a_number")


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
    path.write_text(json.dumps({"errors": [], "products": ROWS, "variants": [{"sku": "B", "name": "Bag"}]}))

    (question,) = (await importer.run(path)).state.questions
    assert (question.option, question.key) == ("reading", "path")
    assert [answer.value for answer in question.answers] == ["products", "variants"]

    report = await importer.run(path, ImportOptions(reading={"path": "variants"}))
    assert report.created == 1


async def test_empty_arrays_are_passed_over(importer, tmp_path):
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"errors": [], "products": ROWS}))

    assert (await importer.run(path)).created == 3
