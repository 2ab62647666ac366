"""Makes Arrow columns of cells as Python strings, and answers questions about them at Arrow's speed."""

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


def text_size(cells: pa.StringArray) -> int:
    """The number of UTF-8 bytes of all cells (of an array that isn't a slice of another)."""
    data = cells.buffers()[2]
    return data.size if data else 0


def may_contain(cells: pa.StringArray, text: str) -> bool:
    """False only if no cell contains the text; true also if it begins in one cell and ends in the next."""
    return text.encode() in _bytes(cells)


def may_hold(cells: pa.StringArray, folded: str) -> bool:
    """False only if no cell is ``folded`` once it is stripped and case-folded."""
    return folded in _bytes(cells).decode().casefold()


def line_ends(cells: pa.StringArray) -> NDArray[np.int64] | None:
    """The place of the cell of each line end, or None if no cell has a line end.

    LF, CRLF and a bare CR all end a line.
    """
    text = _bytes(cells)
    with_lf, with_cr = b"\n" in text, b"\r" in text
    if not (with_lf or with_cr):
        return None
    data = np.frombuffer(text, np.uint8)
    offsets = np.frombuffer(cells.buffers()[1], np.int32, len(cells) + 1)
    of_lf = _cells_at(offsets, np.flatnonzero(data == _LF))
    if not with_cr:
        return of_lf
    cr = np.flatnonzero(data == _CR)
    of_cr = _cells_at(offsets, cr)
    after_cr = np.minimum(cr + 1, len(data) - 1)
    paired = (data[after_cr] == _LF) & (_cells_at(offsets, after_cr) == of_cr)
    return np.concatenate([of_lf, of_cr[~paired]])


def _cells_at(offsets: NDArray[np.int32], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cell that each byte belongs to."""
    return np.searchsorted(offsets, positions, side="right") - 1


def _bytes(cells: pa.StringArray) -> bytes:
    """The UTF-8 bytes of all cells, one after the other (of an array that isn't a slice of another)."""
    data = cells.buffers()[2]
    return data.to_pybytes() if data else b""
