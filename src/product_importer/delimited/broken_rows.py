"""Finds records that look like parts of one row, broken by line ends in cells without quotes.

For example, a row of 4 cells with one such line end is a record of 3 cells and one of 2. Rows that lack blank
cells at their ends may have just as many cells, so the numbers of cells prove nothing: the cells' contents
are compared, too. In doubt, the records count as parts of a row: those are rejected with a message, whereas
the other mistake would save products that don't exist.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REACH: Final = 256
"""Maximum number of records in one broken row, blank records between its parts included."""

_SEEN: Final = 64  # characters of a cell that are compared
_TELLING: Final = 5  # minimum length of codes that are alike because they are equally long
_NUMBER: Final = re.compile(r"(?:[A-Z]{3}|[^\w])*\d[\d\W]*(?:[A-Z]{3})?")
_LETTERS: Final = re.compile("[A-Za-z]+")
_DIGITS: Final = re.compile("[0-9]+")
_SEPARATORS: Final = re.compile("[^A-Za-z0-9]+")
_SPACE: Final = re.compile(r"\s")
_COMPOUND: Final = re.compile("[0-9]|[A-Za-z][-_][A-Za-z]")


def parts_of_rows(places: Sequence[int], run: Sequence[Sequence[str]], columns: int) -> set[int]:
    """Returns the places of the records that may be parts of a broken row.

    ``run``: consecutive records with fewer cells than there are ``columns``, without blank ones.
    ``places``: their places in the file, counted from any record.
    """
    rows = list(_joined(places, run, columns))
    if not rows:
        return set()
    unlike = [not starts_alike(record, other) for record, other in pairwise(run)]
    before = list(accumulate(unlike, initial=0))  # how many such neighbours there are up to each record
    found: set[int] = set()
    for first, end in rows:
        alike = before[first] == before[end - 1] and (
            end == first + 2 or starts_alike(run[first], run[end - 1])
        )
        if not alike:
            while _goes_on(places, run, first, end):
                end += 1  # noqa: PLW2901 - the row is longer than it has to be
            found.update(places[first:end])
    return found


def starts_alike(record: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the other record surely starts a row, as the first one does, judged by their cells.

    At least one column must have two codes such as SKUs; no column may have a number and a text.
    """
    codes = _are_codes(record[0][:_SEEN].strip(), other[0][:_SEEN].strip())
    for cell, below in zip(islice(record, 1, None), islice(other, 1, None), strict=False):
        one, two = cell[:_SEEN].strip(), below[:_SEEN].strip()
        if one and two:
            number = _is_number(one)
            if number != _is_number(two):
                return False
            codes = codes or (not number and _DIGITS.search(one) is not None and _are_codes(one, two))
    return codes


def _joined(places: Sequence[int], run: Sequence[Sequence[str]], columns: int) -> Iterator[tuple[int, int]]:
    """Yields the parts of the run that make one row if joined, each as its first record and its end."""
    # A line end in a cell makes two cells of it, of which joining leaves one: a record of n cells adds n - 1.
    sums = list(accumulate((len(record) - 1 for record in run), initial=0))
    for first, record in enumerate(run):
        wanted = sums[first] + columns - 1
        end = bisect_left(sums, wanted, first)
        # A record of one cell adds nothing to the following records, which are checked by themselves.
        complete = len(record) > 1 and end < len(sums) and sums[end] == wanted
        if complete and places[end - 1] - places[first] < REACH:
            yield first, end


def _goes_on(places: Sequence[int], run: Sequence[Sequence[str]], first: int, end: int) -> bool:
    """Whether the row's last cell continues in the next record."""
    if end == len(run) or places[end] - places[first] >= REACH:
        return False
    return len(run[end]) == 1 and not starts_alike(run[first], run[end])


def _is_number(cell: str) -> bool:
    """Whether the cell is a number, also with a currency or a unit's sign."""
    return _NUMBER.fullmatch(cell) is not None


def _are_codes(cell: str, other: str) -> bool:
    """Whether both look like codes of one form: equally long, or with letters and digits in one order."""
    shape, other_shape = _shape(cell), _shape(other)
    if not shape or not other_shape:
        return False
    return shape == other_shape or len(cell) == len(other) >= _TELLING


@lru_cache(256)
def _shape(cell: str) -> str:
    """The order of letters and digits in a code; empty if the cell doesn't look like a code."""
    if not cell.isascii() or _SPACE.search(cell) or not (_COMPOUND.search(cell) or cell == cell.upper()):
        return ""
    return _DIGITS.sub("0", _LETTERS.sub("a", _SEPARATORS.sub("", cell)))


def runs_of_short(sizes: Sequence[int], places: Iterable[int], columns: int) -> list[list[int]]:
    """Returns the places of short records, grouped in runs; blank ones between them are left out.

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
