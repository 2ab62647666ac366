"""Finds columns by the words in their headers."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from product_importer.cells.headers import heading
from product_importer.fields import letters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from product_importer.cells.headers.remarks import Heading


def headings_of(header: Sequence[str]) -> dict[int, Heading]:
    """Place → what the column's header names, for the columns whose header names a field."""
    return {place: found for place, column in enumerate(header) if (found := heading(column)) is not None}


def best(field: str, headings: Mapping[int, Heading], *, out: Collection[int], variant: bool) -> int | None:
    """The place of the column that names the field best; None if none does, or several do equally well.

    ``out``: places that are not considered; ``variant``: whether words for a variant's value come first.
    A header without remarks goes before the same word with remarks, and of equal headers the left one wins.
    Columns whose headers differ in their remarks only, such as two currencies, are not taken.
    """
    for alike in _alike(field, headings, out, variant=variant):
        bare = [place for place in alike if not headings[place].remarks]
        if bare or len({headings[place].remarks for place in alike}) == 1:
            return (bare or alike)[0]
    return None


def first_alike(
    field: str, headings: Mapping[int, Heading], *, out: Collection[int], variant: bool
) -> Sequence[int]:
    """The places of the columns that name the field best, if several do; the parameters are those of
    :func:`best`.
    """
    return next(_alike(field, headings, out, variant=variant), [])


def _alike(
    field: str, headings: Mapping[int, Heading], out: Collection[int], *, variant: bool
) -> Iterator[list[int]]:
    """Yields the places of columns that name the field equally well, the best ones first."""

    def rank(place: int) -> int:
        found = headings[place]
        return -1 if variant and found.word.startswith("variant") else found.named.rank

    places = [place for place, found in headings.items() if found.named.field == field and place not in out]
    for _, group in groupby(sorted(places, key=lambda place: (rank(place), place)), key=rank):
        yield list(group)


def currency_of(column: str) -> str | None:
    """The currency that a price's header names, as a code or a sign."""
    found = heading(column)
    return None if found is None else found.currency


def by_words(header: Sequence[str], words: Iterable[str], *, taken: Collection[int]) -> int | None:
    """The place of the first of the words in the header, case and punctuation ignored; skips ``taken``."""
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        if place not in taken:
            places.setdefault(letters(column), place)
    return next((places[word] for word in map(letters, words) if word in places), None)
