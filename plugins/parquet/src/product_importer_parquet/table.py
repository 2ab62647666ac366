"""An open Parquet file: pyarrow reads its row groups, a batch at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from product_importer.cells.decoded import rows_at_once
from product_importer.errors import FileError
from product_importer.model import ReadAs
from product_importer.ports import RawBatch
from product_importer_parquet.pages import check_pages
from product_importer_parquet.sizes import row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from product_importer.model import ParseOptions

_READ_BYTES: Final = 1 << 20
"""Each column is read in pieces of this size, so a row group of any size takes little memory."""

_LACKING: Final = "Not yet implemented"
"""How the library says so. The class of the exception is the one that damaged files have, too."""

_ADVICE: Final = "Export the file anew, and check that the whole file was transferred."


@contextmanager
def opened(path: Path, options: ParseOptions) -> Iterator[ParquetTable]:
    """Opens the file. Raises :class:`FileError` (``damaged_file`` or ``parquet_encoding``) if that fails."""
    try:
        parquet = pq.ParquetFile(path, buffer_size=_READ_BYTES, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(error) from error
    with parquet:
        yield ParquetTable(parquet, path, options)


class ParquetTable:
    """A file whose schema was read."""

    def __init__(self, file: pq.ParquetFile, path: Path, options: ParseOptions) -> None:
        self.header = tuple(file.schema_arrow.names)
        if not self.header:
            raise FileError("The Parquet file has no columns.", code="no_header")
        self.read_as = ReadAs("Parquet", place="row")
        self._file = file
        self._path = path
        self._options = options

    def __iter__(self) -> Iterator[RawBatch]:
        rows, done = self._file.metadata.num_rows, 0
        for cells in self._pieces():
            numbers = pa.array(np.arange(done + 1, done + cells.num_rows + 1))
            done += cells.num_rows
            yield RawBatch(
                cells=cells,
                lines=numbers,
                records=numbers,
                first_record=done - cells.num_rows + 1,
                last_record=done,
                done=done / rows,
            )

    def _pieces(self) -> Iterator[pa.RecordBatch]:
        """The file's rows in pieces that keep to the limits of a batch."""
        batches = self._batches()
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(error) from error
            if batch is None:
                return
            yield from _bounded(batch, self._options.batch_chars)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        most = self._options.batch_rows
        for groups in _runs(self._file.metadata, most):
            check_pages(self._path, self._file.metadata, groups)
            rows = rows_at_once(row_bytes(self._path, groups), most)
            yield from map(_decoded, self._file.iter_batches(rows, groups))


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch without dictionaries, so that its size is that of its texts."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _runs(metadata: pq.FileMetaData, most: int) -> Iterator[list[int]]:
    """The numbers of the row groups, in runs of at least ``most`` rows, as far as there are so many."""
    run: list[int] = []
    rows = 0
    for number in range(metadata.num_row_groups):
        run.append(number)
        rows += metadata.row_group(number).num_rows
        if rows >= most:
            yield run
            run, rows = [], 0
    if run:
        yield run


def _bounded(batch: pa.RecordBatch, most: int) -> Iterator[pa.RecordBatch]:
    if batch.num_rows < 2 or batch.nbytes <= most:
        if batch.num_rows:
            yield batch
        return
    half = batch.num_rows // 2
    yield from _bounded(batch.slice(0, half), most)
    yield from _bounded(batch.slice(half), most)


def _unreadable(error: Exception) -> FileError:
    """The error for what the library says. It lacks some encodings, which other programs write."""
    if _LACKING in str(error):
        return FileError(
            "The Parquet file has cells that are encoded in a way that can't be read here. Write it in "
            "version 1 of the format, or with dictionaries of the values.",
            code="parquet_encoding",
        )
    words = " ".join(str(error).split())
    return FileError(f"The Parquet file can't be read: {words.rstrip('.')}. {_ADVICE}", code="damaged_file")
