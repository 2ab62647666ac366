"""The original cells of rows as one column of lists, to be kept beside what was read from them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.model import CREATING

if TYPE_CHECKING:
    from collections.abc import Collection

    from product_importer.model import Mode
    from product_importer.ports import DedupePolicy

CELLS = "cells"
"""The name of the column. Rows that can't be rejected any more have no cells: null."""


class Kept(enum.Enum):
    """The rows whose cells are kept, because they may be rejected after the first pass."""

    ALL = enum.auto()
    NAMELESS = enum.auto()
    NONE = enum.auto()


def kept_cells(policy: DedupePolicy, modes: Collection[Mode]) -> Kept:
    """Returns which rows may still be rejected: by the policy, or as new without a name."""
    if policy.rejects:
        return Kept.ALL
    return Kept.NAMELESS if set(modes) & set(CREATING) else Kept.NONE


def with_cells(cells: pa.RecordBatch, rows: pa.RecordBatch, kept: Kept) -> pa.RecordBatch:
    """Returns the rows with the column :data:`CELLS`, unless no row of the batch needs it."""
    names = rows.column("name")
    if kept is Kept.ALL:
        return rows.append_column(CELLS, row_cells(cells, pa.repeat(True, rows.num_rows)))
    if kept is Kept.NAMELESS and names.null_count:
        return rows.append_column(CELLS, row_cells(cells, names.is_null()))
    return rows


def row_cells(cells: pa.RecordBatch, wanted: pa.BooleanArray) -> pa.ListArray:
    """Returns the cells of each of the ``wanted`` rows as a list of texts, and null for the other rows."""
    mask = np.asarray(wanted.to_numpy(zero_copy_only=False))
    places = np.flatnonzero(mask)
    columns = np.arange(cells.num_columns) * cells.num_rows
    texts = pa.concat_arrays(cells.columns).take(pa.array((places[:, None] + columns).ravel()))
    ends = np.cumsum(mask * cells.num_columns)
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    return pa.ListArray.from_arrays(offsets, texts, mask=pa.array(~mask))
