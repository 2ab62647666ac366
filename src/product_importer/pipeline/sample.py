"""Samples rows of a file before all are saved, to estimate how many of them change no product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from product_importer.pipeline.digest import digests
from product_importer.pipeline.saved_ranges import Range, gaps_in
from product_importer.pipeline.spool import SpooledBatch
from product_importer.ports import Lease, Terms

_ROWS: Final = 32
"""Sampled rows of one batch."""


def sampled(rows: pa.RecordBatch, terms: Terms) -> tuple[list[str], list[bytes]]:
    """Returns the keys and the digests of the sampled rows."""
    few = rows.slice(0, _ROWS)
    return few.column("sku_key").to_pylist(), digests(few, terms).to_pylist()


class Sample:
    """A sample that grows while the file is read. ``saved``: the ranges of records that are saved already."""

    def __init__(self, lease: Lease, terms: Terms, saved: Sequence[Range]) -> None:
        self._lease = lease
        self._terms = terms
        self._saved = saved
        self.rows = 0
        self.unchanged = 0

    async def add(self, batch: SpooledBatch) -> None:
        if not any(gaps_in((batch.first, batch.last), self._saved)):
            return
        keys, found = sampled(batch.rows, self._terms)
        if keys:
            self.rows += len(keys)
            self.unchanged += await self._lease.unchanged(keys, found)
