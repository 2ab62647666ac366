"""Computes 64-bit hashes of keys, for whole columns at a time.

Equal hashes only *suggest* that two keys are equal; the caller has to check (see :mod:`.dedupe`). The seed is
drawn anew for each import, so that nobody can prepare a file whose keys collide.
"""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]

_WORD: Final = 8
_SHIFT: Final = np.uint64(32)


class KeyHasher:
    """Hashes string columns, eight bytes at a time over all rows at once.

    Calling xxhash for each row takes three times as long, which would slow down an import of unchanged rows.
    """

    def __init__(self, seed: int | None = None) -> None:
        bits = secrets.randbits(192) if seed is None else seed
        words = np.frombuffer((bits | 1 << 191).to_bytes(24, "little"), np.uint64)
        self._start = words[0]
        self._first = words[1] | np.uint64(1)
        self._second = words[2] | np.uint64(1)

    def __call__(self, keys: pa.StringArray) -> Hashes:
        """Returns one hash for each row. ``keys`` has no nulls."""
        rows = len(keys)
        if rows == 0:
            return np.empty(0, np.uint64)
        ends = np.frombuffer(keys.buffers()[1], np.int32)[keys.offset : keys.offset + rows + 1]
        starts = ends[:-1].astype(np.int64)
        lengths = np.diff(ends).astype(np.int64)
        words = _words_at_every_byte(keys.buffers()[2], int(ends[-1]))
        hashes = self._mix(np.full(rows, self._start, np.uint64), lengths.astype(np.uint64))
        for done in range(0, int(lengths.max()), _WORD):
            active = np.flatnonzero(lengths > done)
            left = lengths[active] - done
            word = words[starts[active] + done]
            surplus = np.maximum(_WORD - left, 0).astype(np.uint64) * np.uint64(_WORD)
            word = (word << surplus) >> surplus
            hashes[active] = self._mix(hashes[active], word)
        return hashes

    def _mix(self, state: Hashes, word: Hashes) -> Hashes:
        mixed: Hashes = (state ^ word) * self._first
        mixed ^= mixed >> _SHIFT
        mixed *= self._second
        mixed ^= mixed >> _SHIFT
        return mixed


class HashLog:
    """The hashes of successive batches: 8 bytes a row, in one block of memory that is freed as a whole."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._ends = [0]

    def append(self, hashes: Hashes) -> None:
        self._hashes.frombytes(hashes.tobytes())
        self._ends.append(len(self._hashes))

    def batches(self) -> Sequence[Hashes]:
        """The batches as views; nothing can be appended while they exist."""
        hashes = np.frombuffer(self._hashes, np.uint64)
        return [hashes[start:end] for start, end in pairwise(self._ends)]


def _words_at_every_byte(data: pa.Buffer | None, size: int) -> Hashes:
    """The little-endian word that starts at each byte, as a view; zeros follow the end."""
    padded = np.zeros(size + _WORD, np.uint8)
    if data is not None:
        padded[:size] = np.frombuffer(data, np.uint8)[:size]
    return np.ndarray(shape=(size + 1,), dtype="<u8", buffer=padded, strides=(1,))
