"""Rows that are imported as they stand but look damaged, and rows that are left out, are listed."""

import pyarrow.compute as pc
import pytest

from product_importer.model import ImportOptions, RowWarning, Status
from product_importer.pipeline.warning_log import KEPT_IN_ALL, KEPT_ROWS, MOST_CODES, WarningLog
from product_importer.ports import Finding
from product_importer.product import ProductDraft
from shop import Plugin, TinyBatches, ledger

HEADER = ["sku", "name", "colour"]


class Doubter:
    """Warns of names that begin with a question mark; rejects those that begin with two."""

    name = "doubter"

    def check(self, batch):
        names = batch.column("name")
        yield Finding("name", "doubtful", "This is doubtful.", pc.starts_with(names, "?"), warning=True)
        yield Finding("name", "wrong", "This is wrong.", pc.starts_with(names, "??"))
        yield Finding(
            None, "odd", "This is odd.", pc.starts_with(names, "?odd"), column="colour", warning=True
        )


@pytest.fixture
async def doubting(shop):
    return await shop.open(Plugin(validators=[Doubter()]))


async def run(importer, shop, rows, **options):
    return await importer.run(shop.file(rows), ImportOptions(**options))


async def listed(importer, import_id, **which):
    return [warning async for _, warning in importer.imports.warnings(import_id, **which)]


async def test_a_warning_changes_no_row_and_no_counter(shop, doubting):
    rows = [HEADER, ["A", "Tea", ""], ["B", "?odd", "red"], ["C", "??", ""], ["D", "? cup", ""]]
    report = await run(doubting, shop, rows, parser="tiny")

    assert report.status is Status.COMPLETED
    assert ledger(report) == (3, 0, 0, 0, 1, 0)
    assert (await shop.product("b"))["name"] == "?odd"
    assert report.warnings == {"doubtful": 2, "odd": 1}
    expected = [
        RowWarning("doubtful", "This is doubtful.", 3, 2, "name", "?odd"),
        RowWarning("doubtful", "This is doubtful.", 5, 4, "name", "? cup"),
        RowWarning("odd", "This is odd.", 3, 2, "colour", "red"),
    ]
    assert list(report.warned) == expected
    assert await listed(doubting, report.id) == expected
    assert await listed(doubting, report.id, code="odd") == expected[2:]
    assert await listed(doubting, report.id, after=2) == expected[2:]
    assert [(row.code, row.column) for row in report.rejected] == [("wrong", "name")]


async def test_all_are_counted_and_some_of_each_code_are_kept(shop, doubting, monkeypatch):
    monkeypatch.setattr("product_importer.pipeline.warning_log.KEPT_ROWS", 100)
    many = 120
    report = await run(
        doubting, shop, [HEADER, *([f"S{n}", "? cup", ""] for n in range(many))], parser="tiny"
    )

    assert report.warnings == {"doubtful": many}
    kept = await listed(doubting, report.id)
    assert [warning.record for warning in kept] == list(range(1, 101))
    assert len(report.warned) == 10


def test_no_plugin_makes_the_list_grow_without_bound():
    log = WarningLog()
    log.extend(RowWarning(f"code {n}", "Odd.") for n in range(10 * MOST_CODES))

    assert len(log.counts) == MOST_CODES + 1
    assert log.counts["other_warnings"] == 9 * MOST_CODES
    log.extend(RowWarning(f"code {n % 50}", "\0" * 3_000) for n in range(2 * KEPT_IN_ALL))
    assert len(list(log)) == KEPT_IN_ALL
    assert max(len(warning.message) for warning in log) == 2_000
    assert not any("\0" in warning.message for warning in log)


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_warning_ends_the_import_where_that_is_asked_for(shop, doubting, dry_run):
    rows = [HEADER, ["A", "Tea", ""], ["B", "?odd", "red"]]
    report = await run(doubting, shop, rows, on_warning="abort", dry_run=dry_run)

    assert report.status is Status.FAILED
    assert report.state.message.startswith("2 warnings were given (doubtful 1, odd 1) and none is allowed")
    assert report.warnings == {"doubtful": 1, "odd": 1}
    assert [warning.line for warning in report.warned] == [3, 3]
    assert await shop.products() == {}


