"""Finds columns by the words in their headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.fields import letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def by_alias(header: Sequence[str], aliases: Iterable[str], *, taken: Iterable[int]) -> int | None:
    """The place of the first alias in the header, case and punctuation ignored; skips ``taken`` places."""
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        if place not in taken:
            places.setdefault(letters(column), place)
    return next((places[word] for word in map(letters, aliases) if word in places), None)
