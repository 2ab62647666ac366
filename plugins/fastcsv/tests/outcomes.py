"""What a parser makes of a file, in a form that can be compared with what another one makes of it."""

import io
from contextlib import contextmanager
from dataclasses import dataclass

from product_importer.builtin.csv_parser import CsvParser
from product_importer.errors import ParserDeclined, ProductImporterError
from product_importer.model import Dialect
from product_importer.ports import MalformedRow
from product_importer_fastcsv import FastCsvParser
from product_importer_fastcsv.blocks import BlockReader
from product_importer_fastcsv.parser import FastCsvFile


@dataclass(frozen=True)
class Read:
    """A file that could be read. A row is its record, line and cells."""

    dialect: Dialect
    header: tuple[str, ...]
    rows: list[tuple[int, int, tuple[str, ...]]]
    malformed: list[MalformedRow]
    blank: int
    records: int


@dataclass(frozen=True)
class Refused:
    code: str
    message: str
    line: int | None


@dataclass(frozen=True)
class Declined:
    reason: str


class InSmallReads(FastCsvParser):
    """The parser on so few bytes at a time that what it has read ends everywhere."""

    def __init__(self, least_read):
        self.least_read = least_read

    @contextmanager
    def open(self, path, options):
        with super().open(path, options) as parsed:
            dialect = parsed.dialect
            blocks = BlockReader(
                *(io.BytesIO(path.read_bytes()), dialect.delimiter.encode(), options, self.least_read),
                first_line=dialect.header_line,
            )
            yield FastCsvFile(blocks, dialect, options)


def outcome(parser, path, options):
    """Read, Refused or Declined."""
    try:
        with parser.open(path, options) as parsed:
            return _read(parsed, options)
    except ParserDeclined as error:
        return Declined(str(error))
    except ProductImporterError as error:
        return Refused(error.code, str(error), getattr(error, "line", None))


def same_outcome(path, options, parser):
    """What the parser makes of the file, which is what the built-in parser makes of it, or Declined."""
    found = outcome(parser, path, options)
    if not isinstance(found, Declined):
        assert found == outcome(CsvParser(), path, options)
    return found


def _read(parsed, options):
    rows, malformed, blank, last = [], [], 0, 0
    for batch in parsed:
        assert batch.first_record == last + 1
        assert batch.last_record - last <= options.batch_rows
        last = batch.last_record
        cells = zip(*(column.to_pylist() for column in batch.cells.columns), strict=True)
        rows += zip(batch.records.to_pylist(), batch.lines.to_pylist(), cells, strict=True)
        malformed += batch.malformed
        blank += batch.blank
        assert len(rows) + len(malformed) + blank == last
    return Read(parsed.dialect, parsed.header, rows, malformed, blank, last)
