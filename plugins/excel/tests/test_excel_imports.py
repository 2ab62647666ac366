"""Whole imports of spreadsheets."""

import subprocess

import pytest
import xlsxwriter

import product_importer_excel
from product_importer import ImportOptions
from product_importer.testing import FORMAT_ROWS, check_format, temporary_importer


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


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_excel) as importer:
        yield importer


async def test_the_format_from_the_file_to_the_table_and_back(tmp_path):
    path = tmp_path / "products.xlsx"
    write(path, FORMAT_ROWS)
    await check_format(product_importer_excel, path, write)


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


@pytest.mark.parametrize("options", [{}, {"rows": 5_000, "shapes": False}])
async def test_an_inspection_loads_the_workbook_once(importer, tmp_path, monkeypatch, options):
    path = tmp_path / "products.xlsx"
    write(path, [{"sku": f"A{n}", "name": "Tea", "price": n / 100} for n in range(20_000)])
    started = []

    class Counted(subprocess.Popen):
        def __init__(self, command, **kwargs):
            started.append(command[3])
            super().__init__(command, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", Counted)
    found = await importer.imports.inspect(path, **options)

    assert started == ["tables", "read"]
    assert (found.rows, found.complete) == (16_384, False)
    assert [column.use for column in found.columns] == ["sku", "name", "price"]


async def test_an_inspection_follows_answers_to_another_sheet(importer, tmp_path):
    path = tmp_path / "products.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("New", "Old"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["sku", f"{name} colour"])
            sheet.write_row(1, 0, [name, "red"])

    for name in ("New", "Old"):
        found = await importer.imports.inspect(path, answers={"reading": {"sheet": name}})
        assert [column.name for column in found.columns] == ["sku", f"{name} colour"]
        assert found.columns[0].shapes[0].example == name
