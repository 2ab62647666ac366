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


class Chain:
    """The steps at work on one file. ``header`` is the file's, with the columns that steps add; ``asked`` is
    the plugin's transform that is running.
    """

    def __init__(self, steps: Iterable[Step | PluginStep], header: Sequence[str]) -> None:
        self._steps = tuple(steps)
        self.header = tuple(header)
        self.asked: Asked | None = None

    def apply(self, raw: RawBatch) -> tuple[RawBatch, list[Told]]:
        """Returns the batch after all steps, and what they found. Rows without any text are left out first.

        Call it with the batches in the file's order: steps may use rows of the batches before.
        """
        blank = _blank_rows(raw.cells.columns)
        told: list[Told] = []
        if any_true(blank):  # they are no rows for any step
            told.append(Told(raw, Finding(None, WarningCode.BLANK_ROW, BLANK_MESSAGE, blank)))
            raw = _without(raw, blank)
        for step in self._steps:
            if isinstance(step, PluginStep):
                self.asked = Asked("transform", step.name)
                raw = step.batch(raw)
                self.asked = None
            else:
                raw = self._applied(step, raw, told)
        missing = len(self.header) - raw.cells.num_columns
        return (_with(raw, [*raw.cells.columns, *_empty(missing, raw)], self.header), told)

    def _applied(self, step: Step, raw: RawBatch, told: list[Told]) -> RawBatch:
        columns: Columns = [*raw.cells.columns]
        columns += _empty(len(self.header) - len(columns), raw)
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


def _empty(count: int, raw: RawBatch) -> list[pa.StringArray]:
    return [pa.repeat(pa.scalar("", pa.string()), raw.cells.num_rows) for _ in range(count)]


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
