"""The protocols of formats: parsers with options of their own, which recognise their files; and of codecs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from product_importer.model import Option, ParseOptions, ReadAs, TableInfo
    from product_importer.ports.tables import RawBatch


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to be read, on this machine. ``os.fspath`` and ``Path`` take it for its path, and it has the
    attributes and methods of a ``Path``, for parsers that were written for one.

    ``filename`` is the name under which it was handed over; ``path`` may have another. ``complete``: whether
    ``path`` holds the whole file, rather than its first part for a preview. ``size``: its bytes at ``path``;
    ``packed_size``: those of the packed file that it comes from, if it does.
    """

    path: Path
    filename: str
    size: int
    complete: bool = True
    packed_size: int | None = None
    beat: Callable[[float | None], None] | None = None

    @classmethod
    def at(cls, path: Path) -> InputFile:
        """The whole file at this path, under its own name. Raises OSError if there is none."""
        return cls(path, path.name, path.stat().st_size)

    def __fspath__(self) -> str:
        return str(self.path)

    if not TYPE_CHECKING:  # type checkers show the present attributes only

        def __getattr__(self, name: str) -> object:
            return getattr(self.path, name)

    def keep_alive(self, done: float | None = None) -> None:
        """Says that work that takes long goes on, of which the part ``done`` (0 to 1) is done, if known.

        A parser that gives no sign for the time limit of plugins is taken to hang. Raises the error that ends
        the import if it has been cancelled; a parser must let that pass.
        """
        if self.beat is not None:
            self.beat(done)


@runtime_checkable
class ParsedTable(Protocol):
    """A table opened by a format. Iterating yields its batches once, from the first record to the last.

    Raises :class:`~product_importer.errors.FileError` where the file can't be read any further, and
    :class:`~product_importer.errors.ParserDeclined` if the built-in parser should take over.
    """

    @property
    def read_as(self) -> ReadAs: ...

    @property
    def header(self) -> tuple[str, ...]: ...

    def __iter__(self) -> Iterator[RawBatch]: ...


@runtime_checkable
class FormatParser(Protocol):
    """Turns files of one format into batches of rows, whose cells may have types (see :class:`RawBatch`).

    ``title`` names the format for people, such as "Excel workbook". ``version`` has to change whenever the
    same file with the same options gives other rows. ``suffixes`` (with a dot) and ``media_types`` are those
    of its files. ``needs_whole_file``: whether the first part of a file can't be read without the rest.
    ``options`` are the format's own.

    Batches must depend on the file and the options only. ``releases_gil``: see :class:`Parser`.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    @property
    def media_types(self) -> tuple[str, ...]: ...

    @property
    def needs_whole_file(self) -> bool: ...

    @property
    def options(self) -> tuple[Option, ...]: ...

    def recognises(self, head: bytes, filename: str) -> float:
        """Returns how certain it is, from 0 to 1, that a file with this beginning and name is of this format.

        Delimited text is recognised with 0.5, as nearly every text may be some; a format that a file's first
        bytes prove answers 1. The parser ``auto`` takes the one that is most certain.
        """

    def tables(self, file: InputFile) -> Sequence[TableInfo]:
        """Returns the tables of the file; none if files of the format are one table.

        If several are likely, and the option of the kind ``table`` isn't given, the import asks for it.
        """

    def open(self, file: InputFile, options: ParseOptions) -> AbstractContextManager[ParsedTable]:
        """Opens a file and reads its header."""


@runtime_checkable
class Codec(Protocol):
    """Unpacks packed files, before any parser reads them."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    def recognises(self, head: bytes) -> bool:
        """Returns whether a file with this beginning is packed in this way."""

    def members(self, file: BinaryIO) -> Sequence[str] | None:
        """Returns the names of the packed files; None if there are no names, only one stream of bytes."""

    def unpack(self, file: BinaryIO, member: str | None) -> AbstractContextManager[BinaryIO]:
        """Opens the unpacked bytes.

        Raises :class:`~product_importer.errors.FileError` if the file is damaged or encrypted; where only the
        file's end is missing, reading raises it with the code ``cut_off_archive`` there.
        """
