"""Opens a file with a parser, and brings every parser's batches into one form: checked rows of texts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from product_importer.delimited.header import clean_header
from product_importer.delimited.header_line import OPTION as HEADER_LINE
from product_importer.delimited.parsed_tables import storable
from product_importer.guards import opened
from product_importer.model import Dialect, ParseOptions, RowWarning
from product_importer.pipeline.cell_notes import NO_NOTES, CellNotes
from product_importer.pipeline.typed_cells import as_text, is_text
from product_importer.pipeline.warning_codes import WarningCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.guards import GuardedTable
    from product_importer.model import ImportOptions, Limits, ReadAs
    from product_importer.ports import FormatParser, InputFile, Parser, RawBatch
    from product_importer.registry import PluginSet


def parse_options(options: ImportOptions) -> ParseOptions:
    """The options of the parser, out of those of an import."""
    return ParseOptions(
        encoding=options.encoding,
        delimiter=options.delimiter,
        limits=options.limits,
        reading=options.reading,
    )


@contextmanager
def opened_table(
    plugins: PluginSet, parser: Parser | FormatParser, file: InputFile, options: ParseOptions
) -> Iterator[OpenTable]:
    """Opens the file and reads its header.

    Raises :class:`FileError`, :class:`ParserDeclined`, :class:`UsageError`, and :class:`PluginError` which
    names the parser.
    """
    with opened(plugins, parser, file, options) as table:
        header = table.header
        if not table.checks_rows:
            header = clean_header(header, line=1, limits=options.limits)
        yield OpenTable(table, header, options.limits)


class TextBatch(NamedTuple):
    """A batch whose cells are texts, and what their conversion found."""

    raw: RawBatch
    notes: CellNotes


@dataclass(frozen=True, slots=True)
class OpenTable:
    """An open table. Iterating yields its batches once."""

    table: GuardedTable
    header: tuple[str, ...]
    limits: Limits

    @property
    def read_as(self) -> ReadAs:
        """How the table is read, as far as it has been read."""
        return self.table.read_as

    def __iter__(self) -> Iterator[TextBatch]:
        for batch in self.table:
            notes = NO_NOTES
            if not is_text(batch.cells):
                with self.table.blamed(batch.first_record - 1):
                    batch, notes = as_text(batch)  # noqa: PLW2901
            if not self.table.checks_rows:
                batch = storable(batch, self.header, self.limits, self.read_as.place)  # noqa: PLW2901
            yield TextBatch(batch, notes)


def dialect_of(read_as: ReadAs) -> Dialect | None:
    """The dialect of a table that is delimited text, as far as it is told; None for other tables."""
    values = read_as.values
    if "encoding" in values and "delimiter" in values:
        return Dialect(values["encoding"], values["delimiter"])
    return None


def lines_above(read_as: ReadAs, options: ImportOptions) -> Iterator[RowWarning]:
    """Says which line was found to be the header, unless it is the first one or was given."""
    line = read_as.values.get(HEADER_LINE)
    if line is not None and HEADER_LINE not in options.reading:
        above = "line above it is" if line == "2" else "lines above it are"
        yield RowWarning(
            WarningCode.LINES_ABOVE,
            f"The names of the columns are on line {line}; the {above} left out.",
            line=int(line),
        )


def bytes_done(batch: RawBatch, file: InputFile) -> int:
    """The bytes of the file, as it was handed over, that were read up to the batch's end."""
    if batch.done is None and file.packed_size is None:
        return batch.end_offset
    done = batch.end_offset / max(file.size, 1) if batch.done is None else batch.done
    return round(done * (file.size if file.packed_size is None else file.packed_size))
