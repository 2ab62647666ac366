"""The warnings of one import: all of them are counted, the first ones of each code are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.model import VALUE_CHARS, RowWarning
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.text import any_true
from product_importer.pipeline.warning_codes import BLANK_MESSAGE, HARMLESS, WarningCode
from product_importer.ports import Finding, RawBatch

KEPT_ROWS: Final = 1_000
"""Maximum warnings kept of each code."""

KEPT_IN_ALL: Final = 20_000

MOST_CODES: Final = 100
"""Maximum number of codes. Plugins have codes of their own; warnings of codes beyond this number are counted
as :attr:`WarningCode.OTHER`.
"""

_NUL_SHOWN: Final = "\N{SYMBOL FOR NULL}"
_MESSAGE_CHARS: Final = 2_000


class WarningLog:
    """Takes warnings in the file's order, in bounded memory."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._rows: dict[str, list[RowWarning]] = {}
        self._kept = 0
        self._harmless: set[str] = set(HARMLESS)

    def __iter__(self) -> Iterator[RowWarning]:
        """Iterates the kept warnings, code by code."""
        return (row for rows in self._rows.values() for row in rows)

    @property
    def counts(self) -> Mapping[str, int]:
        return MappingProxyType(self._counts)

    @property
    def damaging(self) -> Mapping[str, int]:
        """The counts of the warnings that abort an import, if the options ask for that."""
        return {code: count for code, count in self._counts.items() if code not in self._harmless}

    def room(self, code: str) -> int:
        """The number of warnings of the code that can still be kept."""
        return min(KEPT_ROWS - len(self._rows.get(self._known(code), ())), KEPT_IN_ALL - self._kept)

    def add(self, code: str, count: int, rows: Iterable[RowWarning]) -> None:
        """Counts ``count`` warnings, and keeps as many of the first ones, ``rows``, as there is room for."""
        if not count:
            return
        code = self._known(code)
        self._counts[code] = self._counts.get(code, 0) + count
        kept = self._rows.setdefault(code, [])
        for row in rows:
            if self.room(code) <= 0:
                break
            kept.append(_storable(row, code))
            self._kept += 1

    def extend(self, rows: Iterable[RowWarning]) -> None:
        for row in rows:
            self.add(row.code, 1, (row,))

    def of_batch(
        self,
        raw: RawBatch,
        blank: pa.BooleanArray,
        warnings: Iterable[Finding],
        dropped: pa.BooleanArray,
        mapping: FieldMapping,
    ) -> None:
        """Adds the warnings of a batch's rows. Rejected rows, ``dropped``, have their errors instead."""
        left_out = (
            RowWarning(WarningCode.LEFT_OUT, row.reason, row.line, row.record) for row in raw.left_out
        )
        self.add(WarningCode.LEFT_OUT, len(raw.left_out), left_out)
        for finding in warnings:
            self.found(raw, finding, pc.and_not(finding.rows, dropped), mapping)
        if any_true(blank):
            finding = Finding(None, WarningCode.BLANK_ROW, BLANK_MESSAGE, blank, warning=True)
            self.found(raw, finding, blank, mapping)

    def found(
        self,
        raw: RawBatch,
        finding: Finding,
        rows: pa.BooleanArray,
        mapping: FieldMapping,
        *,
        harmless: bool = False,
    ) -> None:
        """Adds the warnings of a finding on these rows of the batch. ``harmless``: such a warning says that
        a row is no product; it doesn't abort an import.
        """
        if harmless:
            self._harmless.add(finding.code)
        places = np.flatnonzero(rows.to_numpy(zero_copy_only=False))
        room = self.room(finding.code)
        shown = _rows_of(raw, finding, places[:room].tolist(), mapping) if room > 0 else ()
        self.add(finding.code, len(places), shown)

    def _known(self, code: str) -> str:
        return code if code in self._counts or len(self._counts) < MOST_CODES else WarningCode.OTHER


def place_of(finding: Finding, mapping: FieldMapping) -> tuple[str | None, int | None]:
    """The header of the column that the finding blames, and its place in the file."""
    if finding.field is not None and (use := mapping.use_of(finding.field)) is not None:
        return use.column, use.index
    if finding.column is None:
        return None, None
    use = mapping.column_named(finding.column)
    return (finding.column, None) if use is None else (use.column, use.index)


def _rows_of(
    raw: RawBatch, finding: Finding, places: Sequence[int], mapping: FieldMapping
) -> Iterator[RowWarning]:
    column, index = place_of(finding, mapping)
    for place in places:
        value = None if index is None else raw.cells.column(index)[place].as_py()
        line, record = raw.lines[place].as_py(), raw.records[place].as_py()
        yield RowWarning(finding.code, finding.message, line, record, column, value)


def _storable(row: RowWarning, code: str) -> RowWarning:
    """The warning as PostgreSQL can store it: without U+0000, and with a message of limited length."""
    value = None if row.value is None else row.value[:VALUE_CHARS].replace("\0", _NUL_SHOWN)
    column = None if row.column is None else row.column.replace("\0", _NUL_SHOWN)
    message = row.message[:_MESSAGE_CHARS].replace("\0", _NUL_SHOWN)
    return RowWarning(code, message, row.line, row.record, column, value)
