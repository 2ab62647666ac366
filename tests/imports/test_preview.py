"""What a file's first part shows, wherever it ends."""

import asyncio
import threading
import time
from contextlib import nullcontext

import pytest

from books import Books, book
from product_importer.errors import FileError, PluginError, UsageError
from product_importer.model import Complaint, Dialect, ImportOptions, RowError
from product_importer.pipeline.peek import Peek
from shop import Plugin

CSV = "SKU;Title;Price;Colour\nA;Äpfel;1,50;red\n\nB;Birnen;2;\n ; ;;\nC;Quitten\n;Nameless;3;\n"


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
async def importer(shop):
    return await shop.importer()


async def test_a_whole_file(importer):
    preview = await importer.imports.preview(CSV.encode(), complete=True)

    assert preview.dialect == Dialect("utf-8", ";")
    assert preview.header == ("SKU", "Title", "Price", "Colour")
    assert preview.mapping == {"SKU": "sku", "Title": "name", "Price": "price", "Colour": "attribute"}
    assert [(row.line, row.record, row.cells) for row in preview.rows] == [
        (2, 1, ("A", "Äpfel", "1,50", "red")),
        (4, 3, ("B", "Birnen", "2", "")),
        (6, 5, ("C", "Quitten", "", "")),
        (7, 6, ("", "Nameless", "3", "")),
    ]
    assert [[error.code for error in row.errors] for row in preview.rows] == [
        [],
        [],
        [],
        ["sku_missing"],
    ]
    assert (preview.rows[3].errors[0].column, preview.rows[3].errors[0].value) == ("SKU", "")
    assert (preview.problem, preview.complete) == (None, True)


OTHER_ENCODINGS = [
    pytest.param(name, marks=pytest.mark.whole)
    for name in ("utf-8-sig", "utf-16", "utf-16-be", "cp1252", "cp932")
]


@pytest.mark.whole
@pytest.mark.parametrize("encoding", ["utf-8", *OTHER_ENCODINGS])
async def test_wherever_the_part_ends(importer, encoding):
    """Every row shown is one of the file's own, and none of them is wrong."""
    rows = [(f"S{n}", f'"Grün, {n}\n""x"""', "日本") for n in range(22)]
    if encoding == "cp1252":
        rows = [(sku, name, "größer") for sku, name, _ in rows]
    if encoding == "cp932":
        rows = [(sku, name.replace("ü", "日"), word) for sku, name, word in rows]
    content = ("sku,name,word\n" + "".join(",".join(row) + "\n" for row in rows)).encode(encoding)
    true = [(sku, name[1:-1].replace('""', '"'), word) for sku, name, word in rows]
    options = ImportOptions(encoding=encoding if encoding == "cp932" else None)

    most = 0
    for size in [*range(60), *range(60, len(content), 11)]:
        preview = await importer.imports.preview(content[:size], options)
        assert preview.problem is None, (size, preview.problem)
        shown = [row.cells for row in preview.rows]
        assert shown == true[: len(shown)], size
        assert not any(row.errors for row in preview.rows)
        assert len(shown) >= most
        most = len(shown)
    assert most == 20


async def test_no_more_rows_than_wanted(importer):
    content = b"sku,name\n" + b"".join(b"S%d,N\n" % n for n in range(100))

    assert len((await importer.imports.preview(content)).rows) == 20
    assert len((await importer.imports.preview(content, rows=3)).rows) == 3
    assert len((await importer.imports.preview(content, complete=True, rows=100)).rows) == 100


async def test_a_file_by_its_path(importer, shop):
    big = shop.file("sku,name\n" + "A,Apple\n" * 300_000)
    small = shop.file("sku,name\nA,Apple")

    assert (await importer.imports.preview(big)).complete is False
    preview = await importer.imports.preview(small)
    assert preview.complete
    assert [row.cells for row in preview.rows] == [("A", "Apple")]
    with pytest.raises(FileError, match="can't be read"):
        await importer.imports.preview(shop.folder / "nothing.csv")


async def test_what_the_user_says_counts(importer):
    said = ImportOptions(delimiter="|", encoding="cp1252", map={"a": "sku", "b": "name"}, extra="ignore")
    preview = await importer.imports.preview("a|b|c\n1|Gr\xfcn|3\n".encode("cp1252"), said, complete=True)

    assert preview.dialect == Dialect("cp1252", "|")
    assert preview.mapping == {"a": "sku", "b": "name", "c": "ignore"}
    assert preview.rows[0].cells == ("1", "Grün", "3")


async def test_a_missing_column_is_told_with_what_there_is(importer):
    preview = await importer.imports.preview(b"Colour,Title\n1,One\n", complete=True)

    assert preview.problem == Complaint("missing_column", preview.problem.message, 1)
    assert 'Its columns are "Colour", "Title"' in preview.problem.message
    assert preview.header == ("Colour", "Title")


async def test_a_column_that_may_be_the_sku_is_asked_for(importer):
    preview = await importer.imports.preview(b"Reference,Title\n1,One\n", complete=True)

    words = "Does the column 'Reference' hold the SKUs of the products?"
    assert preview.problem == Complaint("questions_open", words, None)
    assert preview.header == ("Reference", "Title")
    assert preview.mapping == {"Reference": "attribute", "Title": "name"}
    assert [(row.cells, row.errors) for row in preview.rows] == [(("1", "One"), ())]


