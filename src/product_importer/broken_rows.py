"""Finds records that look like parts of one row, which line ends in cells without quotes have broken.

A row of 4 cells with one such line end is, say, a record of 3 cells and one of 2. Rows from which blank cells
were left out at their ends may have just as many cells, so the lengths alone are no proof: their first cells
are looked at, too. Where neither is certain, the records count as parts, since those are rejected with a
message, whereas the other mistake saves products that don't exist.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REACH: Final = 256
"""The parts of one row, and blank records between them, are not more records than this."""

_SEEN: Final = 64  # characters of a cell that are looked at
_TELLING: Final = 5  # characters of codes that are alike because they are equally long
_NUMBER: Final = re.compile(r"(?:[A-Z]{3}|[^\w])*\d[\d\W]*(?:[A-Z]{3})?")
_LETTERS: Final = re.compile("[A-Za-z]+")
_DIGITS: Final = re.compile("[0-9]+")
_SEPARATORS: Final = re.compile("[^A-Za-z0-9]+")
_LOWER_CASE: Final = re.compile("[a-z]")
_COMPOUND: Final = re.compile("[0-9]|[A-Za-z][-_][A-Za-z]")


def parts_of_rows(places: Sequence[int], run: Sequence[Sequence[str]], columns: int) -> set[int]:
    """The places of those records that may be parts of a broken row.

    ``run``: consecutive records with fewer cells than there are ``columns``, blank ones left out.
    ``places``: where they stand in the file, counted from anywhere.
    """
    found: set[int] = set()
    for first, record in enumerate(run):
        # A record of one cell adds nothing to what follows it, which is looked at by itself.
        if len(record) > 1 and (end := _end_of_row(places, run, first, columns)):
            found.update(islice(places, first, end))
    return found


def starts_alike(record: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the other record surely starts a row, as the first one does, by what is in their cells.

    Under each other there have to be two SKUs, or the like, and nowhere a number and a text.
    """
    first, *cells = [cell[:_SEEN].strip() for cell in record]
    other_first, *other_cells = [cell[:_SEEN].strip() for cell in other]
    pairs = [(one, two) for one, two in zip(cells, other_cells, strict=False) if one and two]
    if any(_is_number(one) != _is_number(two) for one, two in pairs):
        return False
    return _are_codes(first, other_first) or any(
        not _is_number(one) and _DIGITS.search(one) and _are_codes(one, two) for one, two in pairs
    )


def _end_of_row(places: Sequence[int], run: Sequence[Sequence[str]], first: int, columns: int) -> int:
    """Where the parts of the row end that the first of them begins, 0 if it begins none."""
    missing = columns - len(run[first])  # the cell that a line end broke counts once
    end = first + 1
    while missing and end < len(run) and len(run[end]) <= missing + 1:
        missing -= len(run[end]) - 1
        end += 1
    if missing or places[end - 1] - places[first] >= REACH:
        return 0
    if all(starts_alike(run[first], part) for part in run[first + 1 : end]):
        return 0
    while _goes_on(places, run, first, end):
        end += 1
    return end


def _goes_on(places: Sequence[int], run: Sequence[Sequence[str]], first: int, end: int) -> bool:
    """Whether the row's last cell goes on in the next record."""
    if end == len(run) or places[end] - places[first] >= REACH:
        return False
    return len(run[end]) == 1 and not starts_alike(run[first], run[end])


def _is_number(cell: str) -> bool:
    """Whether it is a number, also with a currency or a unit's sign."""
    return _NUMBER.fullmatch(cell) is not None


def _are_codes(cell: str, other: str) -> bool:
    """Whether both look like SKUs, and alike: equally long, or letters and digits come in the same order."""
    if not (_is_code(cell) and _is_code(other)):
        return False
    return len(cell) == len(other) >= _TELLING or _shape(cell) == _shape(other)


def _is_code(cell: str) -> bool:
    if not cell or not cell.isascii() or any(map(str.isspace, cell)):
        return False
    return bool(_COMPOUND.search(cell)) or not _LOWER_CASE.search(cell)


def _shape(code: str) -> str:
    return _DIGITS.sub("0", _LETTERS.sub("a", _SEPARATORS.sub("", code)))


def runs_of_short(sizes: Sequence[int], places: Iterable[int], columns: int) -> list[list[int]]:
    """The places of short records, run by run; blank ones between them are left out.

    ``places``: those of all records that have more or fewer cells than there are columns.
    """
    runs: list[list[int]] = [[]]
    expected = 0
    for place in places:
        if place != expected or sizes[place] > columns:
            runs.append([])
        if 0 < sizes[place] < columns:
            runs[-1].append(place)
        expected = place + 1
    return [run for run in runs if len(run) > 1]
