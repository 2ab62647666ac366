"""The parser: pyarrow reads the file's row groups, a batch at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.errors import FileError
from product_importer.model import ReadAs
from product_importer.ports import RawBatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow.parquet as pq

    from product_importer.model import Option, ParseOptions, TableInfo
    from product_importer.ports import InputFile

_MAGIC: Final = b"PAR1"
_READ_BYTES: Final = 1 << 20
"""Each column is read in pieces of this size, so a row group of any size takes little memory."""

_ADVICE: Final = "Export the file anew, and check that the whole file was transferred."


class ParquetParser:
    """Reads Parquet files of any number of row groups, whose columns may be of any type."""

    name = "parquet"
    title = "Parquet file"
    version = "1"
    suffixes = (".parquet",)
    media_types = ("application/vnd.apache.parquet",)
    needs_whole_file = True
    releases_gil = True
    options: tuple[Option, ...] = ()

    def recognises(self, head: bytes, filename: str) -> float:  # noqa: ARG002 - the first bytes tell
        return 1.0 if head.startswith(_MAGIC) else 0.0

    def tables(self, file: InputFile) -> tuple[TableInfo, ...]:  # noqa: ARG002 - a file is one table
        return ()

    @contextmanager
    def open(self, file: InputFile, options: ParseOptions) -> Iterator[ParquetTable]:
        """Opens the file. Raises :class:`FileError` (``damaged_file``) if it can't be read."""
        import pyarrow.parquet as pq  # noqa: PLC0415 - importing it takes time, which few imports need

        try:
            parquet = pq.ParquetFile(file.path, buffer_size=_READ_BYTES, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(error) from error
        with parquet:
            yield ParquetTable(parquet, options)


class ParquetTable:
    """A file whose schema was read."""

    def __init__(self, file: pq.ParquetFile, options: ParseOptions) -> None:
        self.header = tuple(file.schema_arrow.names)
        if not self.header:
            raise FileError("The Parquet file has no columns.", code="no_header")
        self.read_as = ReadAs("Parquet", place="row")
        self._file = file
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
        batches = self._file.iter_batches(batch_size=self._options.batch_rows)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise _damaged(error) from error
            if batch is None:
                return
            yield from _bounded(batch, self._options.batch_chars)


def _bounded(batch: pa.RecordBatch, most: int) -> Iterator[pa.RecordBatch]:
    if batch.num_rows < 2 or batch.nbytes <= most:
        if batch.num_rows:
            yield batch
        return
    half = batch.num_rows // 2
    yield from _bounded(batch.slice(0, half), most)
    yield from _bounded(batch.slice(half), most)


def _damaged(error: Exception) -> FileError:
    words = " ".join(str(error).split())
    return FileError(f"The Parquet file can't be read: {words.rstrip('.')}. {_ADVICE}", code="damaged_file")
