"""Records that don't fit under the header: one place for their codes and messages, for every parser alike.

Checked in this order: ``nul_character``, ``too_many_cells`` (surplus cells that are all blank are dropped
instead), ``too_few_cells``, ``repeated_header``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.header import fold_cell
from product_importer.model import VALUE_CHARS, RowError

if TYPE_CHECKING:
    from collections.abc import Sequence


LAYOUT_CODES: Final = frozenset(
    {
        "nul_character",
        "too_many_cells",
        "too_few_cells",
        "repeated_header",
        "text_after_quote",
    }
)
"""What is wrong with how a record is written, rather than with a product."""


def fit(
    cells: Sequence[str], header: Sequence[str], folded_header: tuple[str, ...]
) -> Sequence[str] | RowError:
    """The cells of one record, as many as the header has, or what is wrong with them.

    ``header`` holds the column names, ``folded_header`` the header record's own cells by
    :func:`~product_importer.header.fold_cell`. Blank records (no cells at all) are the caller's business.
    """
    if "\0" in "".join(cells):
        position = next(position for position, cell in enumerate(cells) if "\0" in cell)
        return nul_character(header[position] if position < len(header) else None, cells[position])
    columns = len(header)
    if len(cells) > columns:
        if any(cell and not cell.isspace() for cell in cells[columns:]):
            return too_many_cells(len(cells), columns)
        cells = cells[:columns]
    if len(cells) < columns:
        return too_few_cells(len(cells), columns)
    if all(fold_cell(cell) == folded for cell, folded in zip(cells, folded_header, strict=True)):
        return repeated_header()
    return cells


def too_few_cells(cells: int, columns: int) -> RowError:
    """A record with fewer cells than the header."""
    return RowError(
        "too_few_cells",
        f"The row has {_cells(cells)}, but the header has {_columns(columns)}. "
        "Usually a delimiter is missing, or a cell with a line break is not quoted.",
    )


def too_many_cells(cells: int, columns: int) -> RowError:
    """A record with more cells than the header, the surplus not all blank."""
    return RowError(
        "too_many_cells",
        f"The row has {_cells(cells)}, but the header has {_columns(columns)}. "
        "Usually a cell that contains the delimiter is not quoted.",
    )


def repeated_header() -> RowError:
    """A record that repeats the header."""
    return RowError("repeated_header", "The row repeats the header, as in files that were joined. Remove it.")


def nul_character(column: str | None, value: str) -> RowError:
    """A cell with a NUL character (U+0000)."""
    return RowError(
        "nul_character",
        "The cell holds a NUL character, which can't be stored. Remove it.",
        column,
        value[:VALUE_CHARS],
    )


def _cells(count: int) -> str:
    return f"{count:,} cell" if count == 1 else f"{count:,} cells"


def _columns(count: int) -> str:
    return f"{count:,} column" if count == 1 else f"{count:,} columns"
