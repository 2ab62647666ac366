"""Changes rejected rows of one kind by a rule, with the steps that profiles have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer.pipeline.mapping_refusals import listed
from product_importer.pipeline.transforms.chain import Chain
from product_importer.pipeline.transforms.columns import Headers
from product_importer.pipeline.transforms.starting import steps_of
from product_importer.ports import RawBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.model.resubmissions import CorrectedRow, Correction
    from product_importer.registry import PluginSet


class Correcting:
    """Applies one correction to rows with a cell for each of ``columns``, in the file's order.

    Raises :class:`UsageError` for a column that isn't there, and for a step that would add one.
    """

    def __init__(self, correction: Correction, columns: Sequence[str], plugins: PluginSet) -> None:
        self._columns = tuple(columns)
        self._value = correction.value
        if correction.value is not None and correction.column not in self._columns:
            raise UsageError(
                f"A value can only be set in a column of the file, and {quoted(correction.column or '')} is "
                f"none. The file's columns are {listed(self._columns)}."
            )
        self._place = self._columns.index(correction.column) if correction.column in self._columns else None
        headers = Headers(self._columns, strict=True)
        steps = tuple(steps_of(correction.steps, headers, plugins))
        if headers.names != self._columns:
            raise UsageError(
                f"The steps would add the column {quoted(headers.names[-1])}, but rejected rows keep the "
                "columns of their file. Name a column that the file has."
            )
        self._chain = Chain(steps, headers.names) if steps else None

    def apply(self, rows: Sequence[CorrectedRow]) -> list[CorrectedRow]:
        """Returns the rows with their new cells; a row that a step leaves out stays as it is.

        Raises :class:`PluginError` where a plugin's step fails.
        """
        if not rows:
            return []
        cells = [[row.cells[place] for row in rows] for place in range(len(self._columns))]
        if self._value is not None and self._place is not None:
            cells[self._place] = [self._value] * len(rows)
        if self._chain is not None:
            self._step(self._chain, cells)
        return [
            replace(row, cells=values) for row, values in zip(rows, zip(*cells, strict=True), strict=True)
        ]

    def _step(self, chain: Chain, cells: list[list[str]]) -> None:
        count = len(cells[0])
        numbers = pa.array(np.arange(count))
        columns = [pa.array(each, pa.string()) for each in cells]
        batch = pa.RecordBatch.from_arrays(columns, names=list(self._columns))
        raw = chain.apply(RawBatch(batch, numbers, numbers, 0, count - 1))[0]
        kept = raw.records.to_pylist()
        for column, changed in zip(cells, raw.cells.columns, strict=True):
            for place, cell in zip(kept, changed.to_pylist(), strict=True):
                column[place] = cell
