"""A look at the first rows of a workbook reads the same cells as the import, without reading all rows."""

import zipfile

import pyarrow as pa
import pytest
import xlsxwriter

from product_importer.errors import FileError
from product_importer.model import ParseOptions
from product_importer.ports import InputFile
from product_importer_excel import ExcelParser

ROWS = 3_000
HEADER = ("sku", "name", "price")


def product(row):
    return f"A{row}", f"Tea & <{row}>", row / 4


def write(path, rows, constant_memory=False, sheets=("S",), **formats):
    with xlsxwriter.Workbook(path, {"constant_memory": constant_memory}) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if formats:
                sheet.set_row(len(rows) + 9, None, book.add_format(formats))
                sheet.write_blank(len(rows) + 9, 20, None, book.add_format(formats))
    return path


def look(path, wanted, reading=()):
    file = InputFile(path, path.name, path.stat().st_size)
    with ExcelParser().open(file, ParseOptions(rows=wanted, reading=dict(reading))) as sheet:
        cells = [batch.cells for batch in sheet]
    return sheet.header, [row for each in cells for row in zip(*map(pa.Array.to_pylist, each), strict=True)]


@pytest.mark.parametrize("constant_memory", [True, False])
@pytest.mark.parametrize("formats", [{}, {"bold": True}])
def test_the_first_rows_are_those_of_the_import(tmp_path, constant_memory, formats):
    rows = [HEADER, *map(product, range(ROWS))]
    path = write(tmp_path / "a.xlsx", rows, constant_memory, **formats)

    header, found = look(path, 100)

    assert header == HEADER
    assert 100 < len(found) < 200
    assert found == rows[1 : len(found) + 1] == look(path, None)[1][: len(found)]


def test_blank_rows_do_not_make_the_rest_look_like_none(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.write_row(0, 0, HEADER)
        for row in range(1, ROWS + 1):
            if row in range(2, 500):
                sheet.write_blank(row, 0, None, bold)
            else:
                sheet.write_row(row, 0, product(row))
    assert len(look(path, 100)[1]) == ROWS - 498


def test_a_later_row_that_is_wider_widens_the_header(tmp_path):
    rows = [HEADER, *map(product, range(ROWS))]
    path = write(tmp_path / "a.xlsx", [*rows, (*product(ROWS), "a note")])
    assert look(path, 100)[0] == look(path, None)[0] == (*HEADER, "")


def test_a_sheet_of_fewer_rows_is_read_as_a_whole(tmp_path):
    assert len(look(write(tmp_path / "a.xlsx", [HEADER, *map(product, range(90))]), 100)[1]) == 90


def test_errors_in_the_first_rows_are_found(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, HEADER)
        for row in range(1, ROWS):
            sheet.write_row(row, 0, product(row))
        sheet.write_formula(50, 2, "=NA()", None, "#N/A")
    assert look(path, 100)[1][49][2] == "#N/A"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="', b'<row  r="'),
        (b'<c r="', b'<c  r="'),
        (b"</sheetData>", b"</sheetData><!-- <row  -->"),
    ],
)
def test_workbooks_that_are_written_in_another_way_are_read_too(tmp_path, old, new):
    rows = [HEADER, *map(product, range(ROWS))]
    path, other = write(tmp_path / "a.xlsx", rows), tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as two:
        for name in one.namelist():
            two.writestr(name, one.read(name).replace(old, new))
    assert look(other, 100)[1][:100] == rows[1:101]


def test_damage_behind_the_first_rows_is_named(tmp_path):
    path = write(tmp_path / "a.xlsx", [HEADER, *map(product, range(ROWS * 10))])
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    data = bytearray(path.read_bytes())
    place = info.header_offset + info.compress_size - 100
    data[place : place + 50] = bytes(50)
    path.write_bytes(data)
    with pytest.raises(FileError, match="workbook can't be read"):
        look(path, 100)


def test_sizes_of_sheets_are_known_without_reading_them_as_a_whole(tmp_path):
    rows = [HEADER, *map(product, range(ROWS))]
    path = write(tmp_path / "a.xlsx", rows, sheets=("S", "T"), bold=True)
    tables = ExcelParser().tables(InputFile(path, path.name, path.stat().st_size))
    assert [(table.name, table.rows, table.likely) for table in tables] == [
        ("S", ROWS + 1, True),
        ("T", ROWS + 1, True),
    ]
