"""The protocols of parsers, and the batches of text rows that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pyarrow as pa

    from product_importer.model import (
        Dialect,
        ParseOptions,
        ReadAs,
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
class LeftOut:
    """A record that is left out on purpose and is no product, such as a row for a further image.

    ``reason`` is a sentence. The record counts as skipped and is listed.
    """

    line: int
    record: int
    reason: str


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Consecutive records of the file.

    ``cells`` has one column per header cell, in the file's order and under the header's names. Columns are
    strings without nulls; those of a :class:`FormatParser` may also be large or dictionary-encoded strings,
    booleans, whole and floating numbers, decimals, dates, timestamps, lists, structs or null. There, null is
    a cell that isn't there, and an empty text one that is blank. ``lines`` and ``records`` (int64, same
    length) give each row's place in the file (see :class:`~product_importer.RejectedRow`). The batch covers
    records ``first_record`` to ``last_record``: those in ``cells``, in ``malformed`` and in ``left_out``, and
    ``blank`` records without any cell.

    How much of the file was read up to the batch's end is told by ``end_offset`` in bytes, or by ``done`` as
    a part of the file, from 0 to 1.
    """

    cells: pa.RecordBatch
    lines: pa.Int64Array
    records: pa.Int64Array
    first_record: int
    last_record: int
    malformed: tuple[MalformedRow, ...] = ()
    blank: int = 0
    end_offset: int = 0
    done: float | None = None
    left_out: tuple[LeftOut, ...] = ()


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

    ``version`` is None for a parser without one; ``read_as``: how the parser reads it. ``mapping``: header →
    what the column is used as. ``rules``: column → the rule by which its values are read, where that is out
    of the ordinary. ``shop``: the shop whose profile is used, or ``none``.
    """

    parser: str
    version: str | None
    read_as: ReadAs
    header: tuple[str, ...]
    mapping: Mapping[str, str]
    rules: Mapping[str, str] = field(default_factory=dict)
    shop: str | None = None
