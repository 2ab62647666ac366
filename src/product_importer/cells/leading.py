"""Examines how the cells of a column begin, by their bytes, so that rare cells are found at little cost."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

_NOTHING: Final = np.zeros(1, np.uint8)


class Leading:
    """The first and the last bytes of the column's cells, and their lengths in UTF-8."""

    def __init__(self, cells: pa.StringArray) -> None:
        _, offsets, data = cells.buffers()
        self._bounds = np.frombuffer(offsets, np.int32)[cells.offset : cells.offset + len(cells) + 1]
        self._data = np.frombuffer(data, np.uint8) if data is not None and data.size else _NOTHING
        self.first = self.at(0)
        """The first byte of each cell; any number where the cell is empty."""
        self._firsts = self.first.tobytes()

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        return np.diff(self._bounds)

    def at(self, place: int) -> npt.NDArray[np.uint8]:
        """The byte at this place, from 0, of each cell; any number where the cell is shorter."""
        return self._data.take(self._bounds[:-1] + place if place else self._bounds[:-1], mode="clip")

    def from_end(self, place: int) -> npt.NDArray[np.uint8]:
        """The byte at this place from the end, the last being 1; any number where the cell is shorter."""
        return self._data.take(self._bounds[1:] - place, mode="clip")

    def may_begin_with(self, characters: bytes) -> bool:
        """Whether any cell may begin with one of these bytes; false only if none does."""
        return any(character in self._firsts for character in characters)

    def begin_with(self, characters: bytes) -> npt.NDArray[np.bool_]:
        """True where the cell begins with one of these bytes."""
        return among(self.first, characters) & (self.lengths > 0)


def among(found: npt.NDArray[np.uint8], characters: bytes) -> npt.NDArray[np.bool_]:
    """True where the byte is one of ``characters``."""
    rows: npt.NDArray[np.bool_] = found == characters[0]
    for character in characters[1:]:
        rows |= found == character
    return rows