async def test_blank_rows_are_listed_and_end_no_import(shop):
    report = await shop.run([HEADER, ["A", "Tea", ""], ["", " ", ""]], on_warning="abort")

    assert ledger(report) == (1, 0, 0, 0, 0, 1)
    assert [(each.code, each.line, each.record) for each in report.warned] == [("blank_row", 3, 2)]


@pytest.mark.parametrize(("policy", "winner"), [("last", 6), ("first", 2)])
async def test_each_duplicate_is_listed_with_the_line_that_counts(shop, policy, winner):
    rows = [
        HEADER,
        ["A", "Tea", ""],
        ["B", "Cup", ""],
        ["a", "Tea 2", ""],
        ["C", "Pot", ""],
        ["A ", "Tea 3", ""],
    ]
    report = await shop.run(rows, duplicates=policy, parser="tiny")

    assert report.warnings == {"duplicate_left_out": 2}
    assert [warning.line for warning in report.warned] == [line for line in (2, 4, 6) if line != winner]
    assert all(f"line {winner}, which has the same SKU" in warning.message for warning in report.warned)
    assert report.duplicate == 2


class SmallBatches(TinyBatches):
    name = "small-batches"


async def test_all_duplicates_are_counted(shop):
    rows = [HEADER, *([f"S{n % 500}", f"Name {n}", ""] for n in range(2_500))]
    importer = await shop.open(Plugin(parsers=[SmallBatches(99)]))
    report = await run(importer, shop, rows, parser="small-batches")

    assert report.warnings == {"duplicate_left_out": 2_000}
    assert report.duplicate == 2_000
    assert len(await listed(importer, report.id)) == KEPT_ROWS


async def test_a_resumed_import_lists_its_warnings_once(shop, doubting):
    rows = [HEADER, ["A", "?odd", ""], ["a", "?odd", ""], ["10017", "Bolt", ""], ["10017.0", "Bolt", ""]]
    first = await run(doubting, shop, rows, on_warning="abort")
    assert first.status is Status.FAILED

    expected = {"doubtful": 2, "odd": 2, "duplicate_left_out": 1, "sku_twin_point_zero": 1}
    assert first.warnings == expected

    again = await doubting.imports.resume(first.id)

    assert again.warnings == expected
    assert again.warned == first.warned


async def test_an_empty_table_is_said_to_be_one(shop):
    report = await shop.run([HEADER])

    assert report.status is Status.COMPLETED
    assert report.warnings == {"no_rows": 1}


@pytest.mark.parametrize(
    ("there", "file", "code"),
    [
        (["10017"], ["10017.0"], "sku_twin_point_zero"),
        pytest.param(["10017"], ["10017.00"], "sku_twin_point_zero", marks=pytest.mark.whole),
        (["10017.0"], ["10017"], "sku_twin_point_zero"),
        (["0017"], ["17"], "sku_twin_leading_zero"),
        pytest.param(["17"], ["0017"], "sku_twin_leading_zero", marks=pytest.mark.whole),
        ([], ["10017", "10017.0"], "sku_twin_point_zero"),
        ([], ["0017", "17"], "sku_twin_leading_zero"),
        (["1e5"], ["100000"], "sku_twin_number"),
        pytest.param(["12E+3"], ["12000"], "sku_twin_number", marks=pytest.mark.whole),
        pytest.param(["1.000"], ["1000"], "sku_twin_number", marks=pytest.mark.whole),
        pytest.param(['"1,299"'], ["1299"], "sku_twin_number", marks=pytest.mark.whole),
        (["17.50"], ["17.5"], "sku_twin_number"),
        pytest.param(['"1,5"'], ["1.5"], "sku_twin_number", marks=pytest.mark.whole),
        (["3-4"], ["03.04.2026"], "sku_is_date"),
        pytest.param([], ["2026-04-03T00:00:00"], "sku_is_date", marks=pytest.mark.whole),
        pytest.param([], ["03. Mrz"], "sku_is_date", marks=pytest.mark.whole),
        pytest.param([], ["12:30:00"], "sku_is_date", marks=pytest.mark.whole),
    ],
)
async def test_twins_are_warned_of(shop, there, file, code):
    await shop.run([HEADER, *([sku, "Bolt", ""] for sku in there)])
    report = await shop.run([HEADER, *([sku, "Bolt", ""] for sku in file)])

    assert report.warnings == {code: 1}
    (warning,) = report.warned
    assert warning.column == "sku"
    assert warning.value in file
    assert len(await shop.products()) == len(there) + len(file)


