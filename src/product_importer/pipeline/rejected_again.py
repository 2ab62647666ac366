"""Rejects rows of a rejects file again if they haven't been changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.rejects_file import has_fingerprints, is_unchanged, without_reject_columns
from product_importer.model import RowError
from product_importer.ports import MalformedRow

if TYPE_CHECKING:
    from product_importer.ports import RawBatch


def rejected_again(raw: RawBatch) -> RawBatch:
    """Returns the batch with its unchanged rows of formerly malformed records moved to the malformed ones."""
    header = raw.cells.schema.names
    own = without_reject_columns(header)
    if own == len(header) or not has_fingerprints(header):
        return raw
    printed = pc.not_equal(raw.cells.column(len(header) - 1), "")
    if not pc.any(printed).as_py():
        return raw
    same: list[int] = []
    rows: list[MalformedRow] = []
    for place in np.flatnonzero(printed.to_numpy(zero_copy_only=False)).tolist():
        cells = [column[place].as_py() for column in raw.cells.columns]
        if not is_unchanged(cells[:own], cells[-1].strip(), cells[-3]):
            continue
        same.append(place)
        error = RowError(cells[-3], cells[-2])
        line, record = (numbers[place].as_py() for numbers in (raw.lines, raw.records))
        rows.append(MalformedRow(line, record, tuple(cells), error))
    kept = np.ones(raw.cells.num_rows, np.bool_)
    kept[same] = False
    mask = pa.array(kept)
    return replace(
        raw,
        cells=raw.cells.filter(mask),
        lines=raw.lines.filter(mask),
        records=raw.records.filter(mask),
        malformed=tuple(sorted([*raw.malformed, *rows], key=lambda row: row.record)),
    )
