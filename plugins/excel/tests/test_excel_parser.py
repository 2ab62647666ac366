"""The parser of spreadsheets: sheets, headers, types, errors, limits and damage."""

import os
import subprocess
import sys
import time as clock
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
import xlsxwriter
import xlwt

from product_importer.errors import FileError, QuestionsOpen, UsageError
from product_importer.model import ParseOptions
from product_importer.ports import FormatParser, InputFile
from product_importer.testing import check_parser
from product_importer_excel import ExcelParser
from product_importer_excel.workbook import MEMORY_SETTING, workbook

MOMENT = datetime.fromisoformat("2024-01-02T03:04:05")


def input_file(path):
    return InputFile(path, path.name, path.stat().st_size)


def read(path, reading=(), **options):
    with ExcelParser().open(input_file(path), ParseOptions(reading=dict(reading), **options)) as sheet:
        return sheet, list(sheet)


def rows_of(path, reading=(), **options):
    sheet, batches = read(path, reading, **options)
    rows = [row for batch in batches for row in zip(*map(pa.Array.to_pylist, batch.cells), strict=True)]
    return sheet, rows, [line for batch in batches for line in batch.lines.to_pylist()]


@pytest.fixture
def written(tmp_path):
    def written(*sheets, **hidden):
        path = tmp_path / "file.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for name, rows in sheets:
                sheet = book.add_worksheet(name)
                if name in hidden:
                    sheet.hide()
                for number, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if cell is not None:
                            sheet.write(number, column, cell)
        return path

    return written


PRODUCTS = [("sku", "name", "price"), ("A1", "Tea", 4.5), ("A2", "Cup", 5)]


def test_rows_and_their_numbers(written):
    path = written(("Products", [*PRODUCTS, (None,), ("A3", "Jar", "6,50")]))

    sheet, rows, places = rows_of(path)

    assert sheet.header == ("sku", "name", "price")
    assert rows == [("A1", "Tea", 4.5), ("A2", "Cup", 5.0), ("A3", "Jar", "6,50")]
    assert places == [2, 3, 5]
    assert (sheet.read_as.words, sheet.read_as.place) == ("sheet “Products”", "row")
    assert rows_of(path, batch_rows=2)[1:] == (rows, places)
    assert rows_of(path, batch_chars=10)[1:] == (rows, places)


def test_the_contract_of_formats(written):
    check_parser(ExcelParser(), written(("Products", [*PRODUCTS, (None,), ("A3", "Jar", "6,50")])))


def test_types(tmp_path):
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        day, moment, clock, span = (
            book.add_format({"num_format": form})
            for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm", "[h]:mm")
        )
        sheet.write_row(0, 0, ["day", "moment", "time", "span", "yes", "text", "number"])
        sheet.write_datetime(1, 0, MOMENT.replace(hour=0, minute=0, second=0), day)
        sheet.write_datetime(1, 1, MOMENT, moment)
        sheet.write_number(1, 2, 0.5, clock)
        sheet.write_number(1, 3, 1.25, span)
        sheet.write_boolean(1, 4, True)
        sheet.write_string(1, 5, " 0017")
        sheet.write_number(1, 6, 0.1 + 0.2)

    (row,) = rows_of(path)[1]

    assert row[:3] == (date(2024, 1, 2), MOMENT, time(12))
    assert row[3:6] == (timedelta(hours=30), True, " 0017")
    assert row[6] == pytest.approx(0.3)


def test_errors_and_formulas_without_a_result_are_not_lost(tmp_path):
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Other").write(0, 0, "x")
        sheet = book.add_worksheet("P & Q")
        sheet.write_row(0, 0, ["sku", "name", "price"])
        for row, value in enumerate(["#N/A", "#DIV/0!", 4.5], 1):
            sheet.write_string(row, 0, f"A{row}")
            sheet.write_formula(row, 2, "=1/0", None, value)
        sheet.write_formula(5, 27, "=1/0", None, "#REF!")

    _, rows, _ = rows_of(path, {"sheet": "P & Q", "header_row": "1"})
    assert [row[2] for row in rows] == ["#N/A", "#DIV/0!", 4.5, ""]
    assert rows[3][27] == "#REF!"

    for value, found in [
        (b"", "#CALC!"),
        (b"<v />", "#CALC!"),
        (b"<v></v>", "#CALC!"),
        (b"<v>0</v>", 0.0),
    ]:
        bare = tmp_path / "bare.xlsx"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(bare, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name).replace(b"<v>4.5</v>", value))
        assert rows_of(bare, {"sheet": "P & Q", "header_row": "1"})[1][2][2] == found


