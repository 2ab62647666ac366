"""Columns found by the words of their headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def by_alias(header: Sequence[str], aliases: Iterable[str], *, taken: Iterable[int]) -> int | None:
    """The place of the first alias that the header has, case and signs aside, but for places ``taken``."""
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        if place not in taken:
            places.setdefault(letters(column), place)
    return next((places[word] for word in map(letters, aliases) if word in places), None)


def letters(name: str) -> str:
    """The letters and digits of a header, in lower case: what aliases are compared by."""
    return "".join(filter(str.isalnum, name.casefold()))
