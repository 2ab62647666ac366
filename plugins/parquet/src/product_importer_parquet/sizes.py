"""Bounds what a row of a Parquet file takes once it is decoded.

A column's dictionary holds a value once, however many rows have it, so a small file can decode to any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow.parquet as pq

from product_importer.cells.decoded import leaves, longest_shared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BYTES: Final = "BYTE_ARRAY"
_FIXED_BYTES: Final = "FIXED_LEN_BYTE_ARRAY"
_NUMBER_BYTES: Final = 8


def row_bytes(path: Path, groups: Sequence[int]) -> int:
    """Returns the bytes of a row of these row groups, if it had the longest value of each dictionary.

    Only the first row is decoded. The first page of each column brings its dictionary with it.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        schema = file.schema
    columns = [schema.column(number) for number in range(len(schema))]
    texts = [column.path for column in columns if column.physical_type == _BYTES]
    fixed = sum(
        column.length if column.physical_type == _FIXED_BYTES else _NUMBER_BYTES for column in columns
    )
    with pq.ParquetFile(path, pre_buffer=False, read_dictionary=texts) as file:
        return fixed + max((_longest(file, group) for group in groups), default=0)


def _longest(file: pq.ParquetFile, number: int) -> int:
    """The sum of the columns' longest values, each as often as a row of the group has it on average."""
    group = file.metadata.row_group(number)
    for batch in file.iter_batches(1, [number]):
        found = (leaf for column in batch.columns for leaf in leaves(column))
        return sum(
            longest_shared(leaf) * -(-group.column(place).num_values // max(group.num_rows, 1))
            for place, leaf in enumerate(found)
        )
    return 0