def test_a_formula_whose_result_is_an_empty_text_is_blank(tmp_path):
    path, blank = tmp_path / "file.xlsx", tmp_path / "blank.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, ["sku", "name"])
        sheet.write_string(1, 0, "A1")
        sheet.write_formula(1, 1, '=IF(A1="","x","")', None, "word")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(blank, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>word</v>", b"<v></v>"))

    assert rows_of(blank)[1] == [("A1", "")]


def test_an_error_at_the_border_of_a_block_is_found(tmp_path):
    path = tmp_path / "file.xlsx"
    rows = 20_000
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, ["sku", "price"])
        for row in range(1, rows + 1):
            sheet.write_number(row, 0, row)
            sheet.write_formula(row, 1, "=NA()", None, "#N/A")

    _, found, _ = rows_of(path)
    assert len(found) == rows
    assert all(price == "#N/A" for _, price in found)


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ([], 1),
        ([("Price list",), ()], 3),
        ([("Price list", None, None, "Spring")], 2),
        ([(), ()], 3),
    ],
)
def test_the_header_is_found_below_titles(written, above, row):
    products = [("sku", "name", "price", "Colour", "Size"), ("A1", "Tea", 4.5, "green", "L")]
    sheet, rows, places = rows_of(written(("S", [*above, *products])))

    assert sheet.header == products[0]
    assert (rows, places) == ([products[1]], [row + 1])
    assert sheet.read_as.values == {"sheet": "S", "header_row": str(row)}
    assert sheet.read_as.words == ("sheet “S”" if row == 1 else f"sheet “S”, header in row {row}")


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ([("Preisliste Frühjahr",), ()], 3),
        ([("Preisliste", "Stand:", "1. März", None)], 2),
        ([("# exportiert", "aus", "der", "Kasse")], 2),
    ],
)
def test_the_header_is_found_by_its_words_in_any_language(written, above, row):
    names = ("Artikelnummer", "Bezeichnung", "Preis", "Farbe")
    notes = (None, None, None, "rot", "Notiz", "Notiz", "Notiz", "Notiz", "Notiz")
    path = written(("S", [*above, names, ("0017", "Grüner Tee", 4.5, "grün"), notes]))
    sheet, rows, places = rows_of(path)
    assert sheet.header[:4] == names
    assert (rows[0][:4], places[0]) == (("0017", "Grüner Tee", 4.5, "grün"), row + 1)


def test_two_rows_that_may_be_the_header_are_asked_about(written):
    path = written(("S", [("Code", "Titel", "Preis"), ("Artikelnummer", "Bezeichnung", "Preis"), (1, 2, 3)]))
    with pytest.raises(QuestionsOpen) as asked:
        rows_of(path)
    (question,) = asked.value.questions
    assert question.words == (
        "Which row of the file holds the names of its columns: row 2, “Artikelnummer, Bezeichnung, Preis”, "
        "or row 1, “Code, Titel, Preis”?"
    )
    assert question.given("2") == {"reading": {"header_row": "2"}}
    assert rows_of(path, {"header_row": "2"})[0].header == ("Artikelnummer", "Bezeichnung", "Preis")


def test_the_header_row_can_be_given(written):
    path = written(("S", [("a", "b"), ("sku", "name"), ("A1", "Tea")]))
    sheet, rows, _ = rows_of(path, {"header_row": "2"})
    assert (sheet.header, rows) == (("sku", "name"), [("A1", "Tea")])


