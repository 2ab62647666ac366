"""One digest of all rows of a file as they were read; a resumed import notices a different reading by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from xxhash import xxh3_128

from product_importer.fields import LATER
from product_importer.model import CHUNK_ROWS
from product_importer.pipeline.cell_notes import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

_DERIVED: Final = ("sku_key",)
"""Columns that are computed from others."""

_LATER: Final = (*LATER, ABSENT)

_ZERO: Final = pa.scalar(0, pa.int8())


class RowsDigest:
    """Takes batches (the columns of :class:`~product_importer.ports.Validator`'s batch) in the file's order.

    The digest doesn't depend on the size of the batches: each column has streams of its own, to which every
    row adds the same bytes in any batch.
    """

    def __init__(self) -> None:
        self._columns: dict[str, _Streams] = {}
        self._rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name in _DERIVED or self._is_absent(name, column):
                continue
            if name not in self._columns:
                self._columns[name] = _Streams()
                self._columns[name].update_with_nulls(self._rows, column.type)
            self._columns[name].update(column)
        self._rows += batch.num_rows

    def _is_absent(self, name: str, column: pa.Array) -> bool:
        """Whether the column belongs to a later field for which no row has had a value so far."""
        return name in _LATER and name not in self._columns and column.null_count == len(column)

    def digest(self) -> bytes:
        """The digest of all rows so far, 16 bytes."""
        whole = xxh3_128()
        first = [name for name in self._columns if name not in _LATER]
        for name in (*first, *(name for name in _LATER if name in self._columns)):
            for part in self._columns[name].digests():
                whole.update(part)
        return whole.digest()


@dataclass(frozen=True, slots=True)
class _Streams:
    """The streams of one column: the null flags, the lengths of texts, and the values or texts themselves."""

    valid: xxh3_128 = field(default_factory=xxh3_128)
    lengths: xxh3_128 = field(default_factory=xxh3_128)
    data: xxh3_128 = field(default_factory=xxh3_128)

    def update(self, column: pa.Array) -> None:
        if column.null_count:
            self.valid.update(_flags(column.is_valid()))
            # The value in the place of a null is undefined.
            column = column.fill_null("" if pa.types.is_string(column.type) else _ZERO.cast(column.type))
        else:
            self.valid.update(b"\x01" * len(column))
        if pa.types.is_string(column.type):
            self._update_texts(column)
        elif pa.types.is_boolean(column.type):
            self.data.update(_flags(column))
        else:
            width = column.type.bit_width // 8
            start = column.offset * width
            self.data.update(memoryview(column.buffers()[1])[start : start + len(column) * width])

    def update_with_nulls(self, rows: int, kind: pa.DataType) -> None:
        """Adds this number of rows without a value."""
        for start in range(0, rows, CHUNK_ROWS):
            self.update(pa.nulls(min(CHUNK_ROWS, rows - start), kind))

    def _update_texts(self, column: pa.StringArray) -> None:
        _, offsets, data = column.buffers()
        bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
        self.lengths.update(np.diff(bounds).tobytes())
        if data is not None and len(column):
            self.data.update(memoryview(data)[bounds[0] : bounds[-1]])

    def digests(self) -> Iterator[bytes]:
        for stream in (self.valid, self.lengths, self.data):
            yield stream.digest()


def _flags(column: pa.BooleanArray) -> memoryview:
    """The flags as one byte for each row."""
    return memoryview(column.to_numpy(zero_copy_only=False).view(np.uint8))
