"""Rejected rows are corrected and resubmitted: each row counts once, for what became of it in the end."""

import csv
import io

import pytest

from product_importer.errors import ConflictError, ImportBusy, ImportNotFound, UsageError
from product_importer.model import ImportOptions
from product_importer.model.resubmissions import CorrectedRow, Correction
from product_importer.model.transforms import Constant, LeaveOut, Replace, Split
from shop import ledger

CONTENT = "SKU,Title,Price,Colour\nA,Tea,1,red\n,Cup,2,blue\nC,Pot,3x,green\n,Jar,4,\nE,Can,5,\nA,Tea,6,\n"
"""Two rows without a SKU, one without a number, and a duplicate of the first row."""


async def rejects_of(importer, import_id):
    return {row.record: row async for row in importer.imports.rejects(import_id)}


async def file_of(importer, import_id):
    return b"".join([piece async for piece in importer.imports.rejects_file(import_id)]).decode()


async def resubmitted(importer, import_id, rows=(), **others):
    """The report of the resubmission."""
    number = await importer.imports.resubmit(import_id, rows, **others)
    return await importer.imports.start(number)


async def resubmitted_file(importer, import_id, text, name="corrected.csv"):
    async def blocks():
        yield text.encode()

    upload = await importer.uploads.receive(name, blocks())
    number = await importer.imports.resubmit_upload(import_id, upload.id)
    return await importer.imports.start(number)


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def text_of(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


async def test_faults_are_groups_of_the_same_first_error(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    faults = await importer.imports.faults(first.id)
    assert [(fault.code, fault.column, fault.rows) for fault in faults] == [
        ("sku_missing", "SKU", 2),
        ("price_not_a_number", "Price", 1),
    ]
    assert faults[0].example.record == 2
    assert faults[1].example.errors[0].value == "3x"
    found = await importer.imports.rejected(first.id, code="sku_missing")
    assert [row.record for row in found] == [2, 4]
    found = await importer.imports.rejected(first.id, code="sku_missing", column="SKU", after=2)
    assert [row.record for row in found] == [4]
    assert await importer.imports.rejected(first.id, column="Title") == []
    assert [row.record for row in await importer.imports.rejected(first.id, limit=2)] == [2, 3]
    with pytest.raises(ImportNotFound):
        await importer.imports.faults(first.id + 1)


async def test_a_resubmitted_row_counts_for_what_became_of_it(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    assert ledger(first) == (2, 0, 0, 1, 3, 0)
    rows = [
        CorrectedRow(2, ("B", "Cup", "2", "blue")),
        CorrectedRow(3, ("C", "Pot", "x3", "green")),
        CorrectedRow(4, ("e", "Can", "5.50")),
    ]
    second = await resubmitted(importer, first.id, rows, actor="user:3")
    assert second.state.of == first.id
    assert second.state.author == "user:3"
    assert ledger(second) == (1, 1, 0, 0, 1, 0)
    after = await importer.imports.report(first.id)
    assert ledger(after) == (3, 1, 0, 1, 1, 0)
    assert after.read == first.read
    assert after.counts.balanced
    assert after.state.percent == 100.0
    left = await rejects_of(importer, first.id)
    assert left.keys() == {3}
    assert left[3].cells == ("C", "Pot", "x3", "green")
    assert left[3].errors[0].value == "x3"
    assert left[3].line == 4
    product = await shop.product("b")
    assert (product["name"], product["attributes"]) == ("Cup", {"Colour": "blue"})
    done = await importer.imports.resubmissions(first.id)
    assert [(each.id, each.rows) for each in done] == [(second.id, 2)]


async def test_the_corrected_file_does_the_same(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    rows = rows_of(await file_of(importer, first.id))
    rows[1][0], rows[3][0] = "B", "D"
    second = await resubmitted_file(importer, first.id, text_of(rows))
    assert ledger(second) == (2, 0, 0, 0, 1, 0)
    assert ledger(await importer.imports.report(first.id)) == (4, 0, 0, 1, 1, 0)
    # The same file again: two rows are done.
    again = await resubmitted_file(importer, first.id, text_of(rows))
    assert ledger(again) == (0, 0, 0, 0, 1, 2)
    assert again.warnings["not_rejected"] == 2
    assert [warning.record for warning in again.warned if warning.code == "not_rejected"] == [1, 3]
    assert ledger(await importer.imports.report(first.id)) == (4, 0, 0, 1, 1, 0)


@pytest.mark.parametrize("parser", ["csv", "tiny"])
async def test_many_rows_are_moved_chunk_by_chunk(shop, parser):
    importer = await shop.importer()
    lines = "".join(f"S{number},Tea,{number}x\n" for number in range(40))
    first = await shop.run("sku,name,price\n" + lines, parser=parser)
    correction = Correction(code="price_not_a_number", steps=(Replace(columns=("price",), old="x"),))
    number = await importer.imports.resubmit(first.id, corrections=[correction])
    await shop.connection.execute(
        "UPDATE imports SET options = options || jsonb_build_object('parser', $2::text) WHERE id = $1",
        number,
        parser,
    )
    second = await importer.imports.start(number)
    assert ledger(second) == (40, 0, 0, 0, 0, 0)
    assert ledger(await importer.imports.report(first.id)) == (40, 0, 0, 0, 0, 0)
    assert await rejects_of(importer, first.id) == {}


async def test_a_blanked_row_stays_rejected_and_a_duplicate_does_not(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    rows = [
        CorrectedRow(2, ("", "", "", "")),
        CorrectedRow(3, ("Z", "Pot", "3")),
        CorrectedRow(4, ("z", "Jar", "4")),
    ]
    second = await resubmitted(importer, first.id, rows)
    assert ledger(second) == (1, 0, 0, 1, 1, 0)
    assert ledger(await importer.imports.report(first.id)) == (3, 0, 0, 2, 1, 0)


async def test_a_row_that_two_resubmit_counts_once(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    row = [CorrectedRow(2, ("B", "Cup", "2"))]
    one, two = [await importer.imports.resubmit(first.id, row) for _ in range(2)]
    other = await shop.open()
    async with other.imports._store.lease(two, revive=False):
        with pytest.raises(ImportBusy, match="being resubmitted by another import"):
            await importer.imports.start(one)
    reports = [await importer.imports.start(one), await other.imports.resume(two)]
    assert [ledger(report) for report in reports] == [(1, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1)]
    assert ledger(await importer.imports.report(first.id)) == (3, 0, 0, 1, 2, 0)
    with pytest.raises(ConflictError, match="1 of 1 are not rejected any more"):
        await importer.imports.resubmit(first.id, row)


async def test_a_row_that_is_left_out_wins_over_no_other(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    rows = rows_of(await file_of(importer, first.id))
    rows[1][0], rows[3][0] = "B", "B"
    await resubmitted(importer, first.id, [CorrectedRow(4, ("D", "Jar", "4"))])
    second = await resubmitted_file(importer, first.id, text_of([*rows[:2], rows[1], rows[3]]))
    assert ledger(second) == (1, 0, 0, 0, 0, 2)
    assert (await shop.product("b"))["name"] == "Cup"
    assert ledger(await importer.imports.report(first.id)) == (4, 0, 0, 1, 1, 0)


async def test_the_check_says_what_the_import_would(shop):
    importer = await shop.importer()
    first = await shop.run("SKU,Title,Price\n,Cup,2\nC,Pot,3x\nD,Jar,4,5\n", decimal="comma")
    cells = {1: ("B", "", "2"), 2: ("C", "Pot", "1.000,5"), 3: ("D", "Jar", "4"), 9: ("X", "Y", "1")}
    checked = await importer.imports.check(first.id, [CorrectedRow(*each) for each in cells.items()])
    assert [(row.record, [error.code for error in row.errors]) for row in checked] == [
        (1, ["name_missing"]),
        (2, []),
        (3, ["too_many_cells"]),  # no cell was changed
        (9, ["not_rejected"]),
    ]
    second = await resubmitted(
        importer, first.id, [CorrectedRow(record, cells[record]) for record in (1, 2, 3)]
    )
    codes = {record: row.code for record, row in (await rejects_of(importer, first.id)).items()}
    assert codes == {1: "name_missing", 3: "too_many_cells"}
    assert second.created == 1
    assert str((await shop.product("c"))["price"]) == "1000.5000"
    checked = await importer.imports.check(first.id, [CorrectedRow(3, ("D", "Jar", "4.5"))])
    assert [error.code for error in checked[0].errors] == ["price_decimal_point"]
    checked = await importer.imports.check(first.id, [CorrectedRow(3, ("D", "Jar", "4,5"))])
    assert checked[0].errors == ()


async def test_all_rows_of_a_kind_are_corrected_by_a_rule(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    rule = Correction(code="sku_missing", column="SKU", steps=(Constant(into="SKU", value="N"),))
    given = [CorrectedRow(3, ("C", "Pot", "3", "green"))]
    second = await resubmitted(importer, first.id, given, corrections=[rule])
    assert ledger(second) == (2, 0, 0, 1, 0, 0)
    assert ledger(await importer.imports.report(first.id)) == (4, 0, 0, 2, 0, 0)


async def test_a_rule_sets_a_value_and_may_leave_rows_as_they_are(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    rule = Correction(code="price_not_a_number", column="Price", value="3.5")
    checked = await importer.imports.check(first.id, [CorrectedRow(3, ("C", "Pot", "3x"))], rule)
    assert (checked[0].cells, checked[0].errors) == (("C", "Pot", "3.5", ""), ())
    leaving = Correction(
        code="sku_missing",
        steps=(Constant(into="SKU", value="N"), LeaveOut(code="x", message="y", holds={"Title": ("Jar",)})),
    )
    second = await resubmitted(importer, first.id, corrections=[rule, leaving])
    assert ledger(second) == (2, 0, 0, 0, 1, 0)
    for steps, reason in [
        ((Split(column="Title", separator=" ", into=("Title", "Rest")),), "would add the column 'Rest'"),
        ((Replace(columns=("Wrong",), old="x"),), "names the column 'Wrong'"),
    ]:
        with pytest.raises(UsageError, match=reason):
            await importer.imports.check(first.id, [], Correction(code="sku_missing", steps=steps))
    with pytest.raises(UsageError, match="A value can only be set in a column"):
        await importer.imports.check(first.id, [], Correction(code="sku_missing", column="X", value="y"))


async def test_what_cannot_be_resubmitted_is_refused(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    for rows, reason in [
        ([], "no corrected rows"),
        ([CorrectedRow(2, ("a",) * 5)], "has 5 cells, but the file has 4 columns"),
        ([CorrectedRow(2, ("a",)), CorrectedRow(2, ("b",))], "given twice"),
    ]:
        with pytest.raises(UsageError, match=reason):
            await importer.imports.resubmit(first.id, rows)
    planned = await shop.run(CONTENT, dry_run=True)
    with pytest.raises(ConflictError, match="is planned"):
        await importer.imports.resubmit(planned.id, [CorrectedRow(2, ("a",))])
    second = await resubmitted(importer, first.id, [CorrectedRow(2, ("", "Cup", "2"))])
    with pytest.raises(ConflictError, match=f"Correct and resubmit the rows of import {first.id}"):
        await importer.imports.resubmit(second.id, [CorrectedRow(1, ("a",))])


async def test_another_file_is_refused(shop):
    importer = await shop.importer()
    first, other = await shop.run(CONTENT), await shop.run(CONTENT)
    for text in (CONTENT, await file_of(importer, other.id)):
        report = await resubmitted_file(importer, first.id, text)
        assert report.status == "failed"
        assert f"doesn't hold the rejected rows of import {first.id}" in report.state.message
    assert ledger(await importer.imports.report(first.id)) == ledger(first)


async def test_rows_without_the_place_are_left_out(shop):
    importer = await shop.importer()
    first = await shop.run(CONTENT)
    rows = rows_of(await file_of(importer, first.id))
    place = rows[0].index("record")
    rows[1][0], rows[1][place] = "B", ""
    rows[2][2], rows[2][place] = "3", "3.0"
    rows[3][0], rows[3][place] = "X", "1"
    second = await resubmitted_file(importer, first.id, text_of(rows))
    assert ledger(second) == (1, 0, 0, 0, 0, 2)
    assert sorted(await shop.products()) == ["a", "c", "e"]
    assert (await rejects_of(importer, first.id)).keys() == {2, 4}


async def test_rows_are_merged_as_their_import_did(shop):
    importer = await shop.importer()
    await shop.run("sku,name,price\nA,Tea,1\nB,Cup,2\n")
    first = await shop.run(
        "Code;Was;Preis\nA;;1,5x\nB;;2,5\nC;;3x\n",
        map={"Code": "sku", "Was": "name", "Preis": "price"},
        decimal="comma",
        mode="update",
        delimiter=";",
        missing="deactivate",
    )
    assert ledger(first) == (0, 1, 0, 0, 2, 0)
    rule = Correction(code="price_not_a_number", steps=(Replace(columns=("Preis",), old="x"),))
    second = await resubmitted(importer, first.id, corrections=[rule])
    assert ledger(second) == (0, 1, 0, 0, 0, 1)
    assert second.warnings["unknown_sku"] == 1
    assert ledger(await importer.imports.report(first.id)) == (0, 2, 0, 0, 0, 1)
    assert str((await shop.product("a"))["price"]) == "1.5000"


async def test_rejected_rows_of_a_file_of_rejected_rows_keep_their_columns(shop):
    importer = await shop.importer()
    root = await shop.run(CONTENT)
    first = await shop.run(await file_of(importer, root.id))
    assert ledger(first) == (0, 0, 0, 0, 3, 0)
    before = await rejects_of(importer, first.id)
    second = await resubmitted(
        importer, first.id, [CorrectedRow(1, ("B", "Cup", "2")), CorrectedRow(2, ("C", "Pot", "y", "g"))]
    )
    assert ledger(second) == (1, 0, 0, 0, 1, 0)
    after = await rejects_of(importer, first.id)
    assert after.keys() == {2, 3}
    assert after[2].cells[:4] == ("C", "Pot", "y", "g")
    assert after[2].cells[4:] == before[2].cells[4:]
    assert after[3] == before[3]


async def test_a_new_product_without_a_name_is_rejected_again(shop):
    importer = await shop.importer()
    first = await shop.run("sku,name\n,Tea\n,Cup\n")
    second = await resubmitted(importer, first.id, [CorrectedRow(1, ("A",)), CorrectedRow(2, ("B", "Cup"))])
    assert ledger(second) == (1, 0, 0, 0, 1, 0)
    left = await rejects_of(importer, first.id)
    assert [(row.cells, row.code) for row in left.values()] == [(("A", ""), "name_missing")]


async def test_the_options_of_the_file_are_not_those_of_the_corrected_rows(shop):
    """The import's steps have changed the cells already."""
    importer = await shop.importer()
    steps = (Replace(columns=("price",), old="1", new="11"),)
    path = shop.file("sku;name;price\n;Tea;1\nB;Cup;1\n".encode("utf-16"))
    first = await importer.run(path, ImportOptions(transforms=steps, encoding="utf-16", delimiter=";"))
    second = await resubmitted(importer, first.id, [CorrectedRow(1, ("A", "Tea", "11"))])
    assert ledger(second) == (1, 0, 0, 0, 0, 0)
    assert str((await shop.product("a"))["price"]) == "11.0000"