def test_headers_that_are_numbers_are_texts(written):
    assert read(written(("S", [("sku", 2024, 1.5), ("A1", 1, 2)])))[0].header == ("sku", "2024", "1.5")


def test_sheets(written):
    path = written(
        ("Read me", [("Hello",)]), ("Products", PRODUCTS), ("Old", PRODUCTS), ("Notes", PRODUCTS), Notes=True
    )
    tables = ExcelParser().tables(input_file(path))

    assert [(table.name, table.rows, table.likely) for table in tables] == [
        ("Read me", 1, False),
        ("Products", 3, True),
        ("Old", 3, True),
        ("Notes", None, False),
    ]
    assert read(path)[0].read_as.values["sheet"] == "Products"
    assert read(path, {"sheet": "Notes"})[0].header == PRODUCTS[0]
    with pytest.raises(FileError, match="no sheet of this name. It has “Read me”, “Products”") as caught:
        read(path, {"sheet": "Other"})
    assert caught.value.code == "no_table"


def test_a_sheet_that_certainly_holds_the_products_is_the_only_likely_one(written):
    images, terms = [("product_id", "image"), (1, "a.jpg")], [("Name", "Value"), ("Valid from", "May")]
    path = written(("Images", images), ("Terms", terms), ("List", [("Valid from May",), *PRODUCTS]))
    tables = ExcelParser().tables(input_file(path))
    assert [(table.name, table.likely) for table in tables] == [
        ("Images", False),
        ("Terms", False),
        ("List", True),
    ]
    assert read(path)[0].header == PRODUCTS[0]


@pytest.mark.parametrize("suffix", [".xls", ".xlsm", ".ods"])
def test_a_workbook_may_have_the_suffix_of_another_kind(written, suffix):
    path = written(("S", PRODUCTS))
    path = path.rename(path.with_suffix(suffix))
    assert rows_of(path)[1] == [tuple(row) for row in PRODUCTS[1:]]


def test_an_empty_sheet_is_refused(written):
    with pytest.raises(FileError, match="empty") as caught:
        read(written(("S", [])))
    assert caught.value.code == "no_header"


def test_old_workbooks_keep_their_errors(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Products")
    for number, row in enumerate(PRODUCTS):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    sheet.row(3).set_cell_text(0, "A3")
    sheet.row(3).set_cell_error(2, 0x2A)
    book.save(tmp_path / "file.xls")

    _, rows, _ = rows_of(tmp_path / "file.xls")

    assert rows == [("A1", "Tea", 4.5), ("A2", "Cup", 5.0), ("A3", "", "#N/A")]


BLANK_ERRORS = 'calcext:value-type="error" office:string-value="" table:number-columns-repeated="2"'
"""Cells with an error, whose value is blank; equal cells beside each other may be written once."""


def test_open_document_spreadsheets(tmp_path):
    cell = '<table:table-cell office:value-type="{}" {}><text:p>{}</text:p></table:table-cell>'
    rows = [
        "".join(cell.format("string", "", name) for name in ("sku", "price", "size")),
        cell.format("string", "", "A1") + cell.format("float", 'office:value="4.5"', "4,50"),
        cell.format("string", "", "A2") + cell.format("string", 'calcext:value-type="error"', "#DIV/0!"),
        cell.format("string", "", "A3") + cell.format("string", BLANK_ERRORS, "#N/A"),
    ]
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces} xmlns:calcext="urn:x"><office:body>'
        '<office:spreadsheet><table:table table:name="Products">'
        + "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "file.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")

    assert rows_of(path)[1] == [("A1", 4.5, ""), ("A2", "#DIV/0!", ""), ("A3", "#N/A", "#N/A")]
    assert ExcelParser().recognises(path.read_bytes()[:1000], "x") == 1


