"""Remembers a file's first rows for looks that follow each other, where opening the file takes long."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.model import CHUNK_ROWS
from product_importer.ports import FormatParser, RawBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from product_importer.model import ParseOptions, ReadAs, TableInfo
    from product_importer.ports import InputFile, ParsedTable
    from product_importer.registry import PluginSet


def remembering(plugins: PluginSet, rows: int | None) -> PluginSet:
    """Returns the plugins for looks at the first ``rows`` of one file, by default at those of one batch.

    Parsers that need a whole file read it once for all looks with the same options: at least these rows and
    one batch more, if there are so many, by which a look sees that its rows aren't all.
    """
    parsers = {
        name: FirstRows(parser, CHUNK_ROWS if rows is None else rows)
        if isinstance(parser, FormatParser) and parser.needs_whole_file
        else parser
        for name, parser in plugins.parsers.items()
    }
    return replace(plugins, parsers=parsers)


class FirstRows:
    """A :class:`FormatParser` that opens one file with another parser, and keeps its first ``rows``."""

    def __init__(self, parser: FormatParser, rows: int) -> None:
        self.name = parser.name
        self.title = parser.title
        self.version = parser.version
        self.suffixes = parser.suffixes
        self.media_types = parser.media_types
        self.needs_whole_file = parser.needs_whole_file
        self.options = parser.options
        self.releases_gil = getattr(parser, "releases_gil", False)
        self._parser = parser
        self.rows = rows
        self._tables: tuple[TableInfo, ...] | None = None
        self._kept: _Kept | None = None

    def recognises(self, head: bytes, filename: str) -> float:
        """Asks the parser."""
        return self._parser.recognises(head, filename)

    def tables(self, file: InputFile) -> Sequence[TableInfo]:
        """Returns the tables of the file, for which the parser is asked once."""
        if self._tables is None:
            self._tables = tuple(self._parser.tables(file))
        return self._tables

    @contextmanager
    def open(self, file: InputFile, options: ParseOptions) -> Iterator[ParsedTable]:
        """Opens the rows that are kept, or the file itself if its first rows can't be read without an error:
        a look that takes fewer rows at once reads further.
        """
        if self._kept is None or not self._kept.fits(options):
            self._kept = self._first_rows(file, options)
        if self._kept.batches is None:
            with self._parser.open(file, options) as table:
                yield table
        else:
            yield _KeptTable(self._kept, self._kept.batches, options.batch_rows)

    def _first_rows(self, file: InputFile, options: ParseOptions) -> _Kept:
        wanted = -(-self.rows // CHUNK_ROWS) * CHUNK_ROWS + 1  # whole batches, and a row of the next one
        with self._parser.open(file, replace(options, batch_rows=CHUNK_ROWS, rows=wanted)) as table:
            checks = bool(getattr(table, "checks_rows", False))
            batches = None
            with suppress(Exception):  # the look meets it again where it happens, and says what it is
                batches = self._batches(table, file)
            return _Kept(options, table.header, table.read_as, checks, batches)

    def _batches(self, table: ParsedTable, file: InputFile) -> Sequence[RawBatch]:
        found: list[RawBatch] = []
        for batch in table:
            file.keep_alive()
            found.append(batch)
            if batch.first_record > self.rows:
                break
        return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read with these options. ``batches`` are None if an error came up."""

    options: ParseOptions
    header: tuple[str, ...]
    read_as: ReadAs
    checks_rows: bool
    batches: Sequence[RawBatch] | None

    def fits(self, options: ParseOptions) -> bool:
        """Whether the same rows would be read with other options: they may set what was found here."""
        if replace(self.options, batch_rows=options.batch_rows, reading=options.reading) != options:
            return False
        given, found = self.options.reading, {**self.read_as.values, **self.options.reading}
        return given.items() <= options.reading.items() <= found.items()


class _KeptTable:
    """A table of rows that were read before, in batches of at most ``most`` records."""

    def __init__(self, kept: _Kept, batches: Sequence[RawBatch], most: int) -> None:
        self.header = kept.header
        self.read_as = kept.read_as
        self.checks_rows = kept.checks_rows
        self._batches = batches
        self._most = most

    def __iter__(self) -> Iterator[RawBatch]:
        for batch in self._batches:
            if batch.last_record - batch.first_record < self._most:
                yield batch
                continue
            for first in range(batch.first_record, batch.last_record + 1, self._most):
                yield _part(batch, first, min(first + self._most - 1, batch.last_record))


def _part(batch: RawBatch, first: int, last: int) -> RawBatch:
    """The batch's records from ``first`` to ``last``."""
    records = batch.records.to_numpy()
    places = np.flatnonzero((records >= first) & (records <= last))
    malformed = tuple(row for row in batch.malformed if first <= row.record <= last)
    left_out = tuple(row for row in batch.left_out if first <= row.record <= last)
    return replace(
        batch,
        cells=batch.cells.take(pa.array(places)),
        lines=batch.lines.take(pa.array(places)),
        records=batch.records.take(pa.array(places)),
        first_record=first,
        last_record=last,
        malformed=malformed,
        left_out=left_out,
        blank=last - first + 1 - len(places) - len(malformed) - len(left_out),
    )
