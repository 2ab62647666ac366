"""The order of changes by SKU: finds a page of it without sorting all keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_BYTES = 8
"""Bytes of each key that are compared at first, as one number."""


def page_by_key(keys: pa.Array, after: int, limit: int) -> npt.NDArray[np.intp]:
    """Returns the places of ``limit`` keys, after the first ``after`` of them in the order of their bytes;
    equal keys in the order of their places.

    Only the keys whose bytes behind what all have in common are like those of the page are sorted.
    """
    end = min(after + limit, len(keys))
    if after >= end:
        return np.empty(0, np.intp)
    numbers = _numbers(keys)
    ordered = np.partition(numbers, (after, end - 1))
    low, high = ordered[after], ordered[end - 1]
    close = np.flatnonzero((numbers >= low) & (numbers <= high))
    before = int(np.count_nonzero(numbers < low))
    order = pc.sort_indices(keys.take(pa.array(close))).to_numpy()
    found: npt.NDArray[np.intp] = close[order[after - before : end - before]]
    return found


def _numbers(keys: pa.Array) -> npt.NDArray[np.uint64]:
    """Returns bytes of each key, behind the beginning that all have in common, as a number in their order."""
    bounds = pc.min_max(keys.cast(pa.binary())).as_py()
    common = _common(bounds["min"], bounds["max"])
    _, ends, values = keys.buffers()
    offsets = np.frombuffer(ends, np.int32)[keys.offset : keys.offset + len(keys) + 1].astype(np.int64)
    text = np.frombuffer(values, np.uint8) if values is not None and len(values) else np.zeros(1, np.uint8)
    numbers = np.zeros(len(keys), np.uint64)
    for number in range(_BYTES):
        places = offsets[:-1] + (common + number)
        digits = np.where(places < offsets[1:], text[np.minimum(places, len(text) - 1)], 0)
        numbers = numbers << np.uint64(8) | digits.astype(np.uint64)
    return numbers


def _common(one: bytes, other: bytes) -> int:
    """Returns the number of bytes with which both begin."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
