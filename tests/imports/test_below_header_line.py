"""Files whose header isn't on the first line: previewed, imported, resumed, with the file's own lines."""

import pytest

from product_importer import ImportOptions
from product_importer.model import Status
from shop import TINY

TOP = b"Price list spring\n\n"
HEADER = b"SKU;Name;Price\n"
ROWS = b"".join(b"S%03d;Name %d;1.50\n" % (number, number) for number in range(3 * TINY))
UNCERTAIN = b"artno;bez;vk\nArtikelnummer;Bezeichnung;Preis\nA;B;1\n"


async def test_lines_are_those_of_the_file(shop):
    importer = await shop.importer()
    report = await importer.run(shop.file(TOP + HEADER + b"A;Tea;1\nB;;1\n"), ImportOptions())
    assert (report.status, report.created, report.invalid) == (Status.COMPLETED, 1, 1)
    (row,) = [row async for row in importer.imports.rejects(report.id)]
    assert (row.line, row.record) == (5, 2)
    (warning,) = [row async for _, row in importer.imports.warnings(report.id)]
    assert (warning.code, warning.line) == ("lines_above_header", 3)


async def test_a_given_line_is_taken_without_a_word(shop):
    importer = await shop.importer()
    options = ImportOptions(reading={"header_line": "2"})
    report = await importer.run(shop.file(UNCERTAIN), options)
    assert (report.created, dict(report.state.warnings)) == (1, {})


async def test_an_uncertain_header_is_asked_for_before_anything_is_written(shop):
    importer = await shop.importer()
    report = await importer.run(shop.file(UNCERTAIN), ImportOptions())
    assert report.status is Status.WAITING
    (question,) = report.state.questions
    assert question.code == "header_line"
    assert await shop.products() == {}
    answer = ImportOptions(**question.given(question.answers[0].value))
    assert (await importer.run(shop.file(UNCERTAIN), answer)).created == 1


async def test_the_preview_reads_alike(shop):
    importer = await shop.importer()
    preview = await importer.imports.preview(TOP + HEADER + ROWS, complete=False)
    assert (preview.header, preview.problem) == (("SKU", "Name", "Price"), None)
    assert [(row.line, row.record) for row in preview.rows[:2]] == [(4, 1), (5, 2)]
    preview = await importer.imports.preview(UNCERTAIN, complete=True)
    assert preview.problem is not None
    assert preview.problem.code == "questions_open"


@pytest.mark.parametrize(
    "text",
    [
        b'"Name\n(text)",SKU,Price\nFoo,A1,12.50\n',
        b'"ID","Text ""a\nb""",SKU,Name\n1,x,A1,Foo\n',
        b'"Our list\nSKU,Name,Price",,\n"SKU\n(text)",Name,Price\nA1,Foo,12.50\n',
    ],
)
async def test_a_header_with_quoted_line_ends_is_one_line(shop, text):
    importer = await shop.importer()
    whole = await importer.imports.preview(text, complete=True)
    part = await importer.imports.preview(text + b"B2,Bar", complete=False)
    assert (part.header, part.mapping, part.rows) == (whole.header, whole.mapping, whole.rows)
    report = await importer.run(shop.file(text), ImportOptions())
    assert (report.created, report.invalid) == (1, 0)
    products = await shop.products()
    assert products["a1"]["name"] == "Foo"


async def test_a_header_that_the_part_cuts_off_is_not_previewed(shop):
    importer = await shop.importer()
    preview = await importer.imports.preview(b"Price list\nx\nsku;name;pri", complete=False)
    assert "sku" not in preview.header


async def test_a_resumed_import_finds_the_same_header(shop):
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file(TOP + HEADER + ROWS), ImportOptions(parser="tiny"))
    await importer.imports.resume(import_id)
    await shop.connection.execute("DELETE FROM import_chunks WHERE first > 10")
    await shop.connection.execute(
        "ALTER TABLE imports DISABLE TRIGGER check_transition;"
        f"UPDATE imports SET status = 'failed' WHERE id = {import_id};"
        "ALTER TABLE imports ENABLE TRIGGER check_transition"
    )
    report = await importer.imports.resume(import_id)
    assert (report.status, report.read) == (Status.COMPLETED, 3 * TINY)


async def test_repeated_columns_below_a_title_are_numbered(shop):
    importer = await shop.importer()
    content = b"Our list\nSKU,Name,Image,Image,image\nA,Tea,a.jpg,b.jpg,c.jpg\n"
    await importer.run(shop.file(content), ImportOptions())
    products = await shop.products()
    assert products["a"]["attributes"] == {"Image": "a.jpg", "Image (2)": "b.jpg", "image (3)": "c.jpg"}
