"""A format beside CSV: typed cells, options of its own, rows that it leaves out, the file's name."""

from dataclasses import replace
from decimal import Decimal

import pytest

from books import Books, book
from product_importer.errors import UsageError
from product_importer.model import ImportOptions, RowWarning, Status
from shop import Plugin

ROWS = [
    ["sku", "name", "price", "active", "sold", "note"],
    ["A", "Apple", 1.5, True, 4.0, None],
    ["B", "Bread", 2, False, 0.1 + 0.2, ""],
    ["#", "a remark", None, None, None, None],
    ["C", "Cake", None, None, None, "Fresh"],
    ["D", "Date", 0.25, True, 10_017.0, None],
]
OPTIONS = ImportOptions(parser="book")


@pytest.fixture
async def importer(shop):
    return await shop.open(Plugin(parsers=[Books()]))


async def imported(importer, shop, content, options=OPTIONS, name="products.book"):
    return await importer.run(shop.file(content, name), options)


async def test_cells_with_types_come_in_as_what_they_are(importer, shop):
    report = await imported(importer, shop, book(One=ROWS))
    assert (report.created, report.skipped, report.read) == (4, 1, 5)
    products = await shop.products()
    assert [products[key]["price"] for key in "abcd"] == [Decimal("1.5"), 2, None, Decimal("0.25")]
    assert [products[key]["active"] for key in "abcd"] == [True, False, True, True]
    assert [products[key]["attributes"] for key in "abcd"] == [
        {"sold": "4"},
        {"sold": "0.3"},
        {"note": "Fresh"},
        {"sold": "10017"},
    ]


async def test_a_cell_that_is_not_there_clears_nothing(importer, shop):
    header = ["sku", "name", "price", "stock", "Size", "Shade"]
    before = [["A", "x", 1, 2, "L", "red"], ["B", "y", 2, 3, "M", "blue"], ["C", "z", 5, 6, "S", "grey"]]
    await imported(importer, shop, book(One=[header, *before]))
    again = book(
        One=[
            header,
            ["A", "x", None, "", None, ""],
            ["B", "y", "3", None, "", None],
            ["C", "z", "", "", "", ""],
        ]
    )
    report = await imported(importer, shop, again, replace(OPTIONS, blank="clear"))
    assert (report.invalid, report.updated) == (0, 3)
    products = [*(await shop.products()).values()]
    assert [each["price"] for each in products] == [1, 3, None]
    assert [each.get("stock") for each in products] == [None, 3, None]
    assert [each["attributes"] for each in products] == [{"Size": "L"}, {"Shade": "blue"}, {}]
    assert (await imported(importer, shop, again, replace(OPTIONS, blank="clear"))).unchanged == 3


async def test_a_row_that_lacks_a_cell_differs_from_one_with_a_blank_cell(importer, shop):
    clear = replace(OPTIONS, blank="clear")
    lacking, blank = (book(One=[["sku", "name", "price"], ["A", "x", cell]]) for cell in (None, ""))
    await imported(importer, shop, book(One=[["sku", "name", "price"], ["A", "x", 1]]), clear)
    assert (await imported(importer, shop, lacking, clear)).unchanged == 1
    assert (await imported(importer, shop, blank, clear)).updated == 1
    assert (await shop.product("a"))["price"] is None


async def test_rows_that_the_format_leaves_out_are_skipped_and_listed(importer, shop):
    report = await imported(importer, shop, book(One=ROWS), replace(OPTIONS, on_warning="abort"))
    assert report.status is Status.COMPLETED
    assert report.warned == (RowWarning("row_left_out", "It is a remark.", line=4, record=3),)


async def test_what_is_said_comes_from_the_format(importer, shop):
    state = (await imported(importer, shop, book(One=ROWS))).state
    assert (state.parser, state.read_as.words, state.read_as.place) == ("book", "the sheet One", "row")
    assert dict(state.read_as.values) == {"sheet": "One"}
    assert (state.dialect, state.bytes_done) == (None, state.bytes_total)


async def test_options_of_its_own(importer, shop):
    content = book(One=ROWS, Two=[["sku", "name"], ["x", "left out"], ["y", "ypsilon"]])
    reading = {"sheet": "Two", "skip": "1", "case": "upper", "strict": "yes"}
    report = await imported(importer, shop, content, replace(OPTIONS, reading=reading))
    assert dict(report.state.options.reading) == reading
    assert [each["name"] for each in (await shop.products()).values()] == ["YPSILON"]


