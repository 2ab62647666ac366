"""The policies for duplicates ``last``, ``first`` and ``error``."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


class KeepLast:
    """The last row in the file is imported; its blank cells are filled from the rows before it.

    So a file leaves the same products as several files with its rows, imported one after the other.
    """

    name = "last"
    rejects = False
    fills_blanks = True

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array:
        return batch.column("line")


class KeepFirst:
    """The first row in the file is imported."""

    name = "first"
    rejects = False

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array:
        return pc.negate(batch.column("line"))


class RejectAll:
    """No row is imported; each one is rejected as invalid."""

    name = "error"
    rejects = True

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array:
        return pa.nulls(batch.num_rows, pa.int64())


DEDUPE_POLICIES = (KeepLast(), KeepFirst(), RejectAll())
