"""Scores how likely a text is to be the text of a catalogue, by its characters beyond ASCII.

The score looks at letters and symbols only: a language's letters are likely, other letters are not; symbols
have usual places (``30 °C``, ``Widget™``); capitals don't follow small letters inside a word; a word is
written in one script; names hold no control characters and no box-drawing lines. All figures are logarithms
of probabilities, so those of several characters are added.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from product_importer.delimited.encodings.alphabets import ALPHABETS, STRANGE
from product_importer.delimited.encodings.scripts import chance_of, script_of

IMPOSSIBLE: Final = -25.0
_ODD: Final = -7.5
_CASE: Final = -7.0
_MIXED: Final = -8.5
_LONE: Final = -5.0
_LONE_USUAL: Final = -2.0
_AFTER_DEGREES: Final = ("", "C", "F", "K", '"')
_WORDS_OF_ONE_LETTER: Final = "àéèíáóåöìòùêоуавкисяіжй"
_A_WORD: Final = 1.0
_MOST_BY_WORDS: Final = 7.0

_SEPARATORS: Final = re.compile(r"[ \t\r\n;:|,]+")

_Fits: TypeAlias = Callable[[str, str], bool]


def _within_latin(before: str, after: str) -> bool:
    return (before.isalpha() and before.isascii()) or (after.isalpha() and after.isascii())


def _ends_word(before: str, after: str) -> bool:
    return before.isalpha() and not after.isalpha()


def _begins_word(before: str, after: str) -> bool:
    return not before.isalpha() and after.isalpha()


def _stands_alone(before: str, after: str) -> bool:
    return not before.isalpha() and not after.isalpha()


def _follows_figures(before: str, after: str) -> bool:
    return before.isdigit() and not after.isalpha()


def _anywhere(_before: str, _after: str) -> bool:
    return True


_SYMBOLS: Final[tuple[tuple[str, _Fits, float], ...]] = (
    ("\u00a0", lambda before, after: bool(before or after), -3.0),
    ("\u00a0", _anywhere, -7.0),
    ("’‘", _within_latin, -2.0),
    ("’‘", _anywhere, -6.5),
    ("°", lambda before, after: not before.isalpha() and after in _AFTER_DEGREES, -1.5),
    ("°", _anywhere, _ODD),
    ("²³½¼¾€£¥%‰″′×±", _follows_figures, -2.5),
    ("²³½¼¾€£¥%‰″′×±", lambda before, _: before.isdigit(), -4.0),
    ("®™©", _ends_word, -3.0),
    ("²³", lambda before, after: before in {"m", "M"} and not after.isalpha(), -3.0),
    ("²³ªº", _ends_word, -6.0),
    ("€£¥", lambda before, after: (after.isdigit() or not before) and not after.isalpha(), -2.5),
    ("“„«»›‹¿¡", _begins_word, -3.0),
    ("”“»›…", lambda _, after: not after.isalpha(), -3.0),
    ("–—", _stands_alone, -2.5),
    ("–—", _anywhere, -4.0),
    ("•·×±€£…®™©½¼¾№", _stands_alone, -3.5),
    ("·", lambda before, _: before in {"l", "L"}, -3.0),
)
"""Symbols, the places where they may stand, and the score of each there; the first match counts."""


class Reading:
    """A text made of words, one on each line, and its ``score``.

    ``language`` is the one whose letters fit best; ``only_symbols`` says that there are no letters,
    ``far_eastern`` that there are Chinese, Japanese or Korean ones. ``likely`` gives languages a score in
    advance.
    """

    def __init__(self, text: str, encoding: str, likely: Mapping[str, float]) -> None:
        self.text = text
        self.only_symbols, self.far_eastern = True, False
        letters: Counter[str] = Counter()
        fixed = 0.0
        for word in dict.fromkeys(_SEPARATORS.split(text)):
            for position, char in enumerate(word):
                if char.isascii():
                    continue
                before = word[position - 1] if position else ""
                after = word[position + 1 : position + 2]
                script = script_of(char)
                self.only_symbols = self.only_symbols and not script
                if script == "CJK":
                    self.far_eastern = True
                    fixed += chance_of(char, encoding)
                    latin = sum(other.isascii() and other.isalpha() for other in (before, after))
                    lone = "｡" <= char <= "ﾟ" and "CJK" not in map(script_of, (before, after))
                    fixed += -2.5 * latin - 4.0 * lone
                elif script:
                    lower = char.lower() if char != "İ" else "ı"
                    letters[lower] += 1
                    fixed += _place_of_letter(char, script, before, after, word)
                else:
                    fixed += _place_of_symbol(char, before, after)
        best, self.language = max(
            (
                # Words of ASCII letters say nothing about a text in another script.
                likely.get(each.language, 0.0) * (not self.far_eastern)
                + sum(count * each.chances.get(letter, STRANGE) for letter, count in letters.items()),
                each.language,
            )
            for each in ALPHABETS
        )
        self.score = fixed + best

    @property
    def words(self) -> list[str]:
        """The words of the text that have characters beyond ASCII."""
        return [word for word in _SEPARATORS.split(self.text) if not word.isascii()]


def likely_languages(words: Iterable[bytes]) -> dict[str, float]:
    """Scores languages by how many of their common words (ASCII, in lower case) are among ``words``."""
    found = {each.language: sum(word in each.words for word in words) for each in ALPHABETS}
    return {language: min(_A_WORD * count, _MOST_BY_WORDS) for language, count in found.items() if count}


def _place_of_letter(char: str, script: str, before: str, after: str, word: str) -> float:
    cost = 0.0
    if script == "MARK":
        own = before.isalpha() and (not before.isascii() or unicodedata.name(char).startswith("COMBINING"))
        return 0.0 if own or unicodedata.category(before or " ")[0] == "M" else _MIXED
    for other in (before, after):
        if other and other.isalpha() and other.isascii() and script != "LATIN":
            cost += _MIXED
        elif other and not other.isascii() and other.isalpha():
            theirs = script_of(other)
            if theirs not in (script, "MARK", ""):
                cost += _MIXED / 2
        elif other.isdigit():
            cost += -2.0
    if (char.isupper() and before.islower()) or (char.islower() and before.isupper() and after.isupper()):
        cost += _CASE
    elif char.isupper() and before.isupper() and after.islower() and len(word) > 2:
        cost += _CASE / 2
    if not before.isalpha() and not after.isalpha() and unicodedata.category(after or " ")[0] != "M":
        cost += _LONE_USUAL if char in _WORDS_OF_ONE_LETTER else _LONE
    return cost


def _place_of_symbol(char: str, before: str, after: str) -> float:
    """The score of a symbol in its place; ``before`` and ``after``: the characters beside it, or ``""``."""
    category = unicodedata.category(char)
    if category in {"Cc", "Cn", "Co", "Cs"} or char == "\ufffd":
        return IMPOSSIBLE
    if category == "Cf":
        return -6.0
    for chars, fits, chance in _SYMBOLS:
        if char in chars and fits(before, after):
            return chance
    box = "─" <= char <= "▟"
    inside_word = before.isalpha() and after.isalpha()
    return _ODD - 3.0 * box - 2.0 * inside_word
