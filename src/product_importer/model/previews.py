"""How a file would be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from product_importer.model.options import Dialect
from product_importer.model.rows import RowError


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a file can't be imported as it stands; ``line`` is where reading stopped making sense, if known."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One of a file's first records: its cells, each cut to 200 characters, and all that is wrong with it.

    ``warnings``: what looks damaged, although the row would be imported as it stands.
    """

    line: int
    record: int
    cells: tuple[str, ...]
    errors: tuple[RowError, ...]
    warnings: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """How a file would be read, as its first part shows.

    ``mapping``: header → what the column is used as (a field, ``attribute`` or ``ignore``). ``problem`` is
    why the file would be refused; the rest is then what can be said nevertheless. ``complete``: the part was
    the whole file.
    """

    dialect: Dialect | None
    header: tuple[str, ...]
    mapping: Mapping[str, str]
    rows: tuple[PreviewRow, ...]
    problem: Complaint | None
    complete: bool
