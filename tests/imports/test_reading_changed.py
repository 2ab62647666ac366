"""An import goes on only with the reading that it began with."""

import contextlib
from dataclasses import replace

import pyarrow.compute as pc
import pytest

from product_importer.model import ImportOptions, Status
from product_importer.ports import RawBatch
from shop import TINY, Plugin, TinyBatches

ROWS = 6 * TINY
CONTENT = [["sku", "name"], *([f"S{n:03}", f"Name {n}"] for n in range(ROWS))]


class Book(TinyBatches):
    """A parser with a choice of its own, the sheet, that the import's options don't know."""

    name = "book"

    def __init__(self, sheet="One", *, version=None, rows=TINY):
        super().__init__(rows)
        self.sheet = sheet
        if version is not None:
            self.version = version

    @contextlib.contextmanager
    def open(self, path, options):
        with super().open(path, options) as file:
            yield _Sheet(file, self.sheet)


class _Sheet:
    def __init__(self, file, sheet):
        self.dialect, self.header = file.dialect, file.header
        self._file, self._sheet = file, sheet

    def __iter__(self):
        for batch in self._file:
            yield self._renamed(batch)

    def _renamed(self, batch: RawBatch) -> RawBatch:
        cells = batch.cells
        names = pc.replace_substring(cells.column("name"), "Name", self._sheet)
        return replace(batch, cells=cells.set_column(1, "name", names))


async def interrupted(shop, parser):
    """An import of which some chunks were saved when its process died."""
    importer = await shop.open(Plugin(parsers=[parser]))
    import_id = await importer.imports.create(shop.file(CONTENT), ImportOptions(parser="book"))
    report = await importer.imports.resume(import_id)
    assert report.status is Status.COMPLETED
    await shop.connection.execute("DELETE FROM import_chunks WHERE first > 20")
    # A completed import can't become a failed one, so the check is off for the moment.
    await shop.connection.execute(
        "ALTER TABLE imports DISABLE TRIGGER check_transition;"
        f"UPDATE imports SET status = 'failed' WHERE id = {import_id};"
        "ALTER TABLE imports ENABLE TRIGGER check_transition"
    )
    await shop.connection.execute(
        "DELETE FROM products WHERE sku_key > (SELECT sku_key FROM products ORDER BY id OFFSET 20 LIMIT 1)"
    )
    return import_id


async def resumed(shop, import_id, parser):
    importer = await shop.open(Plugin(parsers=[parser]))
    return await importer.imports.resume(import_id)


async def test_it_goes_on_with_the_same_reading(shop):
    import_id = await interrupted(shop, Book(version="1"))

    report = await resumed(shop, import_id, Book(version="1"))

    assert report.status is Status.COMPLETED
    assert report.read == ROWS


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (Book("One"), Book("Two"), "its rows are not those that were read then"),
        (
            Book("One", version="1"),
            Book("One", version="2"),
            "the version of the parser 'book' was '1' and is '2'",
        ),
        (Book("One"), Book("One", version="2"), "the version of the parser 'book' was '1' and is '2'"),
    ],
)
async def test_it_refuses_another_reading(shop, before, now, reason):
    import_id = await interrupted(shop, before)
    products = await shop.rows()

    report = await resumed(shop, import_id, now)

    assert report.status is Status.FAILED
    assert reason in report.state.message
    assert "Import the file as a new import" in report.state.message
    assert await shop.rows() == products


async def test_where_nothing_was_saved_it_may_be_read_in_another_way(shop):
    importer = await shop.open(Plugin(parsers=[Book("One", version="1")]))
    import_id = await importer.imports.create(
        shop.file([["sku", "name"], ["A", ""]]), ImportOptions(parser="book", on_error="abort")
    )
    assert (await importer.imports.resume(import_id)).status is Status.FAILED

    report = await resumed(shop, import_id, Book("Two", version="2"))

    assert report.status is Status.FAILED
    assert "was rejected" in report.state.message


async def test_an_import_that_an_older_version_began_goes_on(shop):
    import_id = await interrupted(shop, Book("One"))
    await shop.connection.execute("UPDATE imports SET parser = NULL, rows_digest = NULL")

    assert (await resumed(shop, import_id, Book("One", version="2"))).status is Status.COMPLETED
