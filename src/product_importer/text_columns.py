"""From cells as Python strings to Arrow columns, and what can be learned from those at Arrow's speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_RECORDS = pa.list_(pa.string())
_LF, _CR = 10, 13


def flat_cells(records: Sequence[Sequence[str]]) -> pa.StringArray:
    """All cells of the records, one record after the other."""
    return pa.array(records, _RECORDS).flatten()


def columns_of(cells: pa.StringArray, width: int) -> list[pa.StringArray]:
    """The columns of records of ``width`` cells each."""
    return [cells[position::width] for position in range(width)]


def has_nul(cells: pa.StringArray) -> bool:
    """Whether any cell holds a NUL character."""
    return b"\0" in _bytes(cells)


def holds(cells: pa.StringArray, text: str) -> bool:
    """Whether the text is in any cell. It may also be where two cells meet, which is rare."""
    return text.encode() in _bytes(cells)


def may_hold(cells: pa.StringArray, folded: str) -> bool:
    """False only if no cell is ``folded`` once it is stripped and case-folded."""
    return folded in _bytes(cells).decode().casefold()


def line_ends(cells: pa.StringArray, width: int) -> NDArray[np.int64] | None:
    """How many lines end in the cells of each record of ``width`` cells, or None if none does in any.

    LF, CRLF and a bare CR all end one.
    """
    text = _bytes(cells)
    if b"\n" not in text and b"\r" not in text:
        return None
    data = np.frombuffer(text, np.uint8)
    offsets = np.frombuffer(cells.buffers()[1], np.int32, len(cells) + 1)
    lf, cr = np.flatnonzero(data == _LF), np.flatnonzero(data == _CR)
    cell_of_cr = _cells_at(offsets, cr)
    after_cr = np.minimum(cr + 1, len(data) - 1)
    paired = (data[after_cr] == _LF) & (_cells_at(offsets, after_cr) == cell_of_cr)
    in_cells = np.concatenate([_cells_at(offsets, lf), cell_of_cr[~paired]])
    return np.bincount(in_cells // width, minlength=len(cells) // width)


def _cells_at(offsets: NDArray[np.int32], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cell that each byte belongs to."""
    return np.searchsorted(offsets, positions, side="right") - 1


def _bytes(cells: pa.StringArray) -> bytes:
    """The UTF-8 bytes of all cells, one after the other (of an array that isn't a slice of another)."""
    data = cells.buffers()[2]
    return data.to_pybytes() if data else b""
