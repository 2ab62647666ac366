"""Reads a file as blocks of whole records, each as large as a batch should be."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from product_importer.errors import ParserDeclined
from product_importer.model import ParseOptions
from product_importer_fastcsv.records import Records, find_records

LEAST_READ = 256 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records of a file; ``records`` are offsets into ``text``.

    ``line`` is the 1-based line of the file on which ``text`` starts, ``offset`` the byte.
    """

    text: bytes
    records: Records
    line: int
    offset: int

    @property
    def content(self) -> memoryview:
        """The bytes of the records and of nothing else."""
        return memoryview(self.text)[self.records.start : self.records.end]

    @property
    def has_nul(self) -> bool:
        return self.text.find(b"\0", self.records.start, self.records.end) >= 0

    @property
    def end_offset(self) -> int:
        """The byte of the file at which the records end."""
        return self.offset + self.records.end

    def line_of(self, position: int) -> int:
        """The 1-based line of the file on which a record starts."""
        return self.line + int(self.records.lines[position])

    def without_first(self, count: int) -> Block:
        return replace(self, records=self.records.between(count, len(self.records)))


class BlockReader:
    """Cuts a file into blocks of ``batch_rows`` records, or fewer where those exceed ``batch_chars`` bytes.

    How much is read at a time follows from the length of the records seen so far, so that little is looked at
    twice. Where the blocks end doesn't depend on it.
    """

    def __init__(
        self, file: BinaryIO, delimiter: bytes, options: ParseOptions, least_read: int = LEAST_READ
    ) -> None:
        self._file = file
        self._delimiter = delimiter
        self._options = options
        self._least_read = least_read
        self._block_bytes = 0  # as far as one can tell
        self._complete = False
        self._line = 1
        bom = file.read(len(codecs.BOM_UTF8))
        self._text, self._offset = (b"", len(bom)) if bom == codecs.BOM_UTF8 else (bom, 0)
        self._records = find_records(b"", delimiter, complete=False)  # of the text, but in no block yet

    def read(self) -> Block | None:
        """The next block, ``None`` after the last.

        Raises :class:`ParserDeclined` where a record is too long to be waited for, or never ends.
        """
        while not self._complete and not self._is_enough(self._records):
            self._read_more()
        count = self._fitting(self._records)
        if count == 0:
            if self._records.end < len(self._text):
                raise ParserDeclined(
                    f"The record on line {self._open_line:,} has a quote that is never closed."
                )
            return None
        block = Block(self._text, self._records.between(0, count), self._line, self._offset)
        self._records = self._records.between(count, len(self._records))
        return block

    def _read_more(self) -> None:
        """Replace what is in blocks already by what follows in the file."""
        if len(self._text) - self._records.end > self._options.limits.row_chars:
            raise ParserDeclined(f"The record on line {self._open_line:,} is longer than a record may be.")
        self._line += int(self._records.lines[0])
        self._offset += self._records.start
        kept = self._text[self._records.start :]
        missing = max(self._least_read, len(kept) // 4, self._block_bytes - len(kept))
        more = self._file.read(missing)
        self._complete = len(more) < missing
        self._text = kept + more
        self._records = find_records(self._text, self._delimiter, complete=self._complete)
        if count := len(self._records):
            bytes_of_rows = self._records.end * self._options.batch_rows // count
            self._block_bytes = min(bytes_of_rows, self._options.batch_chars) * 105 // 100

    def _is_enough(self, records: Records) -> bool:
        size = records.end - records.start
        return len(records) >= self._options.batch_rows or size >= self._options.batch_chars

    def _fitting(self, records: Records) -> int:
        """How many of the records make up a block: all that its bounds allow, but one if there is one."""
        end = records.start + self._options.batch_chars
        count = int(np.searchsorted(records.starts[1:], end, "right"))
        return min(max(count, 1), self._options.batch_rows, len(records))

    @property
    def _open_line(self) -> int:
        """The line on which the record starts that isn't complete yet."""
        return self._line + int(self._records.lines[-1])