async def test_a_map_that_fits_another_header(importer):
    """The user has chosen columns, and then another delimiter."""
    options = ImportOptions(map={"Article": "sku"}, delimiter=",")
    preview = await importer.imports.preview(b"Article;Title\n1;One\n", options, complete=True)

    assert preview.problem.code == "usage"
    assert "'Article' is not in the file" in preview.problem.message
    assert preview.header == ("Article;Title",)


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        (b"", {}, "empty"),
        (b"sku,name\nA,\xff\n", {"encoding": "utf-8"}, "undecodable"),
        (b'sku,"name" x\n1,2\n', {}, "text_after_quote"),
        (b'sku,name\nA,"open\n', {}, "unterminated_quote"),
        (b"sku,name\nA,B\n", {"delimiter": "ab"}, "bad_delimiter"),
        (b"sku,name\nA," + b"x" * 200_000 + b"\n", {}, "field_too_long"),
    ],
)
async def test_a_file_that_would_be_refused(importer, shop, content, options, code):
    preview = await importer.imports.preview(content, ImportOptions(**options), complete=True)

    assert preview.problem.code == code
    report = await importer.run(shop.file(content), ImportOptions(**options))
    assert report.state.message.startswith(preview.problem.message)


async def test_an_unknown_encoding_is_refused_before_an_import_is_registered(importer, shop):
    options = ImportOptions(encoding="klingon")
    preview = await importer.imports.preview(b"sku,name\nA,B\n", options, complete=True)

    assert preview.problem.code == "unknown_encoding"
    with pytest.raises(UsageError, match="klingon"):
        await importer.run(shop.file(b"sku,name\nA,B\n"), options)


async def test_what_may_yet_come_is_no_problem(importer):
    for content in (b"", b"\xef\xbb", b'sku,"na', b'sku,name\nA,"open', b"sku,name\nA,\xc3"):
        assert (await importer.imports.preview(content)).problem is None
    assert (
        await importer.imports.preview(b"sku,name\nA,\xff\n", ImportOptions(encoding="utf-8"))
    ).problem is not None


async def test_rows_before_a_refusal_are_shown(importer):
    preview = await importer.imports.preview(b'sku,name\n,Apple\nB,"open\n', complete=True)

    assert [(row.cells, row.errors[0].code) for row in preview.rows] == [(("", "Apple"), "sku_missing")]
    assert (preview.problem.code, preview.problem.line) == ("unterminated_quote", 3)


async def test_long_cells_are_cut(importer):
    preview = await importer.imports.preview(b"sku,name\nA," + b"x" * 1000 + b"\n", complete=True)

    assert preview.rows[0].cells == ("A", "x" * 200)


async def test_plugins_take_part(shop):
    class Picky:
        name = "picky"

        def check(self, batch):
            from product_importer.ports import Finding  # noqa: PLC0415

            yield Finding("name", "no_apples", "No apples.", batch["name"].is_valid())

    importer = await shop.open(Plugin(validators=[Picky()]))
    preview = await importer.imports.preview(
        b"sku,name\nA,Apple\n", ImportOptions(parser="tiny"), complete=True
    )

    assert preview.rows[0].errors == (RowError("no_apples", "No apples.", "name", "Apple"),)
    with pytest.raises(UsageError, match="There is no parser 'unknown'"):
        await importer.imports.preview(b"", ImportOptions(parser="unknown"))


async def test_a_preview_that_took_too_long_ends_its_thread(shop, tmp_path):
    ended = threading.Event()

    class Slow(Books):
        def open(self, file, options):
            try:
                while True:
                    time.sleep(0.05)
                    file.keep_alive()
            finally:
                ended.set()

    path = tmp_path / "a.book"
    path.write_bytes(book(One=[["sku", "name"], ["A", "Apple"]]))
    importer = await shop.open(Plugin(parsers=[Slow()]), plugin_timeout=0.3)
    with pytest.raises(PluginError, match="gave no answer on the first rows within 0.3 s"):
        await importer.imports.preview(path)
    assert await asyncio.to_thread(ended.wait, 10)


async def test_few_whole_files_are_read_at_the_same_time(tmp_path):
    busy: list[int] = []
    path = tmp_path / "a.book"
    path.write_bytes(b"book")

    def read():
        peek = Peek(b"b", "a.book", complete=False, whole=lambda: nullcontext(path))
        with peek.provided(Books(), lambda _: None):
            busy.append(1)
            most = len(busy)
            time.sleep(0.02)
            busy.pop()
            return most

    assert max(await asyncio.gather(*(asyncio.to_thread(read) for _ in range(8)))) <= 4


async def test_a_plugin_that_hangs(shop):
    ended = threading.Event()

    class Hanging:
        name = "hanging"

        def check(self, batch):
            ended.wait(30)
            return ()

    importer = await shop.open(Plugin(validators=[Hanging()]), plugin_timeout=1.0)
    with pytest.raises(
        PluginError, match="validator 'hanging' .* gave no answer on the first rows within 1 s"
    ):
        await importer.imports.preview(b"sku,name\nA,Apple\n", complete=True)
    ended.set()
