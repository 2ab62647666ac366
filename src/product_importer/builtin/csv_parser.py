"""The built-in parser of delimited text (``csv``), on aiocsv.

It reads what Python's ``csv.reader`` reads, record for record: cells are quoted with ``"``, a quote in a
quoted cell is doubled, there is no escape character, whitespace belongs to the cell, and a stray quote is an
ordinary character. Records end with LF, CRLF or a bare CR, also mixed; line ends in quoted cells are kept as
they are. Encoding and delimiter are guessed by :mod:`product_importer.dialect` where the options name none.

**Lines and records.** A record's ``line`` is the 1-based line of the file on which it starts, CRLF being one
line end, a bare CR one too, and those in quoted cells counting as well. ``record`` counts from 1 after the
header, blank lines included. A blank line (no character at all) is counted in ``blank``, even if the file has
one column only.

**Header.** The first record that isn't blank, by :func:`product_importer.header.clean_header`.

**Rows.** A record that doesn't fit under the header becomes a ``MalformedRow``, by
:func:`product_importer.malformed.fit`.

**Refusals** (:class:`~product_importer.errors.FileError` with a line): ``encoding_unclear``; ``undecodable``;
``unterminated_quote`` at the end of the file; ``field_too_long`` and ``row_too_long`` by the limits, where a
record's size is the characters of its cells plus one per cell; what is wrong with the header; without a line
``not_a_table`` for other formats, and ``empty`` if there is no header. The line is that of the undecodable
byte, or the one on which the refused record starts. Memory stays bounded: nothing waits for the end of a
record that is too long already.

**Batches** end with the record that makes them ``batch_rows`` long, or with the last record of the 256 KiB
block of the file by which ``batch_chars`` characters were read for them; so they are a function of the file
and the options alone. A refusal comes after all batches that are full by then; records of an unfinished batch
are not delivered.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from itertools import chain, takewhile
from operator import not_
from typing import TYPE_CHECKING, NamedTuple

from product_importer.csv_records import Record, RecordReader
from product_importer.dialect import detect
from product_importer.encodings.guessing import blocks_of, encoding_of
from product_importer.errors import FileError
from product_importer.malformed import is_broken, text_after_quote
from product_importer.quotes import BlankRemover, QuoteWatch
from product_importer.raw_batches import RawBatchBuilder, joined, lines_of
from product_importer.textfile import TextBlock, TextFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from product_importer.model import Dialect, ParseOptions
    from product_importer.ports import RawBatch


class CsvParser:
    """Reads CSV and its relatives; the parser that all others hand over to."""

    name = "csv"

    @contextlib.contextmanager
    def open(self, path: Path, options: ParseOptions) -> Iterator[CsvFile]:
        """Open a file and read its header. The file must be used in the thread that opened it."""
        dialect = detect(path, options)
        guessed = options.encoding is None
        text = TextFile(path, dialect.encoding, partial(encoding_of, blocks_of(path)) if guessed else None)
        with contextlib.closing(text.blocks()) as blocks:
            yield CsvFile(dialect, text, blocks, options)


class CsvFile:
    """A file under way: text in, batches out."""

    checks_rows = True

    def __init__(
        self, dialect: Dialect, text: TextFile, blocks: Iterator[TextBlock], options: ParseOptions
    ) -> None:
        self._dialect = dialect
        self._text = text
        self._options = options
        self._line = 1  # on which the next record starts
        self._offset = 0
        self._quotes = QuoteWatch(dialect.delimiter, skip_blanks=dialect.skip_blanks)
        if dialect.skip_blanks:
            blocks = _without_blanks(blocks, BlankRemover(dialect.delimiter))
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
        """How the file is written, as far as it has been read: an ASCII head may be in any encoding."""
        return replace(self._dialect, encoding=self._text.encoding)

    def __iter__(self) -> Iterator[RawBatch]:
        # Every block's records become columns at once, while the processor's caches still hold them.
        parts: list[RawBatch] = []
        room, chars = self._options.batch_rows, 0
        blocks = chain([self._first_block], self._blocks)
        for block, broken in _with_neighbours(blocks, len(self.header)):
            chars += block.chars
            rest, built = block, 0
            while rest.records:
                parts.append(self._build(rest.first(room), [row - built for row in broken]))
                built += room
                rest, room = rest.after(room), room - len(rest.records)
                if room <= 0:
                    yield joined(parts)
                    parts, room, chars = [], self._options.batch_rows, block.chars
            if parts and chars >= self._options.batch_chars:
                yield joined(parts)
                parts, room, chars = [], self._options.batch_rows, 0
        if parts:
            yield joined(parts)

    def _read_header(self) -> tuple[Record, _Block]:
        """The first record that isn't blank, and what is left of its block."""
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
        raise FileError("The file is empty: there is no header and no row in it.", code="empty")

    def _read(self, blocks: Iterator[TextBlock], reader: RecordReader) -> Iterator[_Block]:
        """Raises what the reader refuses when all that came before is consumed and its lines are counted."""
        for text, self._offset, utf8 in blocks:
            if text:
                records = reader.feed(text)
                yield _Block(records, len(text), self._quotes.damaged(text, records, utf8))
                if reader.refusal:
                    raise reader.refusal.at(self._line)
        records = reader.finish()
        yield _Block(records, 0, self._quotes.damaged_at_end(records))
        if reader.refusal:
            raise reader.refusal.at(self._line)

    def _build(self, block: _Block, broken: Sequence[int]) -> RawBatch:
        batch = self._builder.build(block.records, self._offset, block.uneven, block.damaged, broken)
        self._line = self._builder.line
        return batch


