"""The policies for duplicates ``last``, ``first`` and ``error``."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_BEHIND: Final = 1 << 40
"""More than any file has lines."""


class KeepLast:
    """The last row in the file is imported; its blank cells are filled from the rows before it.

    So a file leaves the same products as several files with its rows, imported one after the other. Of fields
    that a blank cell clears, nothing is filled: there the last row counts alone.
    """

    name = "last"
    rejects = False
    fills_blanks = True

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array:
        return batch.column("line")


class KeepFirst:
    """The first row in the file is imported: the first one with a name, if there is one.

    A row without a name would be rejected if the product is new, although another row has the name.
    """

    name = "first"
    rejects = False

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array:
        rank = pc.negate(batch.column("line"))
        return pc.if_else(batch.column("name").is_null(), pc.subtract(rank, _BEHIND), rank)


class RejectAll:
    """No row is imported; each one is rejected as invalid."""

    name = "error"
    rejects = True

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array:
        return pa.nulls(batch.num_rows, pa.int64())


DEDUPE_POLICIES = (KeepLast(), KeepFirst(), RejectAll())
