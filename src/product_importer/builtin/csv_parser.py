"""The built-in parser of delimited text (``csv``), on aiocsv.

It splits a file into the same records as Python's ``csv.reader``: cells are quoted with ``"``, a
quote in a quoted cell is doubled, there is no escape character, whitespace belongs to the cell, and a stray
quote is an ordinary character. If the dialect says so, blanks before opening quotes are removed first.
Records in which text follows a closing quote are split like others, but rejected. Records end with LF, CRLF
or a bare CR, also mixed; line ends in quoted cells are kept as they are. Encoding and delimiter are guessed
by :mod:`product_importer.delimited.dialect` if the options name none.

**Lines and records.** A record's ``line`` is the 1-based line of the file on which it starts. A CRLF or a
bare CR is one line end, and line ends in quoted cells count as well. ``record`` counts from 1 after the
header, blank lines included. A blank line (no character at all) is counted in ``blank``, even if the file has
only one column.

**Header.** The first record that isn't blank, by :func:`product_importer.delimited.header.clean_header`. The
lines above the dialect's ``header_line`` are left out before, whatever quotes they hold.

**Rows.** A record that doesn't fit under the header becomes a ``MalformedRow``, by
:func:`product_importer.delimited.malformed.fit`.

**Refusals** (:class:`~product_importer.errors.FileError` with a line): ``encoding_unclear``; ``undecodable``;
``unterminated_quote`` at the end of the file; ``field_too_long`` and ``row_too_long`` by the limits, where a
record's size is the characters of its cells plus one per cell; errors of the header; without a line
``not_a_table`` for other formats, and ``empty`` if there is no header. The line is that of the undecodable
byte, or the one on which the refused record starts.

**Memory** is bounded by the limits. The parser keeps an unfinished record of up to ``row_chars`` characters
(without quotes, which may be syntax: those are bounded by ``field_chars`` in each cell), the blanks and
quotes at the end of a block that the next block will judge, and up to
:data:`~product_importer.delimited.broken_rows.REACH` short records.

**Batches** end with the record that makes them ``batch_rows`` long, or with the last record of the 256 KiB
block of the file by which ``batch_chars`` characters were read for them. So they are a function of the file
and the options alone. A refusal comes after all batches that are full by then; records of an unfinished batch
are not delivered.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from itertools import chain, takewhile
from operator import not_
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from product_importer.delimited.broken_rows import REACH, parts_of_rows, runs_of_short
from product_importer.delimited.csv_records import Record, RecordReader, Refusal
from product_importer.delimited.dialect import detect
from product_importer.delimited.encodings.guessing import blocks_of, encoding_of
from product_importer.delimited.format import DelimitedText, read_as
from product_importer.delimited.malformed import text_after_quote
from product_importer.delimited.quotes import BlankRemover, QuoteWatch
from product_importer.delimited.raw_batches import RawBatchBuilder, joined, lines_of
from product_importer.delimited.textfile import TextBlock, TextFile, from_line
from product_importer.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    from product_importer.model import Dialect, Limits, ParseOptions, ReadAs
    from product_importer.ports import RawBatch


class CsvParser(DelimitedText):
    """Reads CSV and other delimited text; files that other parsers decline are read by it."""

    name = "csv"
    version = "1"

    @contextlib.contextmanager
    def open(self, file: PathLike[str], options: ParseOptions) -> Iterator[CsvFile]:
        """Opens a file and reads its header. The file must be used in the thread that opened it."""
        path = Path(file)
        dialect = detect(path, options)
        guessed = options.encoding is None
        text = TextFile(path, dialect.encoding, partial(encoding_of, blocks_of(path)) if guessed else None)
        with contextlib.closing(text.blocks()) as blocks:
            yield CsvFile(dialect, text, blocks, options)


class CsvFile:
    """An open file: reads its text and yields its batches."""

    checks_rows = True

    def __init__(
        self, dialect: Dialect, text: TextFile, blocks: Iterator[TextBlock], options: ParseOptions
    ) -> None:
        self._dialect = dialect
        self._text = text
        self._options = options
        self._line = dialect.header_line  # the line on which the next record starts
        self._offset = 0
        self._refusal: Refusal | FileError | None = None  # raised after all records before it are consumed
        self._quotes = QuoteWatch(dialect.delimiter, skip_blanks=dialect.skip_blanks)
        if dialect.header_line > 1:
            blocks = from_line(blocks, dialect.header_line)
        if dialect.skip_blanks:
            blocks = _without_blanks(blocks, BlankRemover(dialect.delimiter, _longest(options.limits)))
        self._blocks = self._read(blocks, RecordReader(dialect.delimiter, options.limits))
        header_record, self._first_block = self._read_header()
        self._builder = RawBatchBuilder(
            header_record,
            line=self._line,
            limits=options.limits,
            delimiter=dialect.delimiter,
            surplus=dialect.surplus,
        )
        self._line = self._builder.line
        self.header = self._builder.header

    @property
    def dialect(self) -> Dialect:
        """The dialect, as far as the file has been read: a file with an ASCII head may be in any encoding."""
        return replace(self._dialect, encoding=self._text.encoding)

    @property
    def read_as(self) -> ReadAs:
        """How the file is read, as far as it has been read."""
        return read_as(self.dialect)

    def __iter__(self) -> Iterator[RawBatch]:
        # Every block's records become columns at once, while the processor's caches still hold them.
        parts: list[RawBatch] = []
        room, chars = self._options.batch_rows, 0
        blocks = chain([self._first_block], self._blocks)
        for block in _with_neighbours(blocks, len(self.header)):
            chars += block.chars
            rest = block
            while rest.records:
                parts.append(self._build(rest.first(room)))
                rest, room = rest.after(room), room - len(rest.records)
                if room <= 0:
                    yield joined(parts)
                    parts, room, chars = [], self._options.batch_rows, block.chars
            if parts and chars >= self._options.batch_chars:
                yield joined(parts)
                parts, room, chars = [], self._options.batch_rows, 0
        self._refuse()
        if parts:
            yield joined(parts)

    def _read_header(self) -> tuple[Record, _Block]:
        """Returns the first record that isn't blank, and the rest of its block."""
        for block in self._blocks:
            blank = sum(1 for _ in takewhile(not_, block.records))
            self._line += blank
            if blank < len(block.records):
                header = block.records[blank]
                if blank in block.damaged:
                    error = text_after_quote(self._line, self._line + lines_of(header) - 1)
                    message = f"The header is damaged. {error.message}"
                    raise FileError(message, code=error.code, line=self._line)
                return header, block.after(blank + 1)
        self._refuse()
        raise FileError("The file is empty: there is no header and no row in it.", code="empty")

    def _read(self, blocks: Iterator[TextBlock], reader: RecordReader) -> Iterator[_Block]:
        """Yields the blocks of records. An error ends them and is kept for :meth:`_refuse`."""
        try:
            for text, self._offset, utf8 in blocks:
                if text:
                    records = reader.feed(text)
                    yield _Block(records, len(text), self._quotes.damaged(text, records, utf8))
                    if reader.refusal:
                        self._refusal = reader.refusal
                        return
        except FileError as error:
            self._refusal = error
            return
        records = reader.finish()
        yield _Block(records, 0, self._quotes.damaged_at_end(records))
        self._refusal = reader.refusal

    def _refuse(self) -> None:
        """Raises the error that refuses the file, if any. Call it after all earlier lines are counted."""
        if isinstance(self._refusal, FileError):
            raise self._refusal
        if self._refusal is not None:
            raise self._refusal.at(self._line)

    def _build(self, block: _Block) -> RawBatch:
        batch = self._builder.build(block.records, self._offset, block.uneven, block.damaged, block.broken)
        self._line = self._builder.line
        return batch


