"""Whole imports through the plugin: what it declines is read by the built-in parser, and said the same."""

import pytest

import product_importer_fastcsv
from product_importer import ImportOptions
from product_importer.testing import temporary_importer

OPTIONS = ImportOptions(parser="fastcsv")


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_fastcsv) as importer:
        yield importer


async def test_an_unusual_delimiter_is_asked_about(importer, tmp_path):
    path = tmp_path / "tea.csv"
    path.write_text("sku~name~price\nA1~Tea~4.50\n")

    report = await importer.run(path, OPTIONS)
    assert [(each.code, each.option) for each in report.state.questions] == [
        ("delimiter_unclear", "delimiter")
    ]


async def test_a_late_accent_is_read_and_the_encoding_said(importer, tmp_path):
    rows = "".join(f"A{row},Tisch aus Holz\n" for row in range(20_000))
    path = tmp_path / "tables.csv"
    path.write_bytes(f"sku,name\n{rows}B1,Löffel für Gäste\nB2,weiße Schüssel\n".encode("cp1252"))

    report = await importer.run(path, OPTIONS)
    assert report.state.dialect is not None
    assert (report.created, report.state.dialect.encoding) == (20_002, "cp1252")
