"""Cleans and checks a delimited file's header, in the same way for every parser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from product_importer.cells.names import folded
from product_importer.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from product_importer.model import Limits


_REPEATED = re.compile(r"(.+) \(([2-9]|[1-9]\d+)\)", re.DOTALL)


def clean_cell(cell: str) -> str:
    """A header cell without surrounding whitespace and byte order mark."""
    return cell.strip().strip("\ufeff").strip()


def fold_cell(cell: str) -> str:
    """The form in which header cells are compared: cleaned, without differences of case and normal form."""
    return folded(clean_cell(cell))


_STORE_VIEW_COLUMNS: Final = ("store_view_code", "_store")
"""Magento's names of the column that is blank in a product's own row."""


def is_store_view_column(name: str) -> bool:
    """Whether the column says which texts a row holds: a store view's, or the product's own."""
    return fold_cell(name) in _STORE_VIEW_COLUMNS


def clean_header(cells: Sequence[str], *, line: int, limits: Limits) -> tuple[str, ...]:
    """Returns the column names of a header record that starts on ``line``.

    A blank cell is named ``column N`` by its 1-based position, and a repeated name is numbered
    (``Image (2)``), so no column is lost. Raises :class:`FileError` of code ``too_many_columns`` or
    ``nul_in_header``.
    """
    if len(cells) > limits.columns:
        raise FileError(
            f"The header has {len(cells):,} columns, more than the {limits.columns:,} allowed. "
            "Is this the right file, and the right delimiter?",
            code="too_many_columns",
            line=line,
        )
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = clean_cell(cell) or f"column {number}"
        if "\0" in name:
            raise FileError(
                f"The header of column {number} holds a NUL character, which can't be stored. Remove it.",
                code="nul_in_header",
                line=line,
            )
        names.append(_numbered(name, taken))
        taken.add(fold_cell(names[-1]))
    return tuple(names)


def _numbered(name: str, taken: Container[str]) -> str:
    """Adds to the name the first number that makes it differ from the names already taken."""
    numbered, number = name, 1
    while fold_cell(numbered) in taken:
        number += 1
        numbered = f"{name} ({number})"
    return numbered


def first_of(name: str) -> str | None:
    """The name of which ``name`` is a numbered repetition; None if it doesn't look like one."""
    found = _REPEATED.fullmatch(name)
    return found[1] if found else None
