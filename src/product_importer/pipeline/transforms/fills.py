"""The steps that fill blank cells from other rows: of the same group, from above, or of the parent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true, is_blank, trimmed
from product_importer.pipeline.transforms.steps import filled
from product_importer.ports import Finding

if TYPE_CHECKING:
    from product_importer.pipeline.transforms.columns import Columns

KEPT_ROWS: Final = 65_536
KEPT_BYTES: Final = 33_554_432
"""Bounds on the rows that are remembered for later batches; the oldest are forgotten first."""

_GENERATIONS: Final = 4
"""The most parents above a row: a size, of a colour, of a product, and one more."""


class FillingGroup:
    """Fills from the first row of the same group. Rows of a group may be anywhere in the file, as long as
    their first row is among those remembered.
    """

    rewrites: ClassVar[Sequence[int]] = ()

    def __init__(self, places: Sequence[int], group: int) -> None:
        self._places = [place for place in places if place != group]
        self._group = group
        self._known: pa.RecordBatch | None = None

    def apply(self, columns: Columns) -> Iterator[Finding]:
        keys = trimmed(columns[self._group])
        firsts = _rows(keys, [columns[place] for place in self._places]).take(_first_places(keys))
        if self._known is not None:
            new = pc.invert(pc.is_in(firsts.column(0), self._known.column(0)))
            firsts = _joined([self._known, firsts.filter(new)])
        _fill(columns, self._places, firsts, pc.index_in(keys, firsts.column(0), skip_nulls=True))
        self._known = _remembered(firsts)
        return iter(())


class FillingDown:
    """Fills from the last row above that starts a group."""

    rewrites: ClassVar[Sequence[int]] = ()

    def __init__(self, places: Sequence[int], start: int) -> None:
        self._places = [place for place in places if place != start] + [start]
        self._start = start
        self._above: pa.RecordBatch | None = None

    def apply(self, columns: Columns) -> Iterator[Finding]:
        count = len(columns[self._start])
        starts = pc.invert(is_blank(columns[self._start])).to_numpy(zero_copy_only=False)
        before = 0 if self._above is None else 1
        places = np.maximum.accumulate(np.where(starts, np.arange(before, before + count), before - 1))
        rows = _rows(None, [columns[place] for place in self._places])
        if self._above is not None:
            rows = _joined([self._above, rows])
        if count:
            _fill(columns, self._places, rows, pa.array(places, mask=places < 0), first=0)
            if places[-1] >= 0:
                self._above = rows.take(pa.array([places[-1]]))
        return iter(())


class FillingFromParent:
    """Fills from the row that a cell names. ``keys``: the columns that name rows, and what goes before the
    name. The parent is a row before this one, or of the same batch.
    """

    rewrites: ClassVar[Sequence[int]] = ()

    def __init__(
        self, places: Sequence[int], parent: int, keys: Sequence[tuple[int, str]], header: str
    ) -> None:
        self._places = [place for place in places if place != parent]
        self._parent = parent
        self._keys = keys
        self._header = header
        self._known: pa.RecordBatch | None = None

    def apply(self, columns: Columns) -> Iterator[Finding]:
        wanted = trimmed(columns[self._parent])
        found = pa.nulls(len(wanted), pa.int32())
        rows = self._all_rows(columns)
        for _ in range(_GENERATIONS if wanted.null_count < len(wanted) else 0):
            found = self._places_in(rows, wanted)
            before = [columns[place] for place in self._places]
            _fill(columns, self._places, rows, found, first=len(self._keys))
            if all(columns[place] is cells for place, cells in zip(self._places, before, strict=True)):
                break
            rows = self._all_rows(columns)
        self._known = _remembered(rows)
        lost = pc.and_(pc.is_valid(wanted), pc.is_null(found))
        if any_true(lost):
            message = "The file has no row of this parent before the row, so blank cells weren't filled."
            yield Finding(None, "parent_unknown", message, lost, column=self._header, warning=True)

    def _all_rows(self, columns: Columns) -> pa.RecordBatch:
        keys = [
            pc.binary_join_element_wise(prefix, trimmed(columns[place]), "") for place, prefix in self._keys
        ]
        rows = _rows(None, [*keys, *(columns[place] for place in self._places)])
        return rows if self._known is None else _joined([self._known, rows])

    def _places_in(self, rows: pa.RecordBatch, wanted: pa.StringArray) -> pa.Int32Array:
        found = [pc.index_in(wanted, rows.column(key), skip_nulls=True) for key in range(len(self._keys))]
        return pc.coalesce(*found)


def _fill(
    columns: Columns, places: Sequence[int], rows: pa.RecordBatch, at: pa.Array, first: int = 1
) -> None:
    """Fills the columns at ``places`` from ``rows``: from the row ``at`` that place, if any. Their cells are
    the columns of ``rows`` from number ``first`` on.
    """
    for number, place in enumerate(places, first):
        if any_true(is_blank(columns[place])):
            columns[place] = filled(columns[place], rows.column(number).take(at))


def _first_places(keys: pa.StringArray) -> pa.Array:
    """The places of the first row with each key, in order; null is no key."""
    numbers = keys.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    distinct, firsts = np.unique(numbers, return_index=True)
    return pa.array(np.sort(firsts[distinct >= 0]))


def _rows(keys: pa.StringArray | None, columns: Sequence[pa.StringArray]) -> pa.RecordBatch:
    arrays = [*([] if keys is None else [keys]), *columns]
    return pa.RecordBatch.from_arrays(arrays, names=[str(number) for number in range(len(arrays))])


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    columns = [pa.concat_arrays(each) for each in zip(*(batch.columns for batch in batches), strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=batches[0].schema)


def _remembered(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The last rows, as many as may be remembered, in memory of their own."""
    count = min(rows.num_rows, KEPT_ROWS)
    while count > 1 and rows.slice(rows.num_rows - count).nbytes > KEPT_BYTES:
        count //= 2
    return (
        rows if count == rows.num_rows else rows.take(pa.array(range(rows.num_rows - count, rows.num_rows)))
    )
