"""The parser: pyarrow reads blocks of whole records, the standard library reads the irregular ones."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.delimited.broken_rows import REACH, parts_of_rows
from product_importer.delimited.dialect import detect
from product_importer.delimited.format import DelimitedText, read_as
from product_importer.delimited.header import clean_header, fold_cell
from product_importer.delimited.malformed import fit
from product_importer.errors import ParserDeclined
from product_importer.model import RowError
from product_importer.ports import MalformedRow, RawBatch
from product_importer_fastcsv.blocks import Block, BlockReader
from product_importer_fastcsv.rows import read_rows
from product_importer_fastcsv.table import TableReader, any_swallows_rows, rows_that_fold_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from product_importer.model import Dialect, ParseOptions
    from product_importer_fastcsv.records import Offsets


_BEFORE: Final = 1.1


class FastCsvParser(DelimitedText):
    """Reads UTF-8. Declines other encodings, and files that the built-in parser rejects as a whole."""

    name = "fastcsv"
    version = "1"
    releases_gil = True

    def recognises(self, head: bytes, filename: str) -> float:
        """Goes before the built-in parser, which gives the same rows."""
        return super().recognises(head, filename) * _BEFORE

    @contextmanager
    def open(self, file: PathLike[str], options: ParseOptions) -> Iterator[FastCsvFile]:
        """Opens a file and reads its header.

        Raises :class:`ParserDeclined`, or :class:`FileError` and :class:`UsageError` as the built-in parser
        does.
        """
        path = Path(file)
        dialect = detect(path, options)
        if dialect.encoding != "utf-8":
            raise ParserDeclined(f"The file is {dialect.encoding}, not UTF-8.")
        if dialect.skip_blanks:
            raise ParserDeclined("Blanks stand before opening quotes.")
        if not dialect.delimiter.isascii():
            raise ParserDeclined(f"The delimiter {dialect.delimiter!r} is not an ASCII character.")
        with path.open("rb") as content:
            blocks = BlockReader(content, dialect.delimiter.encode(), options, first_line=dialect.header_line)
            yield FastCsvFile(blocks, dialect, options)


class FastCsvFile:
    """A file whose header was read."""

    checks_rows = True

    def __init__(self, blocks: BlockReader, dialect: Dialect, options: ParseOptions) -> None:
        self.dialect = dialect
        self.read_as = read_as(dialect)
        self._blocks = blocks
        self._limits = options.limits
        # A cell has at most as many characters as its record has bytes; there is one cell more than
        # delimiters.
        self._surely_allowed = min(options.limits.field_chars, options.limits.row_chars - 1)
        header_record, line, self._first_block = self._read_header()
        self.header = clean_header(header_record, line=line, limits=options.limits)
        self._folded_header = tuple(map(fold_cell, header_record))
        self._table = TableReader(self.header, dialect.delimiter)
        self._filled = 0  # number of records before the block that aren't blank
        self._run: list[tuple[int, Sequence[str]]] = []  # numbers and cells of consecutive short records
        self._run_end = 0  # number of filled records up to the end of this run

    def __iter__(self) -> Iterator[RawBatch]:
        block: Block | None = self._first_block
        record = 1
        while block is not None:
            if len(block.records):
                yield self._batch(block, record)
            record += len(block.records)
            block = self._blocks.read()

    def _read_header(self) -> tuple[list[str], int, Block]:
        """Returns the first record that isn't blank, its line, and the rest of its block."""
        while (block := self._blocks.read()) is not None:
            filled = np.flatnonzero(block.records.sizes)
            if filled.size:
                position = int(filled[0])
                record = read_rows(block, filled[:1], self.dialect.delimiter, self._limits)[0]
                return record, block.line_of(position), block.without_first(position + 1)
        raise ParserDeclined("The file has no header.")

    def _batch(self, block: Block, first_record: int) -> RawBatch:
        filled = np.flatnonzero(block.records.sizes)
        cells, positions = self._read_regular(block, filled)
        if any_swallows_rows(cells, self.dialect.delimiter):
            raise ParserDeclined(f"After line {block.line:,} a cell holds other rows.")
        malformed: list[MalformedRow] = []
        if len(positions) < len(filled):
            irregular = np.setdiff1d(filled, positions, assume_unique=True)
            rows = read_rows(block, irregular, self.dialect.delimiter, self._limits)
            self._look_for_broken(np.searchsorted(filled, irregular), irregular + first_record, rows)
            fitting, malformed = self._fit(block, irregular, rows, first_record)
            cells, positions = self._merge(cells, positions, fitting)
        self._filled += len(filled)
        return RawBatch(
            cells=cells,
            lines=pa.array(block.records.lines[positions] + block.line),
            records=pa.array(positions + first_record),
            first_record=first_record,
            last_record=first_record + len(block.records) - 1,
            malformed=tuple(malformed),
            blank=len(block.records) - len(filled),
            end_offset=block.end_offset,
        )

    def _read_regular(self, block: Block, filled: Offsets) -> tuple[pa.RecordBatch, Offsets]:
        """Returns the rows that fit under the header, and which of the ``filled`` records they are.

        Returns no rows if any record has a NUL or may be too long: such rare blocks are left to the standard
        library.
        """
        if block.has_nul or not 0 < block.records.sizes.max() <= self._surely_allowed:
            return self._table.empty, filled[:0]
        try:
            cells, ragged = self._table.read(block.content)
        except pa.ArrowInvalid as error:
            raise ParserDeclined(f"After line {block.line:,}: {error}.") from error
        if cells.num_rows + len(ragged) != len(filled):
            raise ParserDeclined(f"What follows line {block.line:,} can be read in two ways.")
        positions = np.delete(filled, ragged)
        if (headers := rows_that_fold_to(cells, self._folded_header)).size:
            others = np.delete(np.arange(len(positions)), headers)
            return cells.take(pa.array(others)), positions[others]
        return cells, positions

    def _fit(
        self, block: Block, positions: Offsets, rows: Sequence[Sequence[str]], first_record: int
    ) -> tuple[dict[int, Sequence[str]], list[MalformedRow]]:
        """Returns those of these records that fit under the header, by position, and the malformed rows."""
        fitting: dict[int, Sequence[str]] = {}
        malformed: list[MalformedRow] = []
        for position, row in zip(positions.tolist(), rows, strict=True):
            fitted = fit(row, self.header, self._folded_header, self.dialect.surplus)
            if isinstance(fitted, RowError):
                line = block.line_of(position)
                malformed.append(MalformedRow(line, first_record + position, tuple(row), fitted))
            else:
                fitting[position] = fitted
        return fitting, malformed

    def _look_for_broken(self, places: Offsets, numbers: Offsets, rows: Sequence[Sequence[str]]) -> None:
        """Declines files in which short records may be parts of one row; the built-in parser then reads them.

        ``places``: the places of these rows among the block's filled records.
        """
        ends = (self._filled + places + 1).tolist()
        for end, number, row in zip(ends, numbers.tolist(), rows, strict=True):
            if len(row) < len(self.header):
                if end != self._run_end + 1:
                    self._judge_run()
                    self._run = []
                self._run.append((number, row))
                self._run_end = end
        self._judge_run()
        self._run = self._run[-REACH:]

    def _judge_run(self) -> None:
        numbers, rows = [number for number, _ in self._run], [row for _, row in self._run]
        if parts := parts_of_rows(numbers, rows, len(self.header)):
            raise ParserDeclined(f"Record {min(parts):,} may be a part of a row that a line end broke.")

    def _merge(
        self, cells: pa.RecordBatch, positions: Offsets, rows: dict[int, Sequence[str]]
    ) -> tuple[pa.RecordBatch, Offsets]:
        """Returns the rows of ``cells``, at ``positions``, and those of ``rows``, in the file's order."""
        if not rows:
            return cells, positions
        cells = pa.concat_batches([cells, self._table.from_rows(rows.values())])
        positions = np.concatenate((positions, np.array(list(rows))))
        order = np.argsort(positions)
        return cells.take(pa.array(order)), positions[order]
