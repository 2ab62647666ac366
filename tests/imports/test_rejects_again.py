"""A file of rejected rows is read as the import read them that it came from."""

import csv
import hashlib
import io

import pytest

from product_importer.delimited.formulas import STARTS
from product_importer.delimited.rejects_file import fingerprint, rejects_csv
from shop import ledger


async def rejected(importer, report):
    """The file's text."""
    pages = rejects_csv(report.state, importer.imports.rejects(report.id))
    return "".join([page async for page in pages])


async def reasons(importer, report):
    return [(row.code, row.message) async for row in importer.imports.rejects(report.id)]


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def text_of(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("parser", ["csv", "tiny"])
async def test_unchanged_rows_are_rejected_again_by_the_same_codes(shop, parser):
    importer = await shop.importer()
    content = (
        'sku,name,price\nA,Tea,"4,5x"\nB,Tea,1,2\n\0C,Tea,1\nsku,name,price\n,Tea,3\n'
        "#N/A,Tea,1\nD,4.5E+12,1\nG,good,1\n"
    )
    first = await shop.run(content, parser=parser)
    assert ledger(first) == (1, 0, 0, 0, 7, 0)
    text = await rejected(importer, first)
    second = await shop.run(text, parser=parser)
    assert ledger(second) == (0, 0, 0, 0, 7, 0)
    codes = [code for code, _ in await reasons(importer, first)]
    assert [code for code, _ in await reasons(importer, second)] == codes
    third = await shop.run(await rejected(importer, second), parser=parser)
    assert [code for code, _ in await reasons(importer, third)] == codes


async def test_mended_rows_are_accepted(shop):
    importer = await shop.importer()
    first = await shop.run("sku,name,price\n\0A,Tea,1\nB,Tea,1,2\nsku,name,price\n")
    header, nul, surplus, repeated = rows_of(await rejected(importer, first))
    nul[0], surplus[2] = "A", "1.2"
    text = text_of([header, nul, surplus[: len(header)], repeated])
    second = await shop.run(text)
    assert ledger(second) == (2, 0, 0, 0, 1, 0)
    assert sorted(await shop.products()) == ["a", "b"]


async def test_columns_are_what_they_were(shop):
    importer = await shop.importer()
    content = "Code,Bezeichnung,sku,=Colour,Left\nA,Tea,x,red,1\n,Cup,y,blue,2\n"
    mapping = {"Code": "sku", "Bezeichnung": "name", "sku": "attribute", "Left": "ignore"}
    first = await shop.run(content, map=mapping)
    assert ledger(first) == (1, 0, 0, 0, 1, 0)
    text = await rejected(importer, first)
    preview = await importer.imports.preview(text.encode(), complete=True)
    assert preview.problem is None
    assert {preview.mapping[column] for column in ("rejected_line", "rejected_message")} == {"ignore"}
    assert [error.code for error in preview.rows[0].errors] == ["sku_missing"]

    rows = rows_of(text)
    rows[1][0] = "B"
    assert ledger(await shop.run(text_of(rows))) == (1, 0, 0, 0, 0, 0)
    product = await shop.product("b")
    assert (product["name"], product["attributes"]) == ("Cup", {"sku": "y", "=Colour": "blue"})

    again = await shop.run(
        text_of(rows), map={"Bezeichnung": "attribute", "'=Colour": "ignore", "Left": "name"}
    )
    assert again.state.mapping["Code"] == "sku"
    assert (await shop.product("b"))["name"] == "2"


async def test_options_of_the_import_hold_too(shop):
    importer = await shop.importer()
    first = await shop.run("sku,name,Colour\n,Tea,red\n", extra="ignore")
    rows = rows_of(await rejected(importer, first))
    rows[1][0] = "A"
    await shop.run(text_of(rows))
    assert (await shop.product("a"))["attributes"] == {}


async def test_another_databases_import_is_not_asked(shop):
    importer = await shop.importer()
    first = await shop.run("Code,name\n,Tea\n", map={"Code": "sku"})
    text = (await rejected(importer, first)).replace(f"import {first.id} (", f"import {first.id} (0")
    report = await shop.run(text.replace(")", "", 1))
    assert [question.key for question in report.state.questions] == ["Code"]


async def test_files_of_five_columns_still_work(shop):
    content = "sku,name,line,record,column,code,message\nA,Tea,2,1,,too_many_cells,x\n"
    assert ledger(await shop.run(content)) == (1, 0, 0, 0, 0, 0)
    assert (await shop.product("a"))["attributes"] == {}


async def test_rejected_rows_are_not_all_products(shop):
    importer = await shop.importer()
    first = await shop.run("sku,name\nA,Tea\n,Cup\n")
    report = await shop.run(await rejected(importer, first), missing="deactivate")
    assert "rejected rows of an import" in report.state.message
    assert (await shop.product("a"))["active"]


async def test_no_cell_is_a_formula_and_every_cell_comes_back(shop):
    importer = await shop.importer()
    content = (
        'sku,=kind,name,price,active\n=1+1,=cmd,=1+1,=2+5,=x\n\'30235,x,"=HYPERLINK(""x"")",-5,1\n'
        "=\"0017\",'=a,@x;=1+1,,?\n'0018,'x,a;=1+1,,?\n"
    )
    first = await shop.run(content)
    assert ledger(first) == (0, 0, 0, 0, 4, 0)
    text = await rejected(importer, first)
    assert not any(cell.startswith(STARTS) for row in rows_of(text) for cell in row)
    assert '"a;=1+1"' in text
    second = await shop.run(text)
    assert await reasons(importer, second) == await reasons(importer, first)

    rows = rows_of(text)
    for row in rows[1:]:
        row[3:5] = ["1", "yes"]
    assert ledger(await shop.run(text_of(rows))) == (4, 0, 0, 0, 0, 0)
    found = {it["sku"]: (it["name"], it["attributes"]) for it in (await shop.products()).values()}
    assert found == {
        "=1+1": ("=1+1", {"=kind": "=cmd"}),
        "30235": ('=HYPERLINK("x")', {"=kind": "x"}),
        "0017": ("@x;=1+1", {"=kind": "=a"}),
        "0018": ("a;=1+1", {"=kind": "'x"}),
    }


BROKEN = 'sku,name,price\nA2,"Screen 24" wide",12.50\n'


def resaved(rows):
    """As a spreadsheet saves them: it takes for a number whatever may be one."""
    for row in rows[1:]:
        for place, cell in enumerate(row):
            try:
                row[place] = f"{float(cell):.6G}"
            except ValueError:
                row[place] = cell.replace("\n", "\r\n")
    return rows


@pytest.mark.parametrize("printed", [None, "123456789012", "12e456789012"])
async def test_saving_the_file_anew_mends_nothing(shop, printed):
    importer = await shop.importer()
    first = await shop.run(BROKEN)
    rows = rows_of(await rejected(importer, first))
    assert [row[-3] for row in rows[1:]] == ["text_after_quote"]
    rows[1][-1] = printed or rows[1][-1]
    second = await shop.run(text_of(resaved(rows)))
    assert ledger(second) == (0, 0, 0, 0, 1, 0)
    assert [code for code, _ in await reasons(importer, second)] == ["text_after_quote"]


@pytest.mark.parametrize("old", [False, True])
async def test_mended_texts_are_accepted_after_saving_anew(shop, old):
    importer = await shop.importer()
    rows = rows_of(await rejected(importer, await shop.run(BROKEN)))
    if old:
        rows[1][-1] = hashlib.sha256("\0".join(rows[1][:3]).encode()).hexdigest()[:12]
        assert ledger(await shop.run(text_of(rows))) == (0, 0, 0, 0, 1, 0)
    rows[1][1] = 'Screen 24" wide'
    rows[1][2] = "12.5"
    assert ledger(await shop.run(text_of(rows))) == (1, 0, 0, 0, 0, 0)
    assert (await shop.product("a2"))["name"] == 'Screen 24" wide'


@pytest.mark.parametrize("seed", range(20))
def test_no_fingerprint_is_a_number(seed):
    assert fingerprint([str(seed)])[0].isalpha()
    assert fingerprint(["Tea", f"{seed}.50", "a\r\nb"]) == fingerprint(["Tea ", f"{seed},5", "a\nb"])
    assert fingerprint(["Tea", "0"]) != fingerprint(["tea", "0"])


async def mended(importer, report):
    """The file of its rejected rows, with prices that can be read."""
    return (await rejected(importer, report)).replace("dear", "5")


async def test_the_mode_of_the_import_holds_for_its_rejected_rows(shop):
    importer = await shop.importer()
    await shop.run("sku,name,price\nA,Tea,1\n")
    first = await shop.run("sku,name,price\nA,Tea,dear\nB,Cup,dear\n", mode="update")
    second = await shop.run(await mended(importer, first))
    assert ledger(second) == (0, 1, 0, 0, 0, 1)
    assert sorted(await shop.products()) == ["a"]
    given = await shop.run(await mended(importer, first), mode="create")
    assert ledger(given) == (1, 0, 0, 0, 0, 1)


async def test_rejected_rows_of_products_to_delete_are_deleted_however_often_they_are_mended(shop):
    importer = await shop.importer()
    await shop.run("sku,name\nA,Tea\nB,Cup\n")
    first = await shop.run("name,sku\nTea,A,x\n", mode="delete")
    second = await shop.run(await rejected(importer, first))
    assert (first.invalid, second.invalid) == (1, 1)
    header, row = rows_of(await rejected(importer, second))
    third = await shop.run(text_of([header, row[: len(header)]]).replace("Tea", "Any tea"))
    assert third.counts.deleted == 1
    assert sorted(await shop.products()) == ["b"]


async def test_the_column_of_commands_holds_for_rejected_rows(shop):
    importer = await shop.importer()
    await shop.run("sku,name,price\nA,Tea,1\nB,Cup,1\n")
    content = "sku,name,price,Command\nA,Tea,dear,update\nB,Cup,1,remove\n"
    first = await shop.run(content, command_column="command")
    assert ledger(first) == (0, 0, 0, 0, 2, 0)
    second = await shop.run((await mended(importer, first)).replace("remove", "delete"))
    assert (second.updated, second.counts.deleted) == (1, 1)
    assert sorted(await shop.products()) == ["a"]
