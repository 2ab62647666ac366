"""The inspection of a file: its format, its columns, questions about it, and a proposed profile."""

import time

import pytest

from product_importer.errors import FileError
from product_importer.model import ImportOptions, Question, Shape, options_with


async def inspected(shop, content, name=None, **options):
    importer = await shop.importer()
    return await importer.imports.inspect(shop.file(content, name), ImportOptions(**options))


async def test_a_file_and_its_columns(shop):
    found = await inspected(shop, "sku,name,price,stock\nA1,Tea,4.50,3\nA2,Grüner Tee,12.00,\n", "tea.csv")

    assert (found.filename, found.parser, found.rows, found.complete) == ("tea.csv", "csv", 2, True)
    assert [(each.value, each.shown) for each in found.encodings] == [("utf-8", ("Grüner Tee",))]
    assert [(each.name, each.use, each.cells, each.blank) for each in found.columns] == [
        ("sku", "sku", 2, 0),
        ("name", "name", 2, 0),
        ("price", "price", 2, 0),
        ("stock", "stock", 1, 1),
    ]
    assert found.columns[0].shapes == (Shape("a9", 2, "A1"),)
    assert found.columns[2].shapes == (Shape("9.9", 2, "4.50"),)
    assert (found.questions, found.problem) == ((), None)


async def test_the_proposed_profile_reads_the_file_in_the_same_way(shop):
    found = await inspected(shop, "SKU;Title;Shade\nA;Schön;red\n".encode("cp1252"))

    assert (found.profile.encoding, found.profile.delimiter) == ("cp1252", ";")
    assert found.profile.map == {"SKU": "sku", "Title": "name"}
    importer = await shop.importer()
    report = await importer.run(
        shop.file("SKU;Title;Shade\nA;Schön;red\n".encode("cp1252")), options_with(found.profile, {})
    )
    assert report.created == 1
    assert (await shop.product("a"))["attributes"] == {"Shade": "red"}


async def test_questions_are_asked_and_answered_provisionally(shop):
    found = await inspected(shop, b"sku,name\nA,sch\x9an\n")
    (question,) = found.questions

    assert isinstance(question, Question)
    assert question.option == "encoding"
    assert found.encodings == question.answers
    assert [each.name for each in found.columns] == ["sku", "name"]
    assert found.profile.encoding == question.answers[0].value


async def test_damage_is_counted(shop):
    rows = "".join(f"A{n},Tea,#REF!\n" for n in range(9))
    found = await inspected(shop, "sku,name,note\n" + rows)

    (code,) = found.damage
    assert found.damage[code] == 9
    assert [warning.line for warning in found.warnings] == [2, 3, 4]


async def test_what_would_be_refused_has_its_problem(shop):
    found = await inspected(shop, b"PK\x03\x04nothing", "goods.zip")
    assert found.problem is not None
    assert found.columns == ()
    with pytest.raises(FileError):
        await (await shop.importer()).imports.inspect(shop.folder / "none.csv")


async def test_what_would_be_refused_far_below_the_rows_of_a_preview_has_its_problem(shop):
    rows = "".join(f"A{n},Tea\n" for n in range(20_000))
    found = await inspected(shop, f'sku,name\n{rows}B,"Cup\n')

    assert found.complete
    assert (found.problem.code, found.problem.line) == ("unterminated_quote", 20_002)


async def test_columns_are_shown_although_none_is_the_sku(shop):
    found = await inspected(shop, "Thing,Title\nA1,Tea\n")

    assert found.problem is not None
    assert [(each.name, each.cells) for each in found.columns] == [("Thing", 1), ("Title", 1)]


@pytest.mark.whole
async def test_only_the_first_part_is_looked_at_and_that_is_quick(shop):
    rows = "".join(f"A{n},Name of number {n},{n}.50,yes,{n}\n" for n in range(60_000))
    path = shop.file("sku,name,price,active,stock\n" + rows)
    importer = await shop.importer()
    await importer.imports.inspect(path)
    began = time.perf_counter()
    found = await importer.imports.inspect(path)

    assert time.perf_counter() - began < 3, "0.3 s on an idle machine"
    assert (found.complete, found.problem, found.questions) == (False, None, ())
    assert 10_000 < found.rows < 60_000


async def test_an_inspection_saves_nothing(shop):
    await inspected(shop, "sku,name,note\nA,B,C\n")
    assert await shop.products() == {}
    assert await shop.connection.fetchval("SELECT count(*) FROM imports") == 0


async def test_answers_let_see_what_comes_after_their_questions(shop):
    """The questions are still listed, so that another answer can be chosen."""
    importer = await shop.importer()
    content = b"sku,name,price\nA,sch\x9an,1.299\n"
    likely = await importer.imports.inspect(content, complete=True)
    found = await importer.imports.inspect(content, complete=True, answers={"encoding": "mac-roman"})

    assert [each.code for each in found.questions] == [each.code for each in likely.questions]
    assert [each.option for each in found.questions] == ["encoding", "decimal"]
    assert found.profile.encoding == "mac-roman"
    assert found.provisional == ()


async def test_a_part_may_raise_questions_that_the_rest_answers(shop):
    importer = await shop.importer()
    content = b"sku,name,price\nA,Tea,1.299\n"
    found = await importer.imports.inspect(content)
    assert [each.code for each in found.questions] == ["decimal_sign"] == list(found.provisional)


async def test_no_more_rows_are_looked_at_than_wanted(shop):
    importer = await shop.importer()
    content = b"sku,name\n" + b"".join(b"S%d,Tea\n" % number for number in range(40_000))
    found = await importer.imports.inspect(content, complete=True, rows=100)
    assert 100 <= found.rows < 40_000
    assert found.complete is False
