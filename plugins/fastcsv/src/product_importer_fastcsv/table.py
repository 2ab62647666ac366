"""Reads text into Arrow columns by pyarrow, and tests all cells of a column at once."""

from __future__ import annotations

from codecs import BOM_UTF8
from operator import eq
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from product_importer.delimited.header import fold_cell
from product_importer.delimited.malformed import swallows_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from product_importer_fastcsv.records import Offsets

ASCII_WHITESPACE = " \t\n\v\f\r\x1c\x1d\x1e\x1f"  # the ASCII characters that str.strip removes


class TableReader:
    """Reads the text of whole records, without a header, into one string column per column of ``header``."""

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        self._schema = pa.schema([(name, pa.string()) for name in header])
        self._delimiter = delimiter
        self._conversion = pa.csv.ConvertOptions(column_types=self._schema, null_values=[], check_utf8=False)
        self.empty = self.from_rows([])

    def read(self, text: memoryview) -> tuple[pa.RecordBatch, list[int]]:
        """Returns the rows with as many cells as the header, and the numbers of the other rows.

        Numbers count from 0 and leave out blank lines. Raises :class:`pa.ArrowInvalid` if the text isn't
        UTF-8.
        """
        # Checking all text at once is cheaper than cell by cell, and pyarrow doesn't check the rows that it
        # skips.
        _as_one_string(text).validate(full=True)
        if bytes(text[: len(BOM_UTF8)]) == BOM_UTF8:
            text = memoryview(b"\n" + text)  # pyarrow would drop the mark, but it skips a blank line
        ragged: list[int] = []

        def skip(row: pa.csv.InvalidRow) -> str:
            ragged.append(row.number - 1)
            return "skip"

        table = pa.csv.read_csv(
            pa.py_buffer(text),
            # One block for all text: no record is split, and the rows have numbers.
            pa.csv.ReadOptions(column_names=self._schema.names, block_size=len(text), use_threads=False),
            pa.csv.ParseOptions(delimiter=self._delimiter, invalid_row_handler=skip),
            self._conversion,
        )
        return next(iter(table.combine_chunks().to_batches()), self.empty), ragged

    def from_rows(self, rows: Iterable[Sequence[str]]) -> pa.RecordBatch:
        columns = list(zip(*rows, strict=True)) or [()] * len(self._schema)
        return pa.RecordBatch.from_arrays([pa.array(it, pa.string()) for it in columns], schema=self._schema)


def _as_one_string(text: memoryview) -> pa.StringArray:
    offsets = np.array([0, len(text)], np.int32)
    return pa.StringArray.from_buffers(1, pa.py_buffer(offsets), pa.py_buffer(text))


def any_swallows_rows(cells: pa.RecordBatch, delimiter: str) -> bool:
    """Returns whether a cell of any row holds others:
    :func:`~product_importer.delimited.malformed.swallows_rows`.
    """
    sign = f'"{delimiter}'
    suspects = pa.repeat(False, cells.num_rows)
    for column in cells.columns:
        if _may_hold(column, sign.encode()):
            here = pc.and_(pc.match_substring(column, sign), pc.match_substring_regex(column, "[\r\n]"))
            suspects = pc.or_(suspects, here)
    if not pc.any(suspects).as_py():
        return False
    rows = zip(*(column.to_pylist() for column in cells.filter(suspects).columns), strict=True)
    return any(swallows_rows(row, cells.num_columns, delimiter) for row in rows)


def _may_hold(column: pa.StringArray, pair: bytes) -> bool:
    """Returns whether these two bytes are adjacent, in a cell or where two cells meet."""
    data = column.buffers()[2]
    view = np.frombuffer(b"" if data is None else data, np.uint8)
    return bool((view[np.flatnonzero(view[:-1] == pair[0]) + 1] == pair[1]).any())


def rows_that_fold_to(cells: pa.RecordBatch, folded: Sequence[str]) -> Offsets:
    """Returns the rows whose cells are ``folded`` by :func:`~product_importer.delimited.header.fold_cell`."""
    rows = np.arange(cells.num_rows)
    for column, wanted in zip(cells.columns, folded, strict=True):
        if not rows.size:
            break
        some = column.take(pa.array(rows)) if len(rows) < len(column) else column
        same = pc.equal(pc.ascii_lower(pc.ascii_trim(some, characters=ASCII_WHITESPACE)), wanted)
        may_be = pc.or_(same, pc.invert(pc.string_is_ascii(some)))
        rows = rows[may_be.to_numpy(zero_copy_only=False)]
    candidates = cells.take(pa.array(rows)).to_pylist()
    found = [all(map(eq, map(fold_cell, row.values()), folded)) for row in candidates]
    return rows[np.array(found, np.bool_)]
