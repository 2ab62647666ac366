"""Reads a file as blocks of whole records, each of the size of a batch."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

import numpy as np

from product_importer.delimited.dialect import HEAD_BYTES
from product_importer.errors import ParserDeclined
from product_importer.model import ParseOptions
from product_importer_fastcsv.records import Records, find_records

LEAST_READ = 256 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records of a file; ``records`` holds offsets into ``text``.

    ``line`` is the 1-based line of the file on which ``text`` starts, ``offset`` its first byte in the file.
    """

    text: bytes
    records: Records
    line: int
    offset: int

    @property
    def content(self) -> memoryview:
        """The bytes of the records only."""
        return memoryview(self.text)[self.records.start : self.records.end]

    @property
    def has_nul(self) -> bool:
        return self.text.find(b"\0", self.records.start, self.records.end) >= 0

    @property
    def end_offset(self) -> int:
        """The offset in the file at which the records end."""
        return self.offset + self.records.end

    def line_of(self, position: int) -> int:
        """Returns the 1-based line of the file on which a record starts."""
        return self.line + int(self.records.lines[position])

    def without_first(self, count: int) -> Block:
        return replace(self, records=self.records.between(count, len(self.records)))


class BlockReader:
    """Cuts a file into blocks of ``batch_rows`` records, or fewer if those exceed ``batch_chars`` bytes.

    The size of each read follows from the length of the records so far, so that few bytes are scanned twice.
    It does not influence where blocks end. ``first_line``: the lines above it are left out.
    """

    def __init__(
        self,
        file: BinaryIO,
        delimiter: bytes,
        options: ParseOptions,
        least_read: int = LEAST_READ,
        *,
        first_line: int = 1,
    ) -> None:
        self._file = file
        self._delimiter = delimiter
        self._options = options
        self._least_read = least_read
        self._block_bytes = 0  # estimated from the records read so far
        self._complete = False
        self._line = first_line
        bom = file.read(len(codecs.BOM_UTF8))
        self._text, self._offset = (b"", len(bom)) if bom == codecs.BOM_UTF8 else (bom, 0)
        if first_line > 1:
            self._leave_out(first_line - 1)
        self._records = find_records(b"", delimiter, complete=False)  # those that are in no block yet

    def _leave_out(self, lines: int) -> None:
        """Drops the file's first lines, which are within its first 64 KiB."""
        text = self._text + self._file.read(HEAD_BYTES)
        ends = islice(re.finditer(rb"\r\n|\r|\n", text), lines - 1, None)
        start = next(ends).end()
        self._text = text[start:]
        self._offset += start

    def read(self) -> Block | None:
        """Returns the next block; ``None`` after the last.

        Raises :class:`ParserDeclined` if a record is too long, or has a quote that is never closed.
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
        """Drops the text that is in blocks already, and appends more of the file."""
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
        """Returns how many of the records fit into a block; at least one, if there is one."""
        end = records.start + self._options.batch_chars
        count = int(np.searchsorted(records.starts[1:], end, "right"))
        return min(max(count, 1), self._options.batch_rows, len(records))

    @property
    def _open_line(self) -> int:
        """The line on which the incomplete record starts."""
        return self._line + int(self._records.lines[-1])