def _longest(limits: Limits) -> int:
    """Maximum number of adjacent quotes within the limits: two are a character, and two surround a cell."""
    return 2 * min(limits.field_chars, limits.row_chars) + 2


def _without_blanks(blocks: Iterator[TextBlock], remover: BlankRemover) -> Iterator[TextBlock]:
    """Yields the blocks without the blanks before opening quotes."""
    end = 0
    for text, end, _ in blocks:
        yield TextBlock(remover.feed(text), end)
    yield TextBlock(remover.finish(), end)


class _Block(NamedTuple):
    """The records that end within a block of text, and the block's size in characters.

    The other fields are places in ``records``: ``damaged`` of those in which text follows a closing quote.
    After the header is known, ``uneven`` of those with more or fewer cells, and ``broken`` of those that look
    like parts of a row.
    """

    records: list[Record]
    chars: int
    damaged: Sequence[int]
    uneven: Sequence[int] = ()
    broken: Sequence[int] = ()

    def first(self, count: int) -> _Block:
        places = ([row for row in rows if row < count] for rows in self[2:])
        return _Block(self.records[:count], self.chars, *places)

    def after(self, count: int) -> _Block:
        places = ([row - count for row in rows if row >= count] for rows in self[2:])
        return _Block(self.records[count:], self.chars, *places)

    def followed_by(self, other: _Block) -> _Block:
        if not self.records:
            return other
        damaged = [*self.damaged, *(len(self.records) + row for row in other.damaged)]
        return _Block(self.records + other.records, other.chars, damaged)


def _with_neighbours(blocks: Iterable[_Block], width: int) -> Iterator[_Block]:
    """Yields the blocks with the places of uneven records, and of those that look like parts of a broken row.

    A short record depends on the records around it, so some records at a block's end wait for the next block,
    and some are remembered for it.
    """
    waiting, before = _Block([], 0, []), list[Record]()
    for block in chain(blocks, [None]):
        whole = waiting if block is None else waiting.followed_by(block)
        known, passed = before + whole.records if before else whole.records, len(before)
        sizes = list(map(len, known))
        if sizes.count(width) < len(sizes):
            uneven = [place for place, size in enumerate(sizes) if size != width]
            broken: set[int] = set()
            for run in runs_of_short(sizes, uneven, width):
                broken |= parts_of_rows(run, [known[place] for place in run], width)
            uneven, parts = (
                [place - passed for place in places if place >= passed] for places in (uneven, sorted(broken))
            )
            whole = whole._replace(uneven=uneven, broken=parts)
        start = _open_run(sizes, width)
        end = len(known) if block is None else max(start, len(known) - REACH + 1)
        before = known[max(start, end - REACH + 1) : end]
        waiting = whole.after(end - passed)
        yield whole.first(end - passed)


def _open_run(sizes: Sequence[int], width: int) -> int:
    """The start of the last run of short records, which may continue; looks back only as far as needed."""
    start = len(sizes)
    for place in range(len(sizes) - 1, max(len(sizes) - 2 * REACH, -1), -1):
        if sizes[place] >= width:
            break
        if sizes[place]:
            start = place
    return start
