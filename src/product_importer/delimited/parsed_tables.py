"""Checks the names, sizes and characters of every parsed table, whichever parser it comes from.

Parsers that check their records by :mod:`product_importer.delimited.malformed`, and keep the limits
themselves, declare it with ``checks_rows``; the rows of all other parsers are checked here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.malformed import nul_character
from product_importer.errors import FileError
from product_importer.ports import MalformedRow, RawBatch

if TYPE_CHECKING:
    from product_importer.model import Limits, PlaceWord

_NUL = "\0"


def storable(batch: RawBatch, header: tuple[str, ...], limits: Limits, place: PlaceWord) -> RawBatch:
    """Returns the batch under the names of ``header``; rows with a NUL character are malformed.

    Raises :class:`FileError` (``field_too_long``, ``row_too_long``) for cells or rows beyond the limits.
    """
    cells = batch.cells
    if tuple(cells.schema.names) != header:
        cells = cells.rename_columns(list(header))
        batch = replace(batch, cells=cells)
    if cells.nbytes > min(limits.field_chars, limits.row_chars):
        _check_sizes(batch, limits, place)
    damaged = np.zeros(cells.num_rows, np.bool_)
    for column in cells.columns:
        if _holds_nul(column):
            damaged |= pc.match_substring(column, _NUL).to_numpy(zero_copy_only=False)
    return _without(batch, damaged) if damaged.any() else batch


def _check_sizes(batch: RawBatch, limits: Limits, place: PlaceWord) -> None:
    sizes = np.zeros(batch.cells.num_rows, np.int64)
    longest = np.zeros(batch.cells.num_rows, np.int64)
    for column in batch.cells.columns:
        chars = pc.utf8_length(column).to_numpy().astype(np.int64)
        sizes += chars + 1
        longest = np.maximum(longest, chars)
    for code, what, chars, most in (
        ("field_too_long", "a cell", longest, limits.field_chars),
        ("row_too_long", "cells", sizes, limits.row_chars),
    ):
        if (rows := np.flatnonzero(chars > most)).size:
            line = batch.lines[int(rows[0])].as_py()
            raise FileError(
                f"The record on {place} {line:,} has {what} of more than {most:,} characters.",
                code=code,
                line=line,
            )


def _holds_nul(column: pa.StringArray) -> bool:
    data = column.buffers()[2]
    return data is not None and b"\0" in data.to_pybytes()


def _without(batch: RawBatch, damaged: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> RawBatch:
    """Moves the damaged rows of the batch to the malformed ones."""
    names = batch.cells.schema.names
    rows = []
    for row in np.flatnonzero(damaged).tolist():
        cells = tuple(column[row].as_py() for column in batch.cells.columns)
        place = next(place for place, cell in enumerate(cells) if _NUL in cell)
        line, record = batch.lines[row].as_py(), batch.records[row].as_py()
        rows.append(MalformedRow(line, record, cells, nul_character(names[place], cells[place])))
    kept = pa.array(~damaged)
    return replace(
        batch,
        cells=batch.cells.filter(kept),
        lines=batch.lines.filter(kept),
        records=batch.records.filter(kept),
        malformed=(*batch.malformed, *rows),
    )
