"""Chooses the letters that the search index is queried with, so that it brings few false candidates.

The index (``pg_trgm``) holds trigrams; the more products have a trigram, the longer its query takes. A text
has dozens of trigrams. A few of each word are enough, as the candidates are filtered anyway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SAMPLE: Final = 1_000
"""The size of the sample by which frequencies are estimated, in products."""

_LETTERS: Final = re.compile(r"[^\W_]{3,}|(?<= )[^\W_]{2}(?![^\W_])")
"""Matches three or more letters, or two letters after a space: with the space, they make a trigram, too."""

_RARE: Final = SAMPLE // 100
"""Letters that at most this many products of the sample have are quick to query."""

_LOOKED_AT: Final = 400
"""The number of index entries that the index scans in the time that it takes to filter one candidate."""

MOST: Final = 16
"""Maximum number of letters of a text that are considered."""


@dataclass(frozen=True, slots=True)
class Letters:
    """A condition that every product with a certain text meets: it has these letters. ``word``: the number of
    the word that they come from. ``columns``: the number of columns that the index must be queried for.
    """

    condition: str
    word: int
    columns: int


def split(pattern: str) -> list[list[str]]:
    """Returns the trigrams of each word in a LIKE pattern: as few as cover the word."""
    words = []
    for found in _LETTERS.finditer(pattern):
        letters, start = found[0], found.start()
        if len(letters) == 2:
            words.append([pattern[start - 1 : start + 2]])
        else:
            starts = sorted({*range(0, len(letters) - 2, 3), len(letters) - 3})
            words.append([letters[at : at + 3] for at in starts])
    return words


def choose(letters: Sequence[Letters], have_each: Sequence[int]) -> list[Letters]:
    """Returns the letters that are worth querying; ``have_each``: how many products of a sample have each."""
    chosen: list[Letters] = []
    words = set()
    share = 1.0  # of all products, the part that the index brings
    for have, each in sorted(zip(have_each, letters, strict=True), key=lambda it: it[0]):
        if each.word in words:  # a product with the rarest letters of a word mostly has all of them
            if have <= _RARE:
                chosen.append(each)
            continue
        rate = min(1.0, (have + 0.5) / SAMPLE)
        if chosen and rate * each.columns > _LOOKED_AT * share * (1 - rate):  # costs more than it saves
            continue
        chosen.append(each)
        words.add(each.word)
        share *= rate
    return chosen
