"""A sheet, whose rows the workbook's process reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from product_importer.cells.headers.tables import table_of_products
from product_importer.delimited.header_rows import HeaderRow, header_among
from product_importer.errors import FileError
from product_importer.model import ReadAs, TableInfo
from product_importer.ports import RawBatch
from product_importer_excel.workbook import Workbook, workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from product_importer.model import ParseOptions
    from product_importer.ports import InputFile


HEADER_ROW: Final = "header_row"
"""The option by which the header's row can be given."""

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
            found = tuple(_infos(book.answer["tables"]))
        _known.clear()
        _known[key] = found
    return found


def _infos(tables: Sequence[Mapping[str, Any]]) -> Iterator[TableInfo]:
    """The sheets that may hold the products are likely; if one certainly does, the others aren't."""
    certain = table_of_products({each["name"]: _names(each["head"]) for each in tables if each["likely"]})
    for each in tables:
        likely = each["likely"] and certain in (None, each["name"])
        yield TableInfo(each["name"], each["rows"], likely=likely)


def _names(head: Sequence[tuple[int, Sequence[str]]]) -> Sequence[str]:
    """The cells of the row that names most fields."""
    rows = [HeaderRow.of(number, "", cells) for number, cells in head]
    return max(rows, key=lambda row: len(row.fields)).cells if rows else ()


@contextmanager
def opened(file: InputFile, options: ParseOptions) -> Iterator[Sheet]:
    """Opens a sheet and reads its header."""
    name = options.reading.get("sheet") or _only_sheet(file)
    given = options.reading.get(HEADER_ROW, "0")
    with workbook("read", file, name, given, str(options.batch_rows), str(options.rows or 0)) as book:
        row, header = _header([(number, tuple(cells)) for number, cells in book.answer["head"]])
        book.begin_below(row)
        yield Sheet(book, name, row, header, options.batch_chars)


def _header(head: Sequence[tuple[int, tuple[str, ...]]]) -> tuple[int, tuple[str, ...]]:
    """Returns the row of the header and its cells. Raises :class:`QuestionsOpen` if two rows may be it.

    If no row names the SKU, the header is the first row that has at least half of the columns filled. The
    rows before it, such as a title, are left out.
    """
    found = header_among(
        (HeaderRow.of(number, _shown(cells), cells) for number, cells in head), HEADER_ROW, "row"
    )
    if found is None:
        filled = [len(cells) - cells.count("") for _, cells in head]
        enough = max(filled) / 2
        place = next(place for place, size in enumerate(filled) if size > 1 or size >= enough)
        place = next((place for place, size in enumerate(filled) if size >= max(enough, 2)), place)
        return head[place]
    return next(row for row in head if row[0] == found)


def _shown(cells: Sequence[str]) -> str:
    return ", ".join(cell for cell in cells if cell)


def _only_sheet(file: InputFile) -> str:
    table = next((table for table in sheets(file) if table.likely), None)
    if table is None:
        raise FileError("The workbook has no sheet with rows that isn't hidden.", code="no_table")
    return table.name


class Sheet:
    """A sheet whose header was read."""

    def __init__(self, book: Workbook, name: str, row: int, header: tuple[str, ...], most_chars: int) -> None:
        self.header = header
        words = f"sheet “{name}”" + (f", header in row {row}" if row > 1 else "")
        self.read_as = ReadAs(words, {"sheet": name, HEADER_ROW: str(row)}, "row")
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
