"""The protocols of parsers, and the batches of text rows that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pyarrow as pa

    from product_importer.model import (
        Dialect,
        ParseOptions,
        RowError,
    )


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A record that doesn't fit the batch's columns: too many or too few cells, a forbidden character."""

    line: int
    record: int
    cells: tuple[str, ...]
    error: RowError


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Consecutive records of the file, as text.

    ``cells`` has one string column per header cell, in the file's order and under the header's names, never
    null; ``lines`` and ``records`` (int64, same length) give each row's place in the file (see
    :class:`~product_importer.RejectedRow`). The batch covers records ``first_record`` to
    ``last_record``: those in ``cells``, those in ``malformed``, and ``blank`` records without any cell.
    ``end_offset`` is the number of bytes of the file that were read up to the batch's end.
    """

    cells: pa.RecordBatch
    lines: pa.Int64Array
    records: pa.Int64Array
    first_record: int
    last_record: int
    malformed: tuple[MalformedRow, ...]
    blank: int
    end_offset: int


@runtime_checkable
class ParsedFile(Protocol):
    """A file opened by a parser. Iterating yields its batches once, from the first record to the last.

    Raises :class:`~product_importer.errors.FileError` where the file can't be read any further, and
    :class:`~product_importer.errors.ParserDeclined` if the built-in parser should take over.
    """

    @property
    def dialect(self) -> Dialect: ...

    @property
    def header(self) -> tuple[str, ...]: ...

    def __iter__(self) -> Iterator[RawBatch]: ...


@runtime_checkable
class Parser(Protocol):
    """Turns a file into batches of text rows. Batches must depend on the file and the options only.

    A parser that releases Python's global lock (GIL) while it works may declare it with ``releases_gil =
    True``. Then its batches are checked in another thread while it reads on.
    """

    @property
    def name(self) -> str: ...

    def open(self, path: Path, options: ParseOptions) -> AbstractContextManager[ParsedFile]: ...


@runtime_checkable
class VersionedParser(Parser, Protocol):
    """A parser that has a version for the way in which it reads.

    An import that was begun with one version is not resumed with another. The version has to change whenever
    the same file gives other rows: settings of the parser's own, such as the name of a sheet, are part of it.
    """

    @property
    def version(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read; a resumed import must read it in the same way.

    ``version`` is None for a parser without one. ``mapping``: header → what the column is used as.
    """

    parser: str
    version: str | None
    dialect: Dialect
    header: tuple[str, ...]
    mapping: Mapping[str, str]
