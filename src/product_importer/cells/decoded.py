"""Bounds what the rows of typed cells take once they are decoded.

A dictionary, a run of equal values or a view holds a value once, however many rows have it. So a small file
can decode to any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

DECODED_BYTES: Final = 64 << 20
"""The rows that are decoded at once take at most so much memory, if each has the longest values."""


_TEXTS: Final = (
    *(pa.types.is_string, pa.types.is_large_string),
    *(pa.types.is_binary, pa.types.is_large_binary),
)

_LISTS: Final = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
_VIEW_BYTES: Final = 16
"""A view begins with its length, a number of 4 bytes."""


def rows_at_once(row_bytes: int, most: int) -> int:
    """The number of rows of this size that may be decoded at once: at least 1, and at most ``most``."""
    return max(1, min(most, DECODED_BYTES // max(row_bytes, 1)))


def leaves(array: pa.Array) -> Iterator[pa.Array]:
    """The arrays of a column that have no others in them, in their order."""
    if pa.types.is_struct(array.type):
        for number in range(array.type.num_fields):
            yield from leaves(array.field(number))
    elif pa.types.is_map(array.type):
        yield from leaves(array.keys)
        yield from leaves(array.items)
    elif any(is_kind(array.type) for is_kind in _LISTS):
        yield from leaves(array.values)
    else:
        yield array


def longest_shared(leaf: pa.Array) -> int:
    """The bytes of the longest value that several rows may share; 0 if each row has its own."""
    if pa.types.is_string_view(leaf.type) or pa.types.is_binary_view(leaf.type):
        return _longest_view(leaf)
    if pa.types.is_list_view(leaf.type) or pa.types.is_large_list_view(leaf.type):
        return int(leaf.values.nbytes)
    if pa.types.is_dictionary(leaf.type):
        shared = leaf.dictionary
    elif pa.types.is_run_end_encoded(leaf.type):
        shared = leaf.values
    else:
        return 0
    if pa.types.is_dictionary(shared.type) or pa.types.is_run_end_encoded(shared.type):
        return longest_shared(shared)
    if not any(is_kind(shared.type) for is_kind in _TEXTS):
        return int(shared.nbytes) if pa.types.is_nested(shared.type) else 0
    return int(pc.max(pc.binary_length(shared)).as_py() or 0)


def _longest_view(views: pa.Array) -> int:
    _, data, *_ = views.buffers()
    if data is None or not len(views):
        return 0
    place = views.offset * _VIEW_BYTES
    lengths = np.frombuffer(data, np.int32, offset=place)[:: _VIEW_BYTES // 4][: len(views)]
    return int(lengths.max(initial=0))
