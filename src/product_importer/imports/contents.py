"""What a program may give instead of a path: bytes, open files, tables and records.

Tables and records become an Arrow file (see ``product_importer.builtin.arrow_parser``), so that they are
imported, stored and resumed like any file.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeAlias, runtime_checkable

import pyarrow as pa

from product_importer.errors import UsageError
from product_importer.imports.records import batches_of
from product_importer.support.temporary import temporary_folder

_ARROW: Final = "arrow"


@runtime_checkable
class ArrowTable(Protocol):
    """A table of any library that speaks Arrow: pyarrow, pandas, polars, DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


@runtime_checkable
class OpenFile(Protocol):
    """A file that is open for reading bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


Content: TypeAlias = bytes | bytearray | memoryview | OpenFile | ArrowTable | Iterable[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file with the content that was given. ``parser``: the only one that reads it, if not None."""

    filename: str
    stream: BinaryIO
    parser: str | None = None


@asynccontextmanager
async def as_file(source: Content, filename: str | None) -> AsyncIterator[ContentFile]:
    """Provides a file with this content. Reads ``source`` to its end.

    Raises :class:`UsageError` if it is nothing that can be imported.
    """
    given: object = source  # what isn't typed may be anything
    if isinstance(given, io.TextIOBase):
        raise UsageError("The file is open for reading text. Open it for reading bytes, with the mode 'rb'.")
    with ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, _file(source, filename))


@contextmanager
def _file(source: Content, filename: str | None) -> Iterator[ContentFile]:
    if isinstance(source, bytes | bytearray | memoryview):
        yield ContentFile(filename or "bytes", io.BytesIO(source))
    elif isinstance(source, ArrowTable):
        with pa.RecordBatchReader.from_stream(source) as reader, _arrow_file(reader.schema, reader) as file:
            yield ContentFile(filename or "table.arrow", file, _ARROW)
    elif isinstance(source, OpenFile):
        named = getattr(source, "name", None)
        name = filename or (Path(named).name if isinstance(named, str) else "file")
        yield ContentFile(name, source)  # type: ignore[arg-type]
    elif isinstance(source, Iterable):
        with temporary_folder() as folder:
            schema, batches = batches_of(source, folder / "records")
            with _arrow_file(schema, batches) as file:
                yield ContentFile(filename or "records.arrow", file, _ARROW)
    else:
        raise UsageError(
            f"A {type(source).__name__} can't be imported. Give a path, bytes, a file that is open for "
            "reading bytes, a table that speaks Arrow (pandas, polars, pyarrow), or records: mappings of "
            "names to values."
        )


@contextmanager
def _arrow_file(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[BinaryIO]:
    with temporary_folder() as folder:
        path = folder / "table.arrow"
        with pa.ipc.new_file(str(path), schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        with path.open("rb") as file:
            yield file
