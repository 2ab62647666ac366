"""Rejected rows on their way to the database: original cells and reasons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from product_importer.model import VALUE_CHARS, RowError
from product_importer.pipeline.mapping import FieldMapping
from product_importer.pipeline.warning_log import place_of
from product_importer.ports import Finding, RawBatch
from product_importer.sku import sku_key

REJECT_SCHEMA: Final = pa.schema(
    [
        ("record", pa.int64()),
        ("line", pa.int64()),
        ("cells", pa.list_(pa.string())),
        ("errors", pa.string()),
        ("sku_key", pa.string()),
    ]
)
"""``errors`` is a JSON array; ``sku_key`` is null where the row shows no SKU."""

_NUL_SHOWN: Final = "\N{SYMBOL FOR NULL}"


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejected record. PostgreSQL can't hold U+0000, so the cells show it as U+2400."""

    record: int
    line: int
    cells: Sequence[str]
    errors: Sequence[RowError]
    sku_key: str | None


def reject_batch(rejects: Iterable[Reject]) -> pa.RecordBatch:
    """The rejects, by record number, as :data:`REJECT_SCHEMA`."""
    ordered = sorted(rejects, key=lambda reject: reject.record)
    columns = [
        [reject.record for reject in ordered],
        [reject.line for reject in ordered],
        [reject.cells for reject in ordered],
        [_errors_json(reject.errors) for reject in ordered],
        [reject.sku_key for reject in ordered],
    ]
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, REJECT_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECT_SCHEMA)


def malformed_rejects(raw: RawBatch, mapping: FieldMapping) -> Iterable[Reject]:
    """The records that the parser could not lay out."""
    sku_index = mapping.index_of("sku")
    for row in raw.malformed:
        cells = [cell.replace("\0", _NUL_SHOWN) for cell in row.cells]
        sku = cells[sku_index] if sku_index is not None and sku_index < len(cells) else ""
        yield Reject(row.record, row.line, cells, (row.error,), sku_key(sku) or None)


def found_rejects(
    raw: RawBatch, keys: pa.StringArray, findings: Sequence[Finding], mapping: FieldMapping
) -> Iterable[Reject]:
    """The rows that a finding names, each once with all its findings."""
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
    for record, line, row, row_errors, key in zip(records, lines, cells, errors, row_keys, strict=True):
        yield Reject(record, line, row, row_errors, key or None)


def _add(
    errors: list[list[RowError]],
    finding: Finding,
    concerned: npt.NDArray[np.bool_],
    cells: Sequence[Sequence[str]],
    mapping: FieldMapping,
) -> None:
    column, index = place_of(finding, mapping)
    for row in np.flatnonzero(concerned).tolist():
        value = None if index is None else cells[row][index][:VALUE_CHARS]
        errors[row].append(RowError(finding.code, finding.message, column, value))


def _errors_json(errors: Sequence[RowError]) -> str:
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
