"""Runs a profile's steps over the batches of one file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.asked import Asked
from product_importer.pipeline.text import any_true, is_blank
from product_importer.pipeline.transforms.plugin_step import PluginStep
from product_importer.pipeline.warning_codes import BLANK_MESSAGE, WarningCode
from product_importer.ports import Finding

if TYPE_CHECKING:
    from product_importer.pipeline.transforms.columns import Columns
    from product_importer.pipeline.transforms.steps import Step
    from product_importer.ports import RawBatch


class Told(NamedTuple):
    """A finding about rows of ``raw``, which is the batch as it was at that step."""

    raw: RawBatch
    finding: Finding


class Prepared(NamedTuple):
    """A batch after all steps, and what they found. ``left``: the cells of the rows that they left out."""

    raw: RawBatch
    told: Sequence[Told] = ()
    left: Sequence[pa.RecordBatch] = ()


class Chain:
    """The steps at work on one file. ``header`` is the file's, with the columns that steps add; ``asked`` is
    the plugin's transform that is running. ``keeps_left``: whether the cells of rows that are left out are
    wanted.
    """

    def __init__(
        self, steps: Iterable[Step | PluginStep], header: Sequence[str], *, keeps_left: bool = False
    ) -> None:
        self._steps = tuple(steps)
        self.header = tuple(header)
        self._keeps_left = keeps_left
        self.asked: Asked | None = None

    def rewrites(self, place: int) -> bool:
        """Whether a step may put other texts for the filled cells of a column."""
        return any(place in step.rewrites for step in self._steps)

    def apply(self, raw: RawBatch) -> Prepared:
        """Returns the batch after all steps. Rows without any text are left out first.

        Call it with the batches in the file's order: steps may use rows of the batches before.
        """
        blank = _blank_rows(raw.cells.columns)
        told: list[Told] = []
        if any_true(blank):  # they are no rows for any step
            told.append(Told(raw, Finding(None, WarningCode.BLANK_ROW, BLANK_MESSAGE, blank)))
            raw = _without(raw, blank)
        left: list[pa.RecordBatch] = []
        for step in self._steps:
            before = raw
            if isinstance(step, PluginStep):
                self.asked = Asked("transform", step.name)
                raw = step.batch(raw)
                self.asked = None
            else:
                left = [self._rewritten(step, cells) for cells in left]
                raw = self._applied(step, raw, told)
            if self._keeps_left and raw.cells.num_rows < before.cells.num_rows:
                gone = pc.invert(pc.is_in(before.records, raw.records))
                cells = before.cells.filter(gone)
                left.append(cells if isinstance(step, PluginStep) else self._rewritten(step, cells))
        return Prepared(_with(raw, self._columns(raw.cells), self.header), told, left)

    def _columns(self, cells: pa.RecordBatch) -> Columns:
        """The columns, with those that steps add."""
        return [*cells.columns, *_empty(len(self.header) - cells.num_columns, cells.num_rows)]

    def _rewritten(self, step: Step, cells: pa.RecordBatch) -> pa.RecordBatch:
        """The cells of rows that were left out, with the texts that they would have after the step."""
        if not step.rewrites:
            return cells
        columns = self._columns(cells)
        for _ in step.apply(columns):
            pass
        return pa.RecordBatch.from_arrays(columns, names=list(self.header))

    def _applied(self, step: Step, raw: RawBatch, told: list[Told]) -> RawBatch:
        columns = self._columns(raw.cells)
        found = list(step.apply(columns))
        raw = _with(raw, columns, self.header)
        told += (Told(raw, finding) for finding in found)
        left = [finding.rows for finding in found if not finding.warning]
        return _without(raw, reduce(pc.or_, left)) if left else raw


def _blank_rows(columns: Sequence[pa.StringArray]) -> pa.BooleanArray:
    blank = pa.repeat(True, len(columns[0]))
    for column in columns:
        if not any_true(blank):
            break
        blank = pc.and_(blank, is_blank(column))
    return blank


def _empty(count: int, rows: int) -> list[pa.StringArray]:
    return [pa.repeat(pa.scalar("", pa.string()), rows) for _ in range(count)]


def _with(raw: RawBatch, columns: Sequence[pa.StringArray], header: Sequence[str]) -> RawBatch:
    cells = pa.RecordBatch.from_arrays(list(columns), names=list(header))
    return replace(raw, cells=cells)


def _without(raw: RawBatch, rows: pa.BooleanArray) -> RawBatch:
    """The batch without these rows, which are counted like records without any cell."""
    kept = pc.invert(rows)
    cells = raw.cells.filter(kept)
    return replace(
        raw,
        cells=cells,
        lines=raw.lines.filter(kept),
        records=raw.records.filter(kept),
        blank=raw.blank + raw.cells.num_rows - cells.num_rows,
    )
