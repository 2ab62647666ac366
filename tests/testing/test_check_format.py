"""``check_format`` finds what is wrong with a format in whole imports."""

import contextlib
import json
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from books import MARK, Books, book
from product_importer import hookimpl
from product_importer.model import RowError
from product_importer.ports import MalformedRow
from product_importer.testing import FORMAT_ROWS, check_format, temporary_importer
from product_importer.testing.whole_formats import FormatCheck


def write(path, rows):
    header = list(rows[0])
    path.write_bytes(book(One=[header, *([row.get(name) for name in header] for row in rows)]))


class Exporter:
    """Writes books; ``text`` changes texts."""

    name = "book"
    title = "Book"
    media_type = "application/x-book"

    def __init__(self, mark=MARK, text=str):
        self.mark, self.text = mark, text

    def write(self, schema, batches, out):
        rows = [schema.names]
        for batch in batches:
            rows += ([self.cell(value) for value in row.values()] for row in batch.to_pylist())
        out.write(self.mark + json.dumps({"One": rows}).encode())

    def cell(self, value):
        if isinstance(value, Decimal):
            return format(value, "f")
        return self.text(value) if isinstance(value, str) else value


class Plugin:
    def __init__(self, parser=None, exporter=None):
        self.parsers = [parser or Books()]
        self.exporters = [exporter] if exporter else []

    @hookimpl
    def product_importer_parsers(self):
        return self.parsers

    @hookimpl
    def product_importer_exporters(self):
        return self.exporters


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "products.book"
    write(path, FORMAT_ROWS)
    return path


async def test_a_format_that_reads_and_writes(file):
    await check_format(Plugin(exporter=Exporter()), file, write)


async def test_a_format_with_several_tables_needs_no_function_that_writes(tmp_path):
    path = tmp_path / "two.book"
    rows = [["sku", "name"], ["A", "Tea"]]
    path.write_bytes(book(One=rows, Two=rows, Empty=[["sku"]]))
    await check_format(Plugin(), path)


class Changing(Books):
    """Changes each batch by ``change``, which also gets the number of the opening."""

    def __init__(self, change):
        super().__init__()
        self.change, self.opened = change, 0

    @contextlib.contextmanager
    def open(self, file, options):
        self.opened += 1
        with super().open(file, options) as sheet:
            yield Changed(sheet, lambda batch: self.change(batch, self.opened))


class Changed:
    def __init__(self, sheet, change):
        self.header, self.read_as = sheet.header, sheet.read_as
        self.sheet, self.change = sheet, change

    def __iter__(self):
        return map(self.change, self.sheet)


def renamed(batch, number):
    names = pa.array([f"Name {number}"] * batch.cells.num_rows)
    return replace(batch, cells=batch.cells.set_column(1, "name", names))


def upper(batch, _):
    return replace(batch, cells=batch.cells.set_column(1, "name", pc.utf8_upper(batch.cells.column(1))))


def refusing(batch, _):
    """Rejects by itself what the import would reject."""
    rows = batch.cells.to_pylist()
    if "dear" not in [row["price"] for row in rows]:
        return batch
    (place,) = [place for place, row in enumerate(rows) if row["price"] == "dear"]
    kept = pa.array([place != each for each in range(len(rows))])
    error = RowError("till_price", "Wrong.", "price")
    line, record = batch.lines[place].as_py(), batch.records[place].as_py()
    cells = tuple(str(value) for value in rows[place].values())
    return replace(
        batch,
        cells=batch.cells.filter(kept),
        lines=batch.lines.filter(kept),
        records=batch.records.filter(kept),
        malformed=(MalformedRow(line, record, cells, error),),
    )


class Unsure(Books):
    def recognises(self, head, filename):
        return 0.0


class Obliging(Books):
    """Reads the first sheet where there is none of the name."""

    @contextlib.contextmanager
    def open(self, file, options):
        names = [table.name for table in self.tables(file)]
        reading = {key: value for key, value in options.reading.items() if key != "sheet" or value in names}
        with super().open(file, replace(options, reading=reading)) as sheet:
            yield sheet


class WithoutChoice(Books):
    options = ()

    @contextlib.contextmanager
    def open(self, file, options):
        with super().open(file, options) as sheet:
            sheet.read_as = replace(sheet.read_as, values={})
            yield sheet


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (Plugin(Unsure()), r"recognised by the parser .*, not by one of \['book'\]"),
        (Plugin(Obliging()), "a table 'no such table' is read, although there is none"),
        (Plugin(WithoutChoice()), "tables\\(\\) names tables, but no option chooses one"),
        (Plugin(Changing(upper)), "the rows became .*'GRÜN'"),
        (Plugin(Changing(refusing)), "the row 5 has a wrong price, but rejected are .*till_price"),
        (Plugin(exporter=Exporter(b"sku,name\n")), "an exported file is read by csv"),
        (Plugin(exporter=Exporter(text=str.strip)), "an exported product comes back changed"),
    ],
)
async def test_what_is_wrong_is_named(file, plugin, message):
    with pytest.raises(AssertionError, match=message):
        await check_format(plugin, file, write)


async def test_a_file_that_is_read_otherwise_the_next_time_is_caught(file, tmp_path):
    parser = Changing(renamed)
    async with temporary_importer(Plugin(parser)) as importer:
        with pytest.raises(AssertionError, match="changes 3 products when it is imported again"):
            await FormatCheck(importer, parser, file, tmp_path).imports({})


async def test_a_preview_that_shows_another_table_is_caught(file, tmp_path):
    class Moody(Books):
        opened = 0

        @contextlib.contextmanager
        def open(self, file, options):
            self.opened += 1
            with super().open(file, options) as sheet:
                sheet.header = (*sheet.header[:-1], f"Mood {self.opened}")
                yield sheet

    parser = Moody()
    async with temporary_importer(Plugin(parser)) as importer:
        with pytest.raises(AssertionError, match="the preview"):
            await FormatCheck(importer, parser, file, tmp_path).preview({})
