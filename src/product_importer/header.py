"""What a delimited file's header must be like, for every parser alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.errors import FileError
from product_importer.names import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.model import Limits


def clean_cell(cell: str) -> str:
    """A header cell without surrounding whitespace and byte order mark."""
    return cell.strip().strip("\ufeff").strip()


def fold_cell(cell: str) -> str:
    """A header cell as it is compared: cleaned, and whatever its case and normal form."""
    return folded(clean_cell(cell))


def clean_header(cells: Sequence[str], *, line: int, limits: Limits) -> tuple[str, ...]:
    """The column names of a header record that starts on ``line``.

    A blank cell is named ``column N`` by its 1-based position, so nothing of the file is lost. Raises
    :class:`FileError` of code ``too_many_columns``, ``nul_in_header`` or ``repeated_column``.
    """
    if len(cells) > limits.columns:
        raise FileError(
            f"The header has {len(cells):,} columns, more than the {limits.columns:,} allowed. "
            "Is this the right file, and the right delimiter?",
            code="too_many_columns",
            line=line,
        )
    names = tuple(clean_cell(cell) or f"column {number}" for number, cell in enumerate(cells, 1))
    first_seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if "\0" in name:
            raise FileError(
                f"The header of column {number} holds a NUL character, which can't be stored. Remove it.",
                code="nul_in_header",
                line=line,
            )
        first = first_seen.setdefault(fold_cell(name), number)
        if first != number:
            raise FileError(
                f"Columns {first} and {number} are both called {name!r}. Rename or remove one of them.",
                code="repeated_column",
                line=line,
            )
    return names
