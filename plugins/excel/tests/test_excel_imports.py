"""Whole imports of spreadsheets."""

from decimal import Decimal

import pytest
import xlsxwriter

import product_importer_excel
from product_importer import ImportOptions
from product_importer.testing import temporary_importer


def write(path, rows):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Products")
        sheet.write_row(0, 0, list(rows[0]))
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row.values()):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write(number, column, cell)


ROWS = [
    {"sku": "A1", "name": "Grün", "price": 4.5, "active": True, "Colour": "red", "Weight": 4.0},
    {"sku": "A2", "name": "Cup", "price": 1299, "active": False, "Colour": "blue", "Weight": 0.1 + 0.2},
    {"sku": "0017", "name": "Jar", "price": None, "active": True, "Colour": "", "Weight": 7},
]


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_excel) as importer:
        yield importer


async def test_a_file_is_imported_and_imported_again_unchanged(importer, tmp_path):
    path = tmp_path / "products.xlsx"
    write(path, ROWS)

    report = await importer.run(path, ImportOptions(parser="excel"))
    again = await importer.run(path, ImportOptions(parser="excel"))

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
    path = tmp_path / "products.xlsx"
    write(path, [*ROWS, {"sku": "A4", "name": "Pot", "price": "dear"}])

    report = await importer.run(path, ImportOptions(parser="excel"))

    (row,) = [row async for row in importer.imports.rejects(report.state.id)]
    assert (row.line, row.errors[0].code) == (5, "price_not_a_number")


async def test_damaged_numbers_and_errors_are_named(importer, tmp_path):
    path = tmp_path / "products.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Products")
        sheet.write_row(0, 0, ["sku", "name", "price", "EAN code"])
        sheet.write_row(1, 0, [1234567890123450, "Tea", 1, ""])
        sheet.write_row(2, 0, ["A2", "Cup", 1, 1234567890123450])
        sheet.write_row(3, 0, ["A3", "Jar"])
        sheet.write_formula(3, 2, "=1/0", None, "#DIV/0!")
        sheet.write_row(4, 0, ["A4", "Pot", 1])
        sheet.write_formula(4, 3, "=NA()", None, "#N/A")

    report = await importer.run(path, ImportOptions(parser="excel"))

    rejected = [(row.line, row.errors[0].code) async for row in importer.imports.rejects(report.state.id)]
    assert rejected[0] == (2, "digits_lost")
    assert [line for line, _ in rejected] == [2, 4]
    assert report.created == 2
    assert report.state.warnings == {"digits_lost": 1, "spreadsheet_error": 1}


async def test_several_sheets_lead_to_a_question(importer, tmp_path):
    path = tmp_path / "products.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("New", "Old"):
            sheet = book.add_worksheet(name)
            for number, row in enumerate([["sku", "name"], [f"{name}-1", "Tea"]]):
                sheet.write_row(number, 0, row)

    (question,) = (await importer.run(path)).state.questions
    assert (question.option, question.key) == ("reading", "sheet")
    assert [answer.value for answer in question.answers] == ["New", "Old"]

    await importer.run(path, ImportOptions(reading={"sheet": "Old"}))
    assert [product.sku for product in (await importer.catalogue.list()).products] == ["Old-1"]
