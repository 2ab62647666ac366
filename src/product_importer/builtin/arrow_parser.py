"""The built-in parser of Arrow files (``arrow``), in which the library also hands over tables and records.

An Arrow file (``.arrow``, ``.feather``) has typed columns and keeps its rows in record batches, which are
read one at a time. A row's place is its number, counted from 1.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.builtin.arrow_buffers import has_compressed_buffers
from product_importer.cells.decoded import leaves, longest_shared, rows_at_once
from product_importer.errors import FileError
from product_importer.model import Option, ReadAs, TableInfo
from product_importer.ports import RawBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from product_importer.model import ParseOptions
    from product_importer.ports import InputFile

_MAGIC: Final = b"ARROW1"


class ArrowParser:
    """A :class:`~product_importer.ports.FormatParser` of Arrow files."""

    name = "arrow"
    title = "Arrow file"
    version = "1"
    suffixes = (".arrow", ".feather")
    media_types = ("application/vnd.apache.arrow.file",)
    needs_whole_file = True
    options: tuple[Option, ...] = ()

    def recognises(self, head: bytes, filename: str) -> float:  # noqa: ARG002 - the bytes are proof enough
        """Returns 1 for a file that begins as Arrow files do, else 0."""
        return 1.0 if head.startswith(_MAGIC) else 0.0

    def tables(self, file: InputFile) -> Sequence[TableInfo]:  # noqa: ARG002 - it has one table only
        """Returns no tables: an Arrow file is one."""
        return ()

    @contextmanager
    def open(self, file: InputFile, options: ParseOptions) -> Iterator[_ArrowTable]:
        """Opens the file.

        Raises :class:`FileError` if it isn't a whole Arrow file; ``compressed_buffers``.
        """
        try:
            with pa.memory_map(str(file.path)) as source, pa.ipc.open_file(source) as reader:
                if has_compressed_buffers(memoryview(source.read_buffer())):
                    raise _compressed()
                yield _ArrowTable(reader, options.batch_rows)
        except (pa.ArrowInvalid, OSError, ValueError) as error:
            raise _damaged() from error


class _ArrowTable:
    """An open Arrow file."""

    read_as = ReadAs("Arrow table", place="row")

    def __init__(self, reader: pa.RecordBatchFileReader, batch_rows: int) -> None:
        self.header = tuple(reader.schema.names)
        self._reader = reader
        self._rows = batch_rows

    def __iter__(self) -> Iterator[RawBatch]:
        before, blocks = 0, self._reader.num_record_batches
        for number in range(blocks):
            block = self._block(number)
            shared = sum(longest_shared(leaf) for column in block.columns for leaf in leaves(column))
            rows = rows_at_once(shared, self._rows)
            for start in range(0, block.num_rows, rows):
                cells = block.slice(start, rows)
                places = pa.array(range(before + 1, before + cells.num_rows + 1), pa.int64())
                before += cells.num_rows
                done = (number + min(start + rows, block.num_rows) / block.num_rows) / blocks
                yield RawBatch(cells, places, places, before - cells.num_rows + 1, before, done=done)

    def _block(self, number: int) -> pa.RecordBatch:
        try:
            return self._reader.get_batch(number)
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged() from error


def _compressed() -> FileError:
    return FileError(
        "The buffers of the Arrow file are compressed, and what they unpack to has no bound. Write the file "
        "without compression; the whole file may be packed with Zstandard or gzip.",
        code="compressed_buffers",
    )


def _damaged() -> FileError:
    return FileError("The file begins like an Arrow file, but it is damaged or not whole. Write it anew.")