@pytest.mark.parametrize(
    "file", [["18", "10018.0", "0018x"], ["17.6"], ["A17"], ["017.x"], ["2026-04-03", "1299"], ["10-20-30"]]
)
async def test_other_numbers_are_no_twins(shop, file):
    there = ("0017", "10017", "17.50", "2026-04-03", "1299", "1.299")
    await shop.run([HEADER, *([sku, "Bolt", ""] for sku in there)])

    assert (await shop.run([HEADER, *([sku, "Bolt", ""] for sku in file)])).warnings == {}


async def test_damage_in_the_file_is_listed_with_its_line(shop):
    rows = [["sku", "name", "size"], ["A", "MÃ¼sli", ""], ["B", "Cup", "NULL"], ["Total", "2 products", ""]]
    report = await shop.run(rows)

    assert report.warnings == {"decoded_twice": 1, "null_word": 1, "total_row": 1}
    assert [(each.line, each.column, each.value) for each in report.warned] == [
        (2, "name", "MÃ¼sli"),
        (3, "size", "NULL"),
        (4, "sku", "Total"),
    ]


async def test_a_product_that_is_typed_in_is_not_refused_for_a_warning(doubting):
    product = await doubting.catalogue.create(ProductDraft(sku="A", name="?odd"), actor="test")

    assert product.name == "?odd"


async def test_a_preview_shows_warnings_beside_errors(shop, doubting):
    shown = await doubting.imports.preview(shop.file([HEADER, ["A", "?odd", "NULL"], ["B", "??", ""]]))

    assert [[error.code for error in row.errors] for row in shown.rows] == [[], ["wrong"]]
    assert [warning.code for warning in shown.rows[0].warnings] == ["doubtful", "odd", "null_word"]


async def test_a_file_that_is_read_again_is_warned_of_once(shop):
    """The last row shows how the prices are written, so the whole file is read a second time."""
    report = await shop.run("sku,name,price,size\nA,Tea,1.299,NULL\n,,,\nB,Cup,12.50,M\n")

    assert report.created == 2
    assert report.warnings == {"null_word": 1, "blank_row": 1, "price_three_decimals": 1}
    (said,) = [warning for warning in report.warned if warning.code == "price_three_decimals"]
    assert (said.line, said.column) == (None, "price")


async def test_a_guess_that_was_given_up_leaves_no_warning(shop):
    """The column is taken for a price first, then for none, which is what is told."""
    rows = "".join(f"S{number},Cup {number},NULL\n" for number in range(300))
    report = await shop.run("sku,name,price\n" + rows)

    assert report.created == 300
    assert report.warnings == {"null_word": 300, "column_is_no_field": 1}


async def test_column_warnings_are_stored_also_where_reading_ends_early(shop):
    report = await shop.run("sku,name,Product Visible?\nA,,no\nB,,no\n", max_errors=0)

    assert report.status is Status.FAILED
    assert report.warnings["column_overlooked"] == 1


async def test_marks_of_spreadsheets_are_warned_of(shop):
    report = await shop.run('sku,name,price\n"=""0017""",Tea,"=""4.50"""\nB,\'0012,5\n')

    assert report.created == 2
    assert report.warnings == {"spreadsheet_mark_removed": 3}


async def test_what_is_taken_off_without_loss_is_no_reason_to_abort(shop):
    report = await shop.run("sku,name\n'0017,Tea\nB\u200b1,Cup\n", on_warning="abort")

    assert report.created == 2
    assert report.warnings == {"spreadsheet_mark_removed": 1, "invisible_characters_removed": 1}
