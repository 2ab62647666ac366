"""Makes a :class:`RawBatch` of consecutive records of a delimited file, given as lists of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.delimited.header import clean_header, fold_cell
from product_importer.delimited.malformed import fit, swallows_rows, text_after_quote, too_few_cells
from product_importer.delimited.text_columns import (
    columns_of,
    flat_cells,
    line_ends,
    may_contain,
    may_hold,
    text_size,
)
from product_importer.delimited.textfile import count_line_ends
from product_importer.model import RowError
from product_importer.ports import MalformedRow, RawBatch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from product_importer.model import Limits


class RawBatchBuilder:
    """Builds batches under a header, and counts lines and records.

    ``header_record`` starts on ``line``; ``delimiter`` and ``surplus``: see
    :class:`~product_importer.model.Dialect`. Raises the errors of
    :func:`~product_importer.delimited.header.clean_header`.
    """

    def __init__(
        self, header_record: Sequence[str], *, line: int, limits: Limits, delimiter: str, surplus: int = 0
    ) -> None:
        self.header = clean_header(header_record, line=line, limits=limits)
        self.line = line + lines_of(header_record)
        self._record = 1
        self._folded = tuple(map(fold_cell, header_record))
        self._delimiter = delimiter
        self._surplus = surplus

    def build(
        self,
        records: Sequence[Sequence[str]],
        end_offset: int,
        uneven: Collection[int],
        damaged: Collection[int],
        broken: Collection[int],
    ) -> RawBatch:
        """Builds the batch of the next records, at least one.

        The other arguments are places in ``records``: ``uneven`` of those with more or fewer cells than the
        header, ``damaged`` of those in which text follows a closing quote, ``broken`` of those that look like
        parts of a row that line ends broke.
        """
        width = len(self.header)
        damaged, broken = frozenset(damaged), frozenset(broken)
        suspects: Sequence[int] = sorted(damaged.union(uneven))
        rows, errors, kept = self._judge(records, suspects, damaged, broken)
        cells = flat_cells(rows)
        columns, ends = columns_of(cells, width), line_ends(cells)
        suspicious = [int(kept[row]) for row in self._suspicious(rows, cells, ends)]
        swallowing = [row for row in suspicious if swallows_rows(records[row], width, self._delimiter)]
        if swallowing or may_contain(cells, "\0") or self._may_repeat_header(columns):
            damaged = damaged.union(swallowing)
            suspects = range(len(records))
            rows, errors, kept = self._judge(records, suspects, damaged, broken)
            cells = flat_cells(rows)
            columns, ends = columns_of(cells, width), line_ends(cells)

        spans = np.ones(len(records), np.int64)  # lines that each record takes
        if ends is not None:
            spans[kept] += np.bincount(ends // width, minlength=len(rows))
        for row in suspects:  # the cells that were left out had line ends too
            spans[row] = lines_of(records[row])
        lines = self.line + np.cumsum(spans) - spans
        for row in damaged:
            errors[row] = text_after_quote(int(lines[row]), int(lines[row] + spans[row]) - 1)
        first = self._record
        self.line += int(spans.sum())
        self._record += len(records)
        return RawBatch(
            cells=pa.RecordBatch.from_arrays(columns, names=self.header),
            lines=pa.array(lines[kept]),
            records=pa.array(first + kept),
            first_record=first,
            last_record=self._record - 1,
            malformed=tuple(
                MalformedRow(int(lines[row]), first + row, tuple(records[row]), error)
                for row, error in errors.items()
            ),
            blank=len(records) - len(rows) - len(errors),
            end_offset=end_offset,
        )

    def _suspicious(
        self,
        rows: Sequence[Sequence[str]],
        cells: pa.StringArray,
        ends: np.ndarray[tuple[int], np.dtype[np.int64]] | None,
    ) -> list[int]:
        """The rows that may hold other rows in a cell. ``ends``: the places in ``cells`` of all line ends."""
        sign = f'"{self._delimiter}'
        if ends is None or not may_contain(cells, '"'):
            return []
        in_rows, in_columns = np.divmod(ends, len(self.header))
        places = zip(in_rows.tolist(), in_columns.tolist(), strict=True)
        return sorted({row for row, column in places if sign in rows[row][column]})

    def _judge(
        self,
        records: Sequence[Sequence[str]],
        suspects: Sequence[int],
        damaged: frozenset[int],
        broken: frozenset[int],
    ) -> tuple[Sequence[Sequence[str]], dict[int, RowError], np.ndarray[tuple[int], np.dtype[np.int64]]]:
        """Returns the rows that fit under the header, the errors of others, and which records the rows are.

        Only ``suspects`` are checked. Blank records have no row and no error.
        """
        if not suspects:
            return records, {}, np.arange(len(records))
        rows = list(records)
        errors: dict[int, RowError] = {}
        left_out = []
        for row in suspects:
            cells = self._fit(records[row]) if row not in damaged else text_after_quote(0, 0)
            if row in broken and not isinstance(cells, RowError):
                cells = too_few_cells(len(records[row]), len(self.header))
            if isinstance(cells, RowError):
                errors[row] = cells
            elif cells:
                rows[row] = cells
                continue
            left_out.append(row)
        kept = np.delete(np.arange(len(records)), left_out)
        if left_out:
            rows = [rows[row] for row in kept]
        return rows, errors, kept

    def _fit(self, record: Sequence[str]) -> Sequence[str] | RowError:
        return fit(record, self.header, self._folded, self._surplus) if record else ()

    def _may_repeat_header(self, columns: Sequence[pa.StringArray]) -> bool:
        """Whether a row may repeat the header. Small columns come first: mostly the first one decides."""
        by_size = sorted(zip(columns, self._folded, strict=True), key=lambda column: text_size(column[0]))
        return all(may_hold(column, folded) for column, folded in by_size)


def joined(parts: Sequence[RawBatch]) -> RawBatch:
    """Joins consecutive batches, at least one."""
    first, last = parts[0], parts[-1]
    columns = [
        pa.concat_arrays([part.cells.column(position) for part in parts])
        for position in range(first.cells.num_columns)
    ]
    return RawBatch(
        cells=pa.RecordBatch.from_arrays(columns, schema=first.cells.schema),
        lines=pa.concat_arrays([part.lines for part in parts]),
        records=pa.concat_arrays([part.records for part in parts]),
        first_record=first.first_record,
        last_record=last.last_record,
        malformed=tuple(row for part in parts for row in part.malformed),
        blank=sum(part.blank for part in parts),
        end_offset=last.end_offset,
        done=last.done,
        left_out=tuple(row for part in parts for row in part.left_out),
    )


def lines_of(record: Sequence[str]) -> int:
    """The number of lines of the file that a record takes."""
    return 1 + count_line_ends("\0".join(record))
