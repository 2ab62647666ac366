"""An unnamed temporary file of Arrow record batches.

The operating system removes the file however the process ends.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Self

import pyarrow as pa

from product_importer.errors import ProductImporterError


class BatchFile:
    """Appended batches are numbered from 0 and are read by number. Use as a context manager.

    Raises :class:`ProductImporterError` (``disk_full``) where the disk has no room.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = Path(directory or tempfile.gettempdir())
        self._places: list[tuple[int, int, pa.Schema]] = []  # offset, size, schema
        self._end = 0
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=self._directory)  # noqa: SIM115
        except OSError as error:
            raise self._no_room(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, batch: pa.RecordBatch) -> int:
        """Writes the batch and returns its number."""
        block = batch.serialize()
        try:
            self._file.seek(self._end)
            self._file.write(block)
            self._file.flush()
        except OSError as error:
            raise self._no_room(error) from error
        self._places.append((self._end, len(block), batch.schema))
        self._end += len(block)
        return len(self._places) - 1

    def __getitem__(self, number: int) -> pa.RecordBatch:
        offset, size, schema = self._places[number]
        self._file.seek(offset)
        return pa.ipc.read_record_batch(pa.py_buffer(self._file.read(size)), schema)

    def clear(self) -> None:
        """Removes all batches; numbers begin at 0 again."""
        self._places.clear()
        self._end = 0
        self._file.seek(0)
        self._file.truncate()

    def _no_room(self, error: OSError) -> ProductImporterError:
        return ProductImporterError(
            f"The import's temporary file can't be written in {self._directory}: {error.strerror}. "
            "Free some space there, or set TMPDIR to a directory that has more.",
            code="disk_full",
        )
