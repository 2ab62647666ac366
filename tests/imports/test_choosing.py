"""The parser ``auto``: the one that recognises a file reads it; what only a person can say is asked."""

import asyncio
import contextlib
import threading
import time

import pytest

from books import Books, book
from halfway import PATIENCE
from product_importer.errors import ParserDeclined, QuestionsOpen
from product_importer.model import ImportOptions, Status
from product_importer.pipeline.choosing import open_questions
from product_importer.ports import InputFile
from product_importer.settings import Settings
from product_importer.testing import plugin_set
from shop import Plugin, TinyBatches

ROWS = [["sku", "name"], *([f"S{n}", f"Name {n}"] for n in range(30))]
CSV = "".join(f"{','.join(row)}\n" for row in ROWS)
SHEETS = {"Notes": [["x"]], "Prices": ROWS, "Old": ROWS[:3]}


class Certain(TinyBatches):
    """Reads CSV, and is more certain about it than others."""

    name = "certain"

    def recognises(self, head, filename):
        return 2 * super().recognises(head, filename)


class Declining(Certain):
    """Is certain, and declines after some rows, as long as it is ``unwilling``."""

    name = "declining"
    unwilling = True

    @contextlib.contextmanager
    def open(self, file, options):
        with super().open(file, options) as table:
            if self.unwilling:
                raise ParserDeclined("Not this one.")
            yield table


def test_it_is_the_default():
    assert (ImportOptions().parser, Settings().parser) == ("auto", "auto")


@pytest.mark.parametrize(
    ("content", "name", "parser"),
    [
        (CSV, "products.csv", "csv"),
        (CSV, "products.book", "csv"),
        (book(Prices=ROWS), "products.csv", "book"),
        ("", "products.csv", "csv"),
    ],
)
async def test_the_file_decides(shop, content, name, parser):
    importer = await shop.open(Plugin(parsers=[Books()]))
    path = shop.file(content, name)
    report = await importer.run(path)
    assert report.state.parser in (parser, None)
    assert report.created == (30 if content else 0)
    assert (await importer.imports.preview(path)).parser == parser
    assert report.state.options.parser == "auto"


async def test_the_most_certain_one_reads_it(shop):
    importer = await shop.open(Plugin(parsers=[Certain(), Books()]))
    assert (await importer.run(shop.file(CSV))).state.parser == "certain"


async def test_a_file_that_it_declines_is_read_by_csv(shop):
    importer = await shop.open(Plugin(parsers=[Declining()]))
    report = await importer.run(shop.file(CSV))
    assert (report.created, report.state.parser) == (30, "csv")


async def test_a_file_that_nothing_reads_is_named_with_the_plugin_that_would(shop):
    importer = await shop.importer()
    state = (await importer.run(shop.file(b"PAR1\x15" + bytes(90), "products.parquet"))).state
    assert state.message.startswith(
        "This is a Parquet file, not a text table. The plugin product-importer-parquet reads it "
        "(pip install product-importer-parquet)."
    )


async def test_a_resumed_import_goes_on_with_the_parser_that_it_began_with(shop):
    importer = await shop.open(Plugin(parsers=[Declining()]))
    import_id = await importer.imports.create(shop.file(CSV))
    await importer.imports.start(import_id)
    await shop.connection.execute(
        "ALTER TABLE imports DISABLE TRIGGER check_transition;"
        f"UPDATE imports SET status = 'failed' WHERE id = {import_id};"
        "ALTER TABLE imports ENABLE TRIGGER check_transition"
    )
    willing = Declining()
    willing.unwilling = False
    importer = await shop.open(Plugin(parsers=[willing]))
    report = await importer.imports.resume(import_id)
    assert (report.status, report.state.parser, report.read) == (Status.COMPLETED, "csv", 30)


async def test_which_table_is_asked(shop):
    importer = await shop.open(Plugin(parsers=[Books()]))
    path = shop.file(book(**SHEETS), "products.book")
    preview = await importer.imports.preview(path)
    assert (preview.problem.code, preview.header) == ("questions_open", ())
    report = await importer.run(path, ImportOptions(reading={"sheet": "Old"}))
    assert (report.created, report.state.read_as.words) == (2, "the sheet Old")


async def test_the_question_names_the_tables(shop):
    file = InputFile.at(shop.file(book(**SHEETS), "products.book"))
    plugins = plugin_set(Plugin(parsers=[Books()]))
    (question,) = open_questions(plugins, plugins.parsers["book"], file, ImportOptions())
    assert (question.code, question.option, question.key) == ("which_table", "reading", "sheet")
    assert [(answer.value, answer.words) for answer in question.answers] == [
        ("Prices", "Sheet 'Prices', 30 rows"),
        ("Old", "Sheet 'Old', 2 rows"),
    ]
    assert str(QuestionsOpen((question,))) == (
        "The file has 2 tables that may hold the products. Which one does?"
    )


class Slow(Books):
    """Takes its time to open, and gives ``signs`` meanwhile."""

    def __init__(self, seconds, signs):
        super().__init__()
        self.seconds, self.signs, self.began, self.ended = (
            *(seconds, signs),
            *(threading.Event(), threading.Event()),
        )

    @contextlib.contextmanager
    def open(self, file, options):
        began = time.monotonic()
        self.began.set()
        try:
            while (passed := time.monotonic() - began) < self.seconds:
                time.sleep(0.02)
                for done in self.signs(passed / self.seconds):
                    file.keep_alive(done)
        finally:
            self.ended.set()
        with super().open(file, options) as table:
            yield table


@pytest.mark.parametrize(
    ("signs", "status"),
    [
        (lambda done: [done], Status.COMPLETED),
        pytest.param(lambda done: [None], Status.COMPLETED, marks=pytest.mark.whole),
        pytest.param(lambda done: [], Status.FAILED, marks=pytest.mark.whole),
        (lambda done: [0.5], Status.FAILED),
    ],
)
async def test_signs_of_progress_keep_a_slow_format_alive(shop, signs, status):
    slow = Slow(0.8, signs)
    importer = await shop.open(Plugin(parsers=[slow]), plugin_timeout=0.4)
    report = await importer.run(shop.file(book(Prices=ROWS), "products.book"))
    assert report.status is status
    if status is Status.FAILED:
        assert "gave no answer on opening the file within 0.4 s" in report.state.message


async def test_a_cancelled_import_ends_a_slow_format(shop):
    slow = Slow(30, lambda done: [done])
    importer = await shop.open(Plugin(parsers=[slow]))
    import_id = await importer.imports.create(shop.file(book(Prices=ROWS), "products.book"))
    running = asyncio.create_task(importer.imports.resume(import_id))
    assert await asyncio.to_thread(slow.began.wait, PATIENCE)
    await importer.imports.cancel(import_id)
    report = await asyncio.wait_for(running, PATIENCE)
    assert report.status is Status.CANCELLED
    assert slow.ended.is_set()
