"""A sheet, whose rows the workbook's process reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.errors import FileError
from product_importer.model import ReadAs, TableInfo
from product_importer.ports import RawBatch
from product_importer_excel.workbook import Workbook, workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.model import ParseOptions
    from product_importer.ports import InputFile


_known: dict[tuple[str, int, int, int], tuple[TableInfo, ...]] = {}
"""The sheets of the last workbook, by its path, inode, size and time."""


def sheets(file: InputFile) -> tuple[TableInfo, ...]:
    """The sheets of a workbook. Raises :class:`FileError` as :func:`workbook` does.

    They are asked for more than once for an import, and reading them takes time, so the last ones are kept.
    """
    status = file.path.stat()
    key = (str(file.path), status.st_ino, status.st_size, status.st_mtime_ns)
    found = _known.get(key)
    if found is None:
        with workbook("tables", file) as book:
            found = tuple(TableInfo(**table) for table in book.answer["tables"])
        _known.clear()
        _known[key] = found
    return found


@contextmanager
def opened(file: InputFile, options: ParseOptions) -> Iterator[Sheet]:
    """Opens a sheet and reads its header."""
    name = options.reading.get("sheet") or _only_sheet(file)
    header_row = options.reading.get("header_row", "0")
    with workbook("read", file, name, header_row, str(options.batch_rows)) as book:
        yield Sheet(book, name, options.batch_chars)


def _only_sheet(file: InputFile) -> str:
    table = next((table for table in sheets(file) if table.likely), None)
    if table is None:
        raise FileError("The workbook has no sheet with rows that isn't hidden.", code="no_table")
    return table.name


class Sheet:
    """A sheet whose header was read."""

    def __init__(self, book: Workbook, name: str, most_chars: int) -> None:
        self.header = tuple(book.answer["header"])
        row = book.answer["row"]
        words = f"sheet “{name}”" + (f", header in row {row}" if row > 1 else "")
        self.read_as = ReadAs(words, {"sheet": name, "header_row": str(row)}, "row")
        self._book = book
        self._most_chars = most_chars

    def __iter__(self) -> Iterator[RawBatch]:
        record = 0
        for rows, done in self._book.batches():
            for part in _bounded(rows, self._most_chars):
                numbers, *columns = part.columns
                cells = pa.RecordBatch.from_arrays(columns, names=list(self.header))
                records = pa.array(np.arange(record + 1, record + part.num_rows + 1))
                record += part.num_rows
                yield RawBatch(
                    cells=cells,
                    lines=numbers,
                    records=records,
                    first_record=record - part.num_rows + 1,
                    last_record=record,
                    done=done,
                )


def _bounded(rows: pa.RecordBatch, most: int) -> Iterator[pa.RecordBatch]:
    if rows.num_rows < 2 or rows.nbytes <= most:
        yield rows
        return
    half = rows.num_rows // 2
    yield from _bounded(rows.slice(0, half), most)
    yield from _bounded(rows.slice(half), most)
