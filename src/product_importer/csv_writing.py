"""Writes CSV that is read again as it was."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

_CRLF = "\r\n"


class CsvWriter:
    """Writes rows that end with LF.

    Python's writer quotes a cell with a CR only where lines end with one, so it is told that they do.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writer = csv.writer(self, lineterminator=_CRLF)

    def writerow(self, cells: Iterable[object]) -> None:
        self._writer.writerow(cells)

    def write(self, line: str) -> None:
        """What Python's writer calls, once a row."""
        self._stream.write(line.removesuffix(_CRLF) + "\n")