def _without_blanks(blocks: Iterator[TextBlock], remover: BlankRemover) -> Iterator[TextBlock]:
    """The blocks without blanks before opening quotes."""
    end = 0
    for text, end, _ in blocks:
        yield TextBlock(remover.feed(text), end)
    yield TextBlock(remover.finish(), end)


class _Block(NamedTuple):
    """The records that end within a block of text of so many characters.

    ``damaged``: the places of those in which text follows a closing quote. ``uneven``: the places of those
    that have more or fewer cells than the header, once that is known.
    """

    records: list[Record]
    chars: int
    damaged: Sequence[int]
    uneven: Sequence[int] = ()

    def first(self, count: int) -> _Block:
        damaged, uneven = ([row for row in rows if row < count] for rows in (self.damaged, self.uneven))
        return _Block(self.records[:count], self.chars, damaged, uneven)

    def after(self, count: int) -> _Block:
        damaged, uneven = (
            [row - count for row in rows if row >= count] for rows in (self.damaged, self.uneven)
        )
        return _Block(self.records[count:], self.chars, damaged, uneven)

    def followed_by(self, other: _Block) -> _Block:
        if not self.records:
            return other
        damaged = [*self.damaged, *(len(self.records) + row for row in other.damaged)]
        return _Block(self.records + other.records, other.chars, damaged)


def _with_neighbours(blocks: Iterable[_Block], width: int) -> Iterator[tuple[_Block, list[int]]]:
    """The blocks, each with the places of records that look like parts of a row broken by a line end.

    Two short records in a row are, if together they have a row's cells, and if no third one is beside them:
    where many are short, it is because blank cells at their ends were left out. Short records at a block's
    end wait for the next block.
    """
    waiting, before = _Block([], 0, []), 0  # how many cells the record before has
    for block in chain(blocks, [None]):
        whole = waiting if block is None else waiting.followed_by(block)
        sizes = list(map(len, whole.records))
        broken: list[int] = []
        uneven: list[int] = []
        ready = len(sizes)
        if sizes.count(width) < len(sizes):
            uneven = [row for row, size in enumerate(sizes) if size != width]
            short = [0 < size < width for size in (before, *sizes, 0)]
            while block is not None and ready and ready > len(sizes) - 2 and short[ready]:
                ready -= 1
            for row in range(ready - 1):
                alone = not short[row] and not short[row + 3]
                if alone and is_broken(sizes[row], sizes[row + 1], width):
                    broken += [row, row + 1]
        if ready:
            before = sizes[ready - 1]
        waiting = whole.after(ready)
        yield whole._replace(uneven=uneven).first(ready), broken
