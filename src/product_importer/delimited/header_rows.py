"""Tells which of a table's first rows holds the names of the columns, whichever format the rows come from.

The first row is the header if it names the SKU, or if no other row seems to be a header. A later row is the
header for certain if it names the SKU and another field, and all rows above it are comments or have fewer
cells with text. Without any row that names the SKU, that holds for a row that names two other fields, if the
first row is a comment or names none. If a later row may be the header, but so may the first one, the question
is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from product_importer.cells.headers import heading
from product_importer.cells.shortening import shortened
from product_importer.errors import QuestionsOpen
from product_importer.model import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from product_importer.model import PlaceWord

_SHOWN: Final = 80
_LINE_END: Final = r"\r\n|\r|\n"
_COMMENT: Final = r'"?(#|//)'


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """A row that may be the header. ``text`` is what is shown of it; ``fields`` are those that it names."""

    number: int
    text: str
    cells: tuple[str, ...]
    fields: frozenset[str]

    @classmethod
    def of(cls, number: int, text: str, cells: Sequence[str]) -> HeaderRow:
        """Looks for fields in the row; one cell alone names none, as it may be a title."""
        found = (heading(cell) for cell in cells) if len(cells) > 1 else ()
        fields = frozenset(each.named.field for each in found if each is not None)
        return cls(number, text, tuple(cells), fields)

    @property
    def filled(self) -> int:
        return sum(1 for cell in self.cells if cell.strip())


def header_among(rows: Iterable[HeaderRow], option: str, place: PlaceWord) -> int | None:
    """Returns the number of the header's row; None if none is certainly the header.

    The rows have text, and no more of them are taken than needed. Raises :class:`QuestionsOpen` if several
    may be the header; ``option`` and ``place`` are the parser's option and word for a row's place.
    """
    above: list[HeaderRow] = []
    without_sku = None
    for row in rows:
        if "sku" in row.fields:
            return _judged(row, above, option, place) if above else row.number
        if without_sku is None and len(row.fields) > 1 and above and _is_silent(above[0]):
            without_sku = row.number if _stands_out(row, above) else None
        above.append(row)
    return without_sku


def _is_silent(first: HeaderRow) -> bool:
    return not first.fields or re.match(_COMMENT, first.text) is not None


def _stands_out(row: HeaderRow, above: Sequence[HeaderRow]) -> bool:
    """Whether all rows above it are comments, or have fewer cells with text."""
    return all(re.match(_COMMENT, each.text) or each.filled < row.filled for each in above)


def _judged(row: HeaderRow, above: Sequence[HeaderRow], option: str, place: PlaceWord) -> int | None:
    """The row's number if it is certainly the header, None if it certainly isn't."""
    stands_out = _stands_out(row, above)
    if stands_out and len(row.fields) > 1:
        return row.number
    if len(row.fields) > 1 or (stands_out and row.filled == len(row.cells)):
        raise QuestionsOpen((_question((row, above[0]), option, place),))
    return None


def _question(rows: Sequence[HeaderRow], option: str, place: PlaceWord) -> Question:
    texts = [re.sub(_LINE_END, " ", row.text) for row in rows]
    shown = [
        f"{place} {row.number:,}, “{shortened(text, _SHOWN)}”" for row, text in zip(rows, texts, strict=True)
    ]
    return Question(
        "header_line",
        f"Which {place} of the file holds the names of its columns: {', or '.join(shown)}?",
        "reading",
        tuple(
            Answer(str(row.number), f"{place} {row.number:,}", (text[:_SHOWN],))
            for row, text in zip(rows, texts, strict=True)
        ),
        key=option,
        line=rows[0].number,
    )
