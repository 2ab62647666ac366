"""Where the file's rows wait between the two passes: a nameless temporary file of Arrow batches.

Nothing of it is left behind, however the process ends. It takes about the file's own size on disk and a few
words of memory per batch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import pyarrow as pa

from product_importer.errors import ProductImporterError


@dataclass(frozen=True, slots=True)
class SpooledBatch:
    """One parsed, converted and validated batch: records ``first`` to ``last`` of the file.

    ``rows``: the valid rows (the columns of :class:`~product_importer.ports.Validator`'s batch). ``cells``:
    their original cells, one string column per column of the file, where a dedupe policy may still reject
    them, else None. ``rejects``: see :data:`~product_importer.pipeline.rejects.REJECT_SCHEMA`. Records in
    neither are blank.
    """

    first: int
    last: int
    rows: pa.RecordBatch
    cells: pa.RecordBatch | None
    rejects: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class _Entry:
    offset: int
    first: int
    last: int
    schemas: tuple[pa.Schema | None, ...]
    sizes: tuple[int, ...]


class Spool:
    """Written once from the start to the end, then read as often as needed, in order or by number."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = Path(directory or tempfile.gettempdir())
        self._entries: list[_Entry] = []
        self._end = 0
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=self._directory)  # noqa: SIM115
        except OSError as error:
            raise self._no_room(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def records(self) -> int:
        """How many records the file has."""
        return self._entries[-1].last if self._entries else 0

    def append(self, batch: SpooledBatch) -> None:
        """Raises :class:`ProductImporterError` (``disk_full``) where the disk has no room."""
        parts = (batch.rows, batch.cells, batch.rejects)
        blocks = [b"" if part is None else part.serialize() for part in parts]
        try:
            self._file.seek(self._end)
            for block in blocks:
                self._file.write(block)
            self._file.flush()
        except OSError as error:
            raise self._no_room(error) from error
        self._entries.append(
            _Entry(
                offset=self._end,
                first=batch.first,
                last=batch.last,
                schemas=tuple(None if part is None else part.schema for part in parts),
                sizes=tuple(len(block) for block in blocks),
            )
        )
        self._end += sum(map(len, blocks))

    def clear(self) -> None:
        """Forgets everything, to be written anew."""
        self._entries.clear()
        self._end = 0
        self._file.seek(0)
        self._file.truncate()

    def __getitem__(self, number: int) -> SpooledBatch:
        entry = self._entries[number]
        self._file.seek(entry.offset)
        rows, cells, rejects = (
            None if schema is None else pa.ipc.read_record_batch(pa.py_buffer(self._file.read(size)), schema)
            for schema, size in zip(entry.schemas, entry.sizes, strict=True)
        )
        return SpooledBatch(entry.first, entry.last, rows, cells, rejects)

    def __iter__(self) -> Iterator[SpooledBatch]:
        return (self[number] for number in range(len(self)))

    def _no_room(self, error: OSError) -> ProductImporterError:
        return ProductImporterError(
            f"The import's temporary file can't be written in {self._directory}: {error.strerror}. "
            "Free some space there, or set TMPDIR to a directory that has more.",
            code="disk_full",
        )
