"""What a program may give instead of a path: bytes, open files, tables and records.

Tables and records become an Arrow file (see ``product_importer.builtin.arrow_parser``), so that they are
imported, stored and resumed like any file.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeAlias, runtime_checkable

import pyarrow as pa

from product_importer.errors import UsageError
from product_importer.model import CHUNK_ROWS
from product_importer.support.temporary import temporary_folder

_ARROW: Final = "arrow"

ATTRIBUTES: Final = "attributes"
"""The member of a record whose own members become columns."""


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
        table = _table_of(source)
        with _arrow_file(table.schema, table.to_batches(CHUNK_ROWS)) as file:
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


def _table_of(records: Iterable[object]) -> pa.Table:
    """Returns the records as a table, with a column for each name that any of them has."""
    rows = [_row_of(record, number) for number, record in enumerate(records, start=1)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise UsageError("There are no records, or none of them has a value. Give at least one product.")
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _row_of(record: object, number: int) -> Mapping[str, object]:
    if not isinstance(record, Mapping):
        raise UsageError(
            f"Record {number:,} is a {type(record).__name__}. A record is a mapping of names to values, such "
            'as {"sku": "TEA-1", "name": "Green tea"}.'
        )
    attributes = record.get(ATTRIBUTES)
    if isinstance(attributes, Mapping):
        record = {name: value for name, value in record.items() if name != ATTRIBUTES} | dict(attributes)
    if odd := next((name for name in record if not isinstance(name, str)), None):
        raise UsageError(f"Record {number:,} has the name {odd!r}. Names are texts.")
    return record


def _column(values: Sequence[object]) -> pa.Array:
    """Returns the values as an Arrow column. Values that have no common type become texts."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([_text(value) for value in values], pa.string())


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