def test_what_is_recognised(written):
    parser, head = ExcelParser(), written(("S", PRODUCTS)).read_bytes()[:65536]
    assert isinstance(parser, FormatParser)
    assert parser.recognises(head, "file") == 1
    assert parser.recognises(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.XLS") > 0.5
    assert parser.recognises(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc") == 0
    assert parser.recognises(b"PK\x03\x04 products.csv", "a.zip") == 0
    assert parser.recognises(b"sku,name", "a.xlsx") == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"PK\x03\x04" + bytes(100),
        lambda data: data.replace(b"workbook.xml", b"workbook.xyz"),
        lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000),
    ],
)
def test_damaged_workbooks_are_refused(written, damage):
    path = written(("S", PRODUCTS))
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(FileError, match="workbook can't be read") as caught:
        read(path)
    assert caught.value.code == "damaged_file"


def test_a_workbook_that_needs_too_much_memory_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "sku")
        sheet.write(1_048_575, 500, "far away")
    monkeypatch.setenv(MEMORY_SETTING, "1000")

    with pytest.raises(FileError, match="more than 1,000 MB") as caught:
        read(path)
    assert caught.value.code == "workbook_too_large"


def test_a_setting_that_is_no_number_is_refused(written, monkeypatch):
    monkeypatch.setenv(MEMORY_SETTING, "much")
    with pytest.raises(UsageError, match="is 'much'"):
        read(written(("S", PRODUCTS)))


def test_the_setting_may_be_in_the_file_of_settings(written, tmp_path, monkeypatch):
    monkeypatch.delenv(MEMORY_SETTING, raising=False)
    (tmp_path / ".env").write_text(f"{MEMORY_SETTING}=little\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is 'little'; it has to be a number of megabytes, such as 2048"):
        read(written(("S", PRODUCTS)))


def _reads_workbooks(process):
    """Whether it is the process that the parser starts; the tests have other processes too."""
    try:
        return any("workbook_process.py" in word for word in process.cmdline())
    except psutil.Error:  # it has ended
        return False


def test_the_process_ends_with_the_reading_and_gets_no_secrets(written, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hidden")
    with ExcelParser().open(input_file(written(("S", PRODUCTS))), ParseOptions()):
        (child,) = [each for each in psutil.Process().children() if _reads_workbooks(each)]
        if child.status() != psutil.STATUS_ZOMBIE and Path("/proc").exists():
            assert "SECRET_KEY" not in child.environ()
    assert not psutil.pid_exists(child.pid)


PARENT = """
import sys
from pathlib import Path
from product_importer.model import ParseOptions
from product_importer.ports import InputFile
from product_importer_excel import ExcelParser

with ExcelParser().open(InputFile(Path(sys.argv[1]), "a.xlsx", 1), ParseOptions()):
    pass
"""


def test_a_process_that_is_killed_before_its_rows_are_asked_for_is_named(written):
    with workbook("read", input_file(written(("S", PRODUCTS))), "S", "0", "100", "0") as book:
        (child,) = [each for each in psutil.Process().children() if _reads_workbooks(each)]
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        book.begin_below(1)
        with pytest.raises(FileError) as caught:
            list(book.batches())
    assert caught.value.code == "workbook_too_large"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_the_process_ends_with_a_parent_that_is_killed(tmp_path):
    path = tmp_path / "a.xlsx"
    os.mkfifo(path)  # a file that nobody writes: the process waits for it without end
    with subprocess.Popen([sys.executable, "-c", PARENT, path]) as parent:
        deadline = clock.monotonic() + 20
        while not (found := [p for p in psutil.Process(parent.pid).children() if _reads_workbooks(p)]):
            assert clock.monotonic() < deadline
            clock.sleep(0.05)
        parent.kill()

    _, alive = psutil.wait_procs(found, timeout=15)
    assert alive == []


def test_a_usual_workbook_needs_little_memory(tmp_path, monkeypatch):
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["sku", "name", "price", "active", "Colour"])
        for row in range(1, 30_001):
            sheet.write_row(row, 0, [f"SKU-{row}", f"Product number {row}", row / 100, True, "green"])
    monkeypatch.setenv(MEMORY_SETTING, "500")  # with all libraries

    assert sum(batch.cells.num_rows for batch in read(path)[1]) == 30_000
