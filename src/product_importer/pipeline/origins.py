"""Finds out which rejected rows of another import the rows of a file are, and leaves the others out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.rejects_file import without_reject_columns
from product_importer.model import RowWarning
from product_importer.model.resubmissions import NOT_REJECTED_MESSAGE
from product_importer.pipeline.warning_codes import WarningCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from product_importer.pipeline.saved_ranges import Range
    from product_importer.pipeline.spool import SpooledBatch
    from product_importer.pipeline.warning_log import WarningLog
    from product_importer.ports import Lease, RawBatch

ORIGINS_SCHEMA: Final = pa.schema([("record", pa.int64()), ("line", pa.int64()), ("origin", pa.int64())])
"""``record`` and ``line`` are a row's place in this file, and ``origin`` its record in the other import's
file; null if the file doesn't tell.
"""

_RECORD: Final = 1
"""The place of the column ``record`` among those that a rejects file adds."""

_WHOLE: Final = r"^[0-9]{1,18}(?:[.]0*)?$"
"""A spreadsheet may have written a number with decimals."""


def origins_of(raw: RawBatch) -> pa.RecordBatch | None:
    """Returns the places of all rows of the batch as :data:`ORIGINS_SCHEMA`; None if it isn't from a file of
    rejected rows.
    """
    header = raw.cells.schema.names
    own = without_reject_columns(header)
    if own == len(header):
        return None
    place, bad = own + _RECORD, raw.malformed
    of_bad = [row.cells[place] if place < len(row.cells) else "" for row in bad]
    printed = pc.utf8_trim_whitespace(
        pa.concat_arrays([raw.cells.column(place), pa.array(of_bad, pa.string())])
    )
    known = pc.if_else(pc.match_substring_regex(printed, _WHOLE), printed, None)
    columns = [
        pa.concat_arrays([raw.records, pa.array([row.record for row in bad], pa.int64())]),
        pa.concat_arrays([raw.lines, pa.array([row.line for row in bad], pa.int64())]),
        pc.replace_substring_regex(known, r"[.]0*$", "").cast(pa.int64()),
    ]
    batch = pa.RecordBatch.from_arrays(columns, schema=ORIGINS_SCHEMA)
    return batch.take(pc.sort_indices(batch.column("record")))


class StillRejected:
    """Leaves out the rows of a resubmission that aren't rejected any more in the first import, that never
    were, or that the file has twice. It takes the batches in the file's order.

    A resumed import leaves the same rows out of its saved chunks as before: ``saved`` are their records. Rows
    of the other chunks are asked about again.
    """

    def __init__(self, lease: Lease, saved: Sequence[Range]) -> None:
        self._lease = lease
        self._saved = saved
        self._before: Sequence[int] | None = None
        self._seen: npt.NDArray[np.int64] = np.array([], np.int64)
        self._left_out: list[int] = []

    async def kept(self, batch: SpooledBatch, warnings: WarningLog) -> SpooledBatch:
        """Returns the batch without the rows to be left out, of which it warns."""
        if batch.origins is None:
            return batch
        origins = batch.origins.column("origin")
        still = await self._lease.still_rejected(origins.drop_null().to_pylist())
        if still is None:
            return replace(batch, origins=None)
        if self._before is None:
            self._before = await self._lease.left_out() if self._saved else ()
        records = batch.origins.column("record")
        known = origins.is_valid().to_numpy(zero_copy_only=False)
        numbers = origins.fill_null(0).to_numpy()
        first = np.zeros(len(numbers), np.bool_)
        first[np.unique(numbers, return_index=True)[1]] = True
        first &= ~np.isin(numbers, self._seen)
        done = np.zeros(len(numbers), np.bool_)
        for start, end in self._saved:
            done |= (records.to_numpy() >= start) & (records.to_numpy() <= end)
        kept = np.where(done, ~np.isin(records.to_numpy(), self._before), np.isin(numbers, still))
        kept &= known & first
        self._seen = np.concatenate([self._seen, numbers[kept]])
        others = batch.origins.filter(pa.array(~kept))
        if not others.num_rows:
            return batch
        gone = others.column("record")
        self._left_out += gone.to_pylist()
        warnings.add(WarningCode.NOT_REJECTED, others.num_rows, _warned(others))
        return replace(
            batch,
            rows=_without(batch.rows, gone),
            rejects=_without(batch.rejects, gone),
            origins=batch.origins.filter(pa.array(kept)),
        )

    async def done(self) -> None:
        """Notes which rows are left out, before the first chunk is saved."""
        if self._left_out:
            await self._lease.leave_out(self._left_out)


def _without(rows: pa.RecordBatch, records: pa.Int64Array) -> pa.RecordBatch:
    return rows.filter(pc.invert(pc.is_in(rows.column("record"), records)))


def _warned(rows: pa.RecordBatch) -> Iterator[RowWarning]:
    for row in rows.to_pylist():
        yield RowWarning(WarningCode.NOT_REJECTED, NOT_REJECTED_MESSAGE, row["line"], row["record"])
