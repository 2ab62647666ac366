"""Rejected rows by fault, and the rows that are corrected and resubmitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from product_importer.model.imports import Status
from product_importer.model.rows import RejectedRow, RowError

if TYPE_CHECKING:
    from product_importer.model.transforms import Transform
else:
    Transform = Any  # few resubmissions have steps, and their classes take time to load


NOT_REJECTED: Final = "not_rejected"
"""The code of the warning, and of the error, that a row isn't among the rejected ones."""

NOT_REJECTED_MESSAGE: Final = (
    "The row is none of those that are still rejected in the first import: it was corrected before, or never "
    "rejected, or is in the file twice. It was left out."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """The rejected rows of an import that have the same first error: its ``code``, in the same ``column``.

    ``rows`` is their number, and ``example`` the first of them. ``column`` is None if the error concerns the
    row as a whole.
    """

    code: str
    column: str | None
    rows: int
    example: RejectedRow


@dataclass(frozen=True, slots=True)
class CorrectedRow:
    """A rejected row with its corrected cells. ``record`` is the row's place in the first import's file;
    ``cells`` are those of that file's own columns, and blank ones at the end may be missing.
    """

    record: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction changes all rejected rows with one fault, or with one error code in any column.

    ``value`` becomes the text of the cell in ``column``, unless it is None; ``steps`` then change the cells,
    as a profile's steps do, and may not add columns.
    """

    code: str
    column: str | None = None
    value: str | None = None
    steps: tuple[Transform, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """What an import would say about a corrected row; without ``errors`` it would be imported."""

    record: int
    cells: tuple[str, ...]
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Resubmission:
    """An import that resubmits rejected rows of another one. ``rows``: how many aren't rejected any more."""

    id: int
    status: Status
    rows: int
