"""Cuts a batch to a range of records and makes a chunk of it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.saved_ranges import Range
from product_importer.ports import Chunk


def chunk_of(
    records: Range,
    rows: pa.RecordBatch,
    rejects: pa.RecordBatch,
    unchanged: pa.Int64Array,
    duplicates: pa.Int64Array,
    origins: pa.RecordBatch | None = None,
) -> Chunk:
    """Returns the part of a batch in this range. ``unchanged`` and ``duplicates`` are numbers of records;
    ``origins``: see :class:`~product_importer.pipeline.spool.SpooledBatch`.
    """
    first, last = records
    if origins is not None:
        origins = _within(origins, records)
    rows, rejects = _within(rows, records), _within(rejects, records)
    unchanged, duplicate = (
        pc.sum(_inside(numbers, records)).as_py() or 0 for numbers in (unchanged, duplicates)
    )
    return Chunk(
        first,
        last,
        rows,
        rejects,
        unchanged=unchanged,
        duplicate=duplicate,
        skipped=last - first + 1 - rows.num_rows - rejects.num_rows - unchanged - duplicate,
        origins=origins,
    )


def _within(batch: pa.RecordBatch, records: Range) -> pa.RecordBatch:
    inside = _inside(batch.column("record"), records)
    return batch if pc.all(inside).as_py() else batch.filter(inside)


def _inside(numbers: pa.Int64Array, records: Range) -> pa.BooleanArray:
    return pc.and_(pc.greater_equal(numbers, records[0]), pc.less_equal(numbers, records[1]))
