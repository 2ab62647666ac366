"""Rejected rows as they are stored in the database: original cells and reasons."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.sku import sku_keys
from product_importer.cells.spreadsheet_damage import error_values, scientific
from product_importer.delimited.malformed import PIECE_CODES
from product_importer.model import VALUE_CHARS, RowError
from product_importer.pipeline.cells import Cells
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.row_cells import CELLS
from product_importer.pipeline.warning_log import place_of
from product_importer.ports import Finding, MalformedRow, RawBatch

REJECT_SCHEMA: Final = pa.schema(
    [
        ("record", pa.int64()),
        ("line", pa.int64()),
        ("cells", pa.list_(pa.string())),
        ("errors", pa.string()),
        ("sku_key", pa.string()),
    ]
)
"""``errors`` is a JSON array; ``sku_key`` is null if it isn't certain which product the row is."""

_OF_NO_PRODUCT: Final = frozenset({"repeated_header"})

_NUL_SHOWN: Final = "\N{SYMBOL FOR NULL}"


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejected record; a cell that isn't there is None. PostgreSQL can't hold U+0000, so the cells
    show it as U+2400.
    """

    record: int
    line: int
    cells: Sequence[str | None]
    errors: Sequence[RowError]
    sku_key: str | None


def reject_batch(rejects: Iterable[Reject]) -> pa.RecordBatch:
    """The rejects, by record number, as :data:`REJECT_SCHEMA`."""
    ordered = sorted(rejects, key=lambda reject: reject.record)
    columns = [
        [reject.record for reject in ordered],
        [reject.line for reject in ordered],
        [reject.cells for reject in ordered],
        [errors_json(reject.errors) for reject in ordered],
        [reject.sku_key for reject in ordered],
    ]
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, REJECT_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECT_SCHEMA)


def malformed_rejects(raw: RawBatch, index: int | None) -> Iterable[Reject]:
    """The rejects of records that don't fit under the header. ``index``: the place of the SKU's column, if
    SKUs are written in the file as they are read.
    """
    keys = _malformed_keys(raw.malformed, index) if raw.malformed else ()
    for row, key in zip(raw.malformed, keys, strict=True):
        cells = [cell.replace("\0", _NUL_SHOWN) for cell in row.cells]
        yield Reject(row.record, row.line, cells, (row.error,), key)


def nameless_rejects(rows: pa.RecordBatch, errors: str) -> pa.RecordBatch:
    """The rejects of rows that would create products without a name; ``errors`` is JSON."""
    columns = {
        "record": rows.column("record"),
        "line": rows.column("line"),
        "cells": rows.column(CELLS),
        "errors": pa.repeat(errors, rows.num_rows),
        "sku_key": rows.column("sku_key"),
    }
    return pa.RecordBatch.from_pydict(columns, schema=REJECT_SCHEMA)


def unknown_products(rejects: pa.RecordBatch) -> Counter[str]:
    """Counts, by their first code, the rejects of which it isn't certain which product they are."""
    errors = rejects.column("errors").filter(pc.is_null(rejects.column("sku_key")))
    return Counter(json.loads(each)[0]["code"] for each in errors.to_pylist())


def left_out_keys(left: Sequence[pa.RecordBatch], index: int | None) -> pa.RecordBatch | None:
    """The keys of rows that steps left out, whose products the file has; None if there are none."""
    skus = [cells.column(index) for cells in left if index is not None and index < cells.num_columns]
    return pa.RecordBatch.from_arrays([_certain_keys(pa.concat_arrays(skus))], ["sku_key"]) if skus else None


def _certain_keys(skus: pa.StringArray) -> pa.StringArray:
    """The keys of SKUs as they are in the file; null where a spreadsheet has damaged the SKU."""
    read = Cells().sku(skus)
    for damaged in (error_values(read), scientific(read)):
        if damaged is not None:
            read = pc.if_else(damaged, None, read)
    return sku_keys(read)


def _malformed_keys(rows: Sequence[MalformedRow], index: int | None) -> list[str | None]:
    """The keys of the SKUs as they would be read on good rows; empty where a record is of no product."""
    skus = pa.array([_certain_sku(row, index) for row in rows], pa.string())
    keys = _certain_keys(skus).to_pylist()
    return [
        "" if row.error.code in _OF_NO_PRODUCT else key or None for row, key in zip(rows, keys, strict=True)
    ]


def _certain_sku(row: MalformedRow, index: int | None) -> str | None:
    """Returns the cell of the SKU, if it is certain that this cell is the whole SKU.

    A surplus cell may come from any cell before it, so only the first cell of a row has surely kept its
    place.
    """
    if index is None or index >= len(row.cells) or row.error.code in PIECE_CODES:
        return None
    if (index and row.error.code == "too_many_cells") or "\0" in row.cells[index]:
        return None
    return row.cells[index]


def found_rejects(
    raw: RawBatch, keys: pa.StringArray, findings: Sequence[Finding], mapping: FieldMapping
) -> Iterable[Reject]:
    """The rows that a finding names, each once with all its findings.

    A row whose SKU is wrong doesn't say which product it is, so it has no key.
    """
    masks = [np.asarray(finding.rows.to_numpy(zero_copy_only=False)) for finding in findings]
    places = np.flatnonzero(np.logical_or.reduce(masks))
    taken = raw.cells.take(pa.array(places))
    cells = list(zip(*(column.to_pylist() for column in taken.columns), strict=True))
    errors: list[list[RowError]] = [[] for _ in places]
    for finding, mask in zip(findings, masks, strict=True):
        _add(errors, finding, mask[places], cells, mapping)
    lines = raw.lines.take(pa.array(places)).to_pylist()
    records = raw.records.take(pa.array(places)).to_pylist()
    row_keys = keys.take(pa.array(places)).to_pylist()
    unknown = np.zeros(len(places), np.bool_)
    for finding, mask in zip(findings, masks, strict=True):
        if finding.field == "sku":
            unknown |= mask[places]
    for record, line, row, row_errors, key, no_key in zip(
        records, lines, cells, errors, row_keys, unknown.tolist(), strict=True
    ):
        yield Reject(record, line, row, row_errors, None if no_key else key or None)


def _add(
    errors: list[list[RowError]],
    finding: Finding,
    concerned: npt.NDArray[np.bool_],
    cells: Sequence[Sequence[str | None]],
    mapping: FieldMapping,
) -> None:
    column, index = place_of(finding, mapping)
    for row in np.flatnonzero(concerned).tolist():
        value = None if index is None else (cells[row][index] or "")[:VALUE_CHARS]
        errors[row].append(RowError(finding.code, finding.message, column, value))


def errors_json(errors: Sequence[RowError]) -> str:
    """Returns the errors of one row as they are stored."""
    return json.dumps(
        [
            {
                "code": error.code,
                "message": error.message,
                "column": error.column,
                "value": None if error.value is None else error.value.replace("\0", _NUL_SHOWN),
            }
            for error in errors
        ],
        ensure_ascii=False,
    )
