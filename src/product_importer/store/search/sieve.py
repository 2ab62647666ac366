"""What the search index is asked for, so that it brings few products besides those that have the texts.

It knows triples of letters (``pg_trgm``), and the more products have one, the longer it takes. A text has
dozens; a few of them, from each of its words, will do, as what the index brings is looked at anyway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SAMPLE: Final = 1_000
"""The size of the sample by which frequencies are estimated, in products."""

_LETTERS: Final = re.compile(r"[^\W_]{3,}|(?<= )[^\W_]{2}(?![^\W_])")
"""Of two letters the index knows where a word ends before them."""

_RARE: Final = SAMPLE // 100
"""What so many have is quickly asked for."""

_LOOKED_AT: Final = 400
"""The index goes through so many products that have some letters in the time that it takes to look at one."""

MOST: Final = 16
"""Letters that are considered of a text."""


@dataclass(frozen=True, slots=True)
class Letters:
    """A condition that a product meets if it has the text that these letters are of. ``word``: which one.
    ``columns``: in how many the index has to look for them.
    """

    condition: str
    word: int
    columns: int


def split(pattern: str) -> list[list[str]]:
    """The letters of each word in a pattern of LIKE, as few as cover it."""
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
    """Those that are worth asking for; ``have_each``: how many of a sample have them."""
    chosen: list[Letters] = []
    words = set()
    share = 1.0  # of all products, that the index brings
    for have, each in sorted(zip(have_each, letters, strict=True), key=lambda it: it[0]):
        if each.word in words:  # what has a word's rarest letters has mostly all of them
            if have <= _RARE:
                chosen.append(each)
            continue
        rate = min(1.0, (have + 0.5) / SAMPLE)
        if chosen and rate * each.columns > _LOOKED_AT * share * (1 - rate):  # it takes longer than it saves
            continue
        chosen.append(each)
        words.add(each.word)
        share *= rate
    return chosen