async def test_the_name_of_the_file_reaches_it(importer, shop):
    strict = replace(OPTIONS, reading={"strict": "yes"})
    report = await imported(importer, shop, book(One=ROWS), strict, "products.txt")
    assert report.state.message.startswith("products.txt is not named .book.")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"parser": "book", "reading": {"page": "1"}},
            "The parser book has no option 'page'. Its options: case, member, sheet, skip, strict.",
        ),
        ({"parser": "book", "reading": {"skip": "0"}}, "skip is '0'; it has to be a whole number from 1."),
        ({"parser": "book", "reading": {"skip": "²"}}, "skip is '²'; it has to be a whole number from 1."),
        ({"parser": "book", "reading": {"case": "Up"}}, "case is 'Up'; it has to be one of upper, lower."),
        ({"parser": "book", "reading": {"strict": "true"}}, "strict is 'true'; it has to be yes or no."),
        ({"parser": "book", "reading": {"sheet": ""}}, "sheet is ''; it has to be a text."),
        (
            {"parser": "csv", "reading": {"sheet": "One"}},
            "The parser csv has no option 'sheet'. Its options: delimiter, encoding, header_line, member.",
        ),
        (
            {"parser": "csv", "reading": {"encoding": "latin-1"}, "encoding": "utf-8"},
            "encoding is given twice: 'latin-1' and 'utf-8'.",
        ),
        ({"parser": "csv", "reading": {"delimiter": "ab"}}, "'ab' can't separate cells"),
    ],
)
async def test_options_that_the_parser_does_not_have_are_refused_at_once(importer, shop, options, message):
    with pytest.raises(UsageError) as caught:
        await imported(importer, shop, book(One=ROWS), ImportOptions(**options))
    assert str(caught.value).startswith(message)
    assert await importer.imports.recent() == []


async def test_short_forms_of_the_options_of_csv(importer, shop):
    options = ImportOptions(parser="csv", reading={"encoding": "latin-1", "delimiter": ";"})
    report = await imported(importer, shop, "sku;name\nA;Köln".encode("latin-1"), options, "a.csv")
    stored = report.state.options
    assert (stored.encoding, stored.delimiter, stored.reading) == ("latin-1", ";", {})
    assert (await shop.product("a"))["name"] == "Köln"


async def test_a_preview_of_a_whole_file(importer, shop):
    rows = [ROWS[0], *([f"S{n}", "n" * 50, n / 4, True, 1, None] for n in range(20_000))]
    path = shop.file(book(One=rows), "products.book")
    preview = await importer.imports.preview(path, OPTIONS, rows=2)
    assert path.stat().st_size > 1 << 20
    assert (preview.parser, preview.read_as.words, preview.dialect) == ("book", "the sheet One", None)
    assert (preview.complete, preview.problem) == (True, None)
    assert [row.cells[2] for row in preview.rows] == ["0", "0.25"]


async def test_a_preview_shows_numbers_as_the_import_reads_them(importer):
    rows = [ROWS[0], ["A", "Apple", 1.299, True, 2.0**60, None], ["B", "Bread", 12.5, True, 1, None]]
    preview = await importer.imports.preview(book(One=rows), OPTIONS, complete=True)
    assert [row.errors for row in preview.rows] == [(), ()]
    assert [[each.code for each in row.warnings] for row in preview.rows] == [["digits_lost"], []]


async def test_a_preview_of_a_part_waits_for_the_whole_file(importer):
    head = book(One=ROWS)[:60]
    preview = await importer.imports.preview(head, OPTIONS)
    assert (preview.problem.code, preview.complete, preview.header) == ("whole_file_needed", False, ())
    assert preview.problem.message == "Book files can only be looked into once the whole file has arrived."


async def test_a_preview_of_all_bytes(importer):
    preview = await importer.imports.preview(book(One=ROWS), OPTIONS, complete=True, filename="a.book")
    assert [row.cells[0] for row in preview.rows] == ["A", "B", "C", "D"]
    assert preview.mapping["sold"] == "attribute"
