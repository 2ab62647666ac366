"""Whole imports of XML files."""

from xml.sax.saxutils import escape

import pytest

import product_importer_xml
from product_importer import ImportOptions
from product_importer.testing import FORMAT_ROWS, check_format, temporary_importer


def write(path, rows):
    texts = [
        "".join(f"<{name}>{escape(text(value))}</{name}>" for name, value in row.items() if value is not None)
        for row in rows
    ]
    path.write_text("<products>" + "".join(f"<product>{text}</product>" for text in texts) + "</products>")


def text(value):
    return f"{value:.15g}" if isinstance(value, float) else str(value)


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_xml) as importer:
        yield importer


async def test_the_format_from_the_file_to_the_table_and_back(tmp_path):
    path = tmp_path / "products.xml"
    write(path, FORMAT_ROWS)
    await check_format(product_importer_xml, path, write)


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
    write(path, FORMAT_ROWS)
    path.write_text(path.read_text().replace("<name>Cup</name>", "<name>Cup</name><name>Mug</name>"))

    report = await importer.run(path, ImportOptions(blank="clear"))

    assert (report.created, report.state.warnings["column_repeated"]) == (3, 1)
    assert (await importer.catalogue.by_sku("A1")).name == "Grün"
    cup = await importer.catalogue.by_sku("A2")
    assert (cup.name, cup.attributes["name (2)"]) == ("Cup", "Mug")
