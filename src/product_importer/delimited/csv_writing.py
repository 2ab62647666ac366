"""Writes CSV from which every text is read back unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import TextIO

_LINE_END = ";\t\r\n"
_PAGE_ROWS = 500


class CsvWriter:
    """Writes rows that end with LF.

    Cells with a semicolon or a tab are quoted, too: otherwise a spreadsheet that splits the file there would
    take part of a cell for a cell of its own, and perhaps for a formula. Python's writer quotes cells with
    such characters, or with a CR, only if they are part of the line terminator, so they are passed as one.
    """

    def __init__(self, stream: TextIO, delimiter: str = ",") -> None:
        self._stream = stream
        self._end = _LINE_END.replace(delimiter, "")  # Python refuses a delimiter that ends lines, too
        self._writer = csv.writer(self, delimiter=delimiter, lineterminator=self._end)

    def writerow(self, cells: Iterable[object]) -> None:
        self._writer.writerow(cells)

    def write(self, line: str) -> None:
        """Called by Python's writer, once for each row."""
        self._stream.write(line.removesuffix(self._end) + "\n")


async def csv_pages(header: Iterable[object], rows: AsyncIterable[Iterable[object]]) -> AsyncIterator[str]:
    """Yields the text of a file with these rows under the header, a page of rows at a time."""
    buffer = io.StringIO()
    writer = CsvWriter(buffer)
    writer.writerow(header)
    pending = 1
    async for row in rows:
        writer.writerow(row)
        pending += 1
        if pending >= _PAGE_ROWS:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
            pending = 0
    yield buffer.getvalue()
