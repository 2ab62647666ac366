"""Finds records that look like parts of one row, which line ends in cells without quotes have broken.

A row of 4 cells with one such line end is, say, a record of 3 cells and one of 2. Rows from which blank cells
were left out at their ends may have just as many cells, so the lengths alone are no proof: their first cells
are looked at, too. Where neither is certain, the records count as parts, since those are rejected with a
message, whereas the other mistake saves products that don't exist.
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
"""The parts of one row, and blank records between them, are not more records than this."""

_SEEN: Final = 64  # characters of a cell that are looked at
_TELLING: Final = 5  # characters of codes that are alike because they are equally long
_NUMBER: Final = re.compile(r"(?:[A-Z]{3}|[^\w])*\d[\d\W]*(?:[A-Z]{3})?")
_LETTERS: Final = re.compile("[A-Za-z]+")
_DIGITS: Final = re.compile("[0-9]+")
_SEPARATORS: Final = re.compile("[^A-Za-z0-9]+")
_SPACE: Final = re.compile(r"\s")
_COMPOUND: Final = re.compile("[0-9]|[A-Za-z][-_][A-Za-z]")


def parts_of_rows(places: Sequence[int], run: Sequence[Sequence[str]], columns: int) -> set[int]:
    """The places of those records that may be parts of a broken row.

    ``run``: consecutive records with fewer cells than there are ``columns``, blank ones left out.
    ``places``: where they stand in the file, counted from anywhere.
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
    """Whether the other record surely starts a row, as the first one does, by what is in their cells.

    Under each other there have to be two SKUs, or the like, and nowhere a number and a text.
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
    """The parts of the run that make one row if joined, from a first record up to, without, an end."""
    # Of two cells that a line end parted, one is left: each record adds one less than it has.
    sums = list(accumulate((len(record) - 1 for record in run), initial=0))
    for first, record in enumerate(run):
        wanted = sums[first] + columns - 1
        end = bisect_left(sums, wanted, first)
        # A record of one cell adds nothing to what follows it, which is looked at by itself.
        complete = len(record) > 1 and end < len(sums) and sums[end] == wanted
        if complete and places[end - 1] - places[first] < REACH:
            yield first, end


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
    shape, other_shape = _shape(cell), _shape(other)
    if not shape or not other_shape:
        return False
    return shape == other_shape or len(cell) == len(other) >= _TELLING


@lru_cache(256)
def _shape(cell: str) -> str:
    """In which order a code has letters and digits; empty for what doesn't look like a code."""
    if not cell.isascii() or _SPACE.search(cell) or not (_COMPOUND.search(cell) or cell == cell.upper()):
        return ""
    return _DIGITS.sub("0", _LETTERS.sub("a", _SEPARATORS.sub("", cell)))


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
