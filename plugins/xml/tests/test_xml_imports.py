"""Whole imports of XML files."""

from decimal import Decimal
from xml.sax.saxutils import escape

import pytest

import product_importer_xml
from product_importer import ImportOptions
from product_importer.testing import temporary_importer


def write(path, rows):
    texts = [
        "".join(f"<{name}>{escape(text(value))}</{name}>" for name, value in row.items() if value is not None)
        for row in rows
    ]
    path.write_text("<products>" + "".join(f"<product>{text}</product>" for text in texts) + "</products>")


def text(value):
    return f"{value:.15g}" if isinstance(value, float) else str(value)


ROWS = [
    {"sku": "A1", "name": "Grün", "price": 4.5, "active": True, "Colour": "red", "Weight": 4.0},
    {"sku": "A2", "name": "Cup", "price": 1299, "active": False, "Colour": "blue", "Weight": 0.1 + 0.2},
    {"sku": "0017", "name": "Jar", "price": None, "active": True, "Colour": "", "Weight": 7},
]


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_xml) as importer:
        yield importer


async def test_a_file_is_imported_and_imported_again_unchanged(importer, tmp_path):
    path = tmp_path / "products.xml"
    write(path, ROWS)

    report = await importer.run(path, ImportOptions(parser="xml"))
    again = await importer.run(path, ImportOptions(parser="xml"))

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
    path = tmp_path / "products.xml"
    write(path, [*ROWS, {"sku": "A4", "name": "Pot", "price": "dear"}])

    report = await importer.run(path, ImportOptions(parser="xml"))

    (row,) = [row async for row in importer.imports.rejects(report.state.id)]
    assert (row.line, row.errors[0].code) == (4, "price_not_a_number")


async def test_several_lists_lead_to_a_question(importer, tmp_path):
    path = tmp_path / "shop.xml"
    path.write_text(
        '<shop><units><unit sku="U1" name="Box"/><unit sku="U2" name="Bag"/></units>'
        '<offers><offer sku="A1"><name>Tea</name></offer><offer sku="A2"><name>Cup</name></offer></offers>'
        "</shop>"
    )

    (question,) = (await importer.run(path)).state.questions
    assert (question.option, question.key) == ("reading", "path")
    assert [answer.value for answer in question.answers] == ["shop/units/unit", "shop/offers/offer"]

    report = await importer.run(path, ImportOptions(reading={"path": "shop/offers/offer"}))
    assert report.created == 2


async def test_a_second_element_of_a_field_is_kept_and_said(importer, tmp_path):
    path = tmp_path / "products.xml"
    write(path, ROWS)
    path.write_text(path.read_text().replace("<name>Cup</name>", "<name>Cup</name><name>Mug</name>"))

    report = await importer.run(path, ImportOptions(blank="clear"))

    assert (report.created, report.state.warnings["column_repeated"]) == (2, 1)
    assert (await importer.catalogue.by_sku("A1")).name == "Grün"
    cup = await importer.catalogue.by_sku("A2")
    assert (cup.name, cup.attributes["name (2)"]) == ("Cup", "Mug")
