"""One digest of all rows of a file as they were read, so that a resumed import notices another reading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
from xxhash import xxh3_128

_DERIVED: Final = ("sku_key",)
"""Columns that follow from others."""

_ZERO: Final = pa.scalar(0, pa.int8())


class RowsDigest:
    """Takes batches (the columns of :class:`~product_importer.ports.Validator`'s batch) in the file's order.

    Where the batches begin and end makes no difference to an import, but it does to the digest; a parser's
    batches depend on the file and its options only.
    """

    def __init__(self) -> None:
        self._hash = xxh3_128()

    def update(self, batch: pa.RecordBatch) -> None:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name not in _DERIVED:
                for part in _bytes_of(column):
                    self._hash.update(part)

    def digest(self) -> bytes:
        """16 bytes."""
        return self._hash.digest()


def _bytes_of(column: pa.Array) -> Iterator[bytes | memoryview]:
    if column.null_count:
        yield np.packbits(column.is_valid().to_numpy(zero_copy_only=False)).tobytes()
        # What stands in a null's place is undefined.
        column = column.fill_null("" if pa.types.is_string(column.type) else _ZERO.cast(column.type))
    if pa.types.is_string(column.type):
        _, offsets, data = column.buffers()
        bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
        yield np.diff(bounds).tobytes()
        if data is not None:
            yield memoryview(data)[bounds[0] : bounds[-1]]
    elif pa.types.is_boolean(column.type):
        yield np.packbits(column.to_numpy(zero_copy_only=False)).tobytes()
    else:
        width = column.type.bit_width // 8
        start = column.offset * width
        yield memoryview(column.buffers()[1])[start : start + len(column) * width]
