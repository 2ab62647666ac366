"""The spool: the file's rows between the two passes, in a :class:`BatchFile`.

It takes about the file's own size on disk and a few words of memory per batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa

from product_importer.pipeline.batch_file import BatchFile


@dataclass(frozen=True, slots=True)
class SpooledBatch:
    """One parsed, converted and validated batch: records ``first`` to ``last`` of the file.

    ``rows``: the valid rows (the columns of :class:`~product_importer.ports.Validator`'s batch, and the
    original cells, :data:`~product_importer.pipeline.row_cells.CELLS`, if rows of the batch may still be
    rejected). ``rejects``: see :data:`~product_importer.pipeline.rejects.REJECT_SCHEMA`. Records in neither
    are blank or left out. ``left_out``: the keys of rows that a step left out, as the column ``sku_key``, if
    they are wanted. ``origins``: which rejected rows of another import these are, as
    :data:`~product_importer.pipeline.origins.ORIGINS_SCHEMA`, if the file holds such rows.
    """

    first: int
    last: int
    rows: pa.RecordBatch
    rejects: pa.RecordBatch
    left_out: pa.RecordBatch | None = None
    origins: pa.RecordBatch | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """The records of a spooled batch, and the numbers of its parts in the batch file."""

    first: int
    last: int
    rows: int
    rejects: int
    left_out: int | None
    origins: int | None


class Spool:
    """The batches of one file: written once in order, then read as often as needed, in order or by number."""

    def __init__(self, directory: Path | None = None) -> None:
        self._file = BatchFile(directory)
        self._entries: list[_Entry] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.__exit__()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def records(self) -> int:
        """The number of records in the file."""
        return self._entries[-1].last if self._entries else 0

    @property
    def first_records(self) -> list[int]:
        """The first record of each batch."""
        return [entry.first for entry in self._entries]

    def append(self, batch: SpooledBatch) -> None:
        """Appends a batch. Raises :class:`ProductImporterError` (``disk_full``) if the disk is full."""
        append = self._file.append
        self._entries.append(
            _Entry(
                first=batch.first,
                last=batch.last,
                rows=append(batch.rows),
                rejects=append(batch.rejects),
                left_out=None if batch.left_out is None else append(batch.left_out),
                origins=None if batch.origins is None else append(batch.origins),
            )
        )

    def clear(self) -> None:
        """Removes all batches, for another reading."""
        self._entries.clear()
        self._file.clear()

    def __getitem__(self, number: int) -> SpooledBatch:
        entry = self._entries[number]
        left_out, origins = (
            None if part is None else self._file[part] for part in (entry.left_out, entry.origins)
        )
        return SpooledBatch(
            *(entry.first, entry.last, self._file[entry.rows], self._file[entry.rejects], left_out, origins)
        )

    def __iter__(self) -> Iterator[SpooledBatch]:
        return (self[number] for number in range(len(self)))
