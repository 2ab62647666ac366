"""Checks records that don't fit under the header, and defines their codes and messages for all parsers.

The checks run in this order: ``text_after_quote``, ``nul_character``, ``too_many_cells`` (blank cells at a
row's end are dropped instead, if all rows of the file have them), ``repeated_header``, ``too_few_cells``.
:mod:`product_importer.delimited.broken_rows` finds the records that look like parts of a row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from product_importer.delimited.header import fold_cell
from product_importer.model import VALUE_CHARS, RowError

if TYPE_CHECKING:
    from collections.abc import Sequence


_LINE_END: Final = re.compile(r"\r\n|\r|\n")

LAYOUT_CODES: Final = frozenset(
    {
        "nul_character",
        "too_many_cells",
        "too_few_cells",
        "repeated_header",
        "text_after_quote",
    }
)
"""Codes of errors in how a record is written, rather than in a product."""

PIECE_CODES: Final = frozenset({"text_after_quote", "too_few_cells"})
"""Codes of records that hold several rows, or a part of one: their cells may be under the wrong columns."""


def fit(
    cells: Sequence[str], header: Sequence[str], folded_header: tuple[str, ...], surplus: int
) -> Sequence[str] | RowError:
    """Returns the cells of one record, as many as the header has, or the error in them.

    Missing cells at the record's end are blank. ``header`` holds the column names, ``folded_header``
    the header record's own cells by :func:`~product_importer.delimited.header.fold_cell`; ``surplus``: how
    many blank cells all rows of the file have beyond the header. The caller handles blank records (without
    any cell).
    """
    if "\0" in "".join(cells):
        position = next(position for position, cell in enumerate(cells) if "\0" in cell)
        return nul_character(header[position] if position < len(header) else None, cells[position])
    columns = len(header)
    if len(cells) > columns:
        if len(cells) > columns + surplus or any(cell and not cell.isspace() for cell in cells[columns:]):
            return too_many_cells(len(cells), columns)
        cells = cells[:columns]
    if len(cells) < columns:
        cells = [*cells, *[""] * (columns - len(cells))]
    if all(fold_cell(cell) == folded for cell, folded in zip(cells, folded_header, strict=True)):
        return repeated_header()
    return cells


def too_few_cells(cells: int, columns: int) -> RowError:
    """The error of a record that looks like a part of a row; records beside it have the row's other cells."""
    return RowError(
        "too_few_cells",
        f"The row has {_cells(cells)}, but the header has {_columns(columns)}, and a row beside it has just "
        "the others, or several have them together. Usually a cell with a line break is not quoted.",
    )


def swallows_rows(record: Sequence[str], columns: int, delimiter: str) -> bool:
    """Whether a cell holds the end of one row and the start of another one, line by line.

    That happens if a quoted cell has one quote too few at its end (``"24"";12``): the next quote of the file
    ends it. Each line then has as many cells as the header.
    """
    if len(record) != columns:
        return False
    for place, cell in enumerate(record):
        if f'"{delimiter}' in cell and len(lines := _LINE_END.split(cell)) > 1:
            first, *others, last = (line.count(delimiter) for line in lines)
            whole = place + first == columns - 1 and last == place
            if whole and all(count == columns - 1 for count in others):
                return True
    return False


def text_after_quote(first_line: int, last_line: int) -> RowError:
    """The error of a record that has text after a closing quote, or would have with complete quotes."""
    lines = f"lines {first_line:,} to {last_line:,}"
    span = f"is on line {first_line:,}" if first_line == last_line else f"takes {lines}"
    return RowError(
        "text_after_quote",
        f"The row {span}, and text follows the closing quote of a cell. Usually a quote within a quoted cell "
        "is not doubled, or a quote is missing.",
    )


def too_many_cells(cells: int, columns: int) -> RowError:
    """The error of a record with more cells than the header, the surplus not all blank."""
    return RowError(
        "too_many_cells",
        f"The row has {_cells(cells)}, but the header has {_columns(columns)}. "
        "Usually a cell that contains the delimiter is not quoted.",
    )


def repeated_header() -> RowError:
    """The error of a record that repeats the header."""
    return RowError("repeated_header", "The row repeats the header, as in files that were joined. Remove it.")


def nul_character(column: str | None, value: str) -> RowError:
    """The error of a cell with a NUL character (U+0000)."""
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
