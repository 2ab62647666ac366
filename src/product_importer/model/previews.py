"""The preview of a file, before it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from product_importer.model.formats import ReadAs
from product_importer.model.options import Dialect
from product_importer.model.rows import RowError


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a file can't be imported as it stands; ``line`` is where reading failed, if known."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One of a file's first records: its cells, each cut to 200 characters, and all its errors.

    ``warnings``: signs of damage in a row that would be imported as it stands. ``values``: column → value,
    for the cells that would be read otherwise than they are written, such as ``1.299,00``; an empty text if a
    rule makes the cell blank.
    """

    line: int
    record: int
    cells: tuple[str, ...]
    errors: tuple[RowError, ...]
    warnings: tuple[RowError, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """How a file would be read, judged by its first part.

    ``parser`` is the parser that would read it, and ``read_as`` how it would; ``dialect`` is None for files
    that are no delimited text, and ``read_as`` for those that can't be read.
    ``mapping``: header → what the column is used as (a field, ``attribute`` or ``ignore``). ``problem`` is
    why the file would be refused; the other values are then filled as far as possible. ``complete``: whether
    the part was the whole file.
    """

    parser: str
    read_as: ReadAs | None
    dialect: Dialect | None
    header: tuple[str, ...]
    mapping: Mapping[str, str]
    rows: tuple[PreviewRow, ...]
    problem: Complaint | None
    complete: bool
