"""How likely a text is as the text of a catalogue, by its characters beyond ASCII.

Pure judgement by letters: a language's letters are likely, another's are not; symbols stand where symbols
stand (``30 °C``, ``Widget™``); small letters aren't followed by capitals inside a word; a word is written in
one script; nobody writes control characters or lines of boxes into names. All figures are logarithms of
chances, so those of several characters are added.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from product_importer.encodings.alphabets import ALPHABETS, STRANGE

IMPOSSIBLE: Final = -25.0
_ODD: Final = -7.5
_CASE: Final = -7.0
_MIXED: Final = -8.5
_LONE: Final = -5.0
_LONE_USUAL: Final = -2.0
_WORDS_OF_ONE_LETTER: Final = "àéèíáóåöìòùêоуавкисяіжй"
_A_WORD: Final = 1.0
_MOST_BY_WORDS: Final = 7.0

_SEPARATORS: Final = re.compile(r"[\s;:|,]+")
_CJK: Final = ("HIRAGANA", "KATAKANA", "CJK", "HANGUL", "IDEOGRAPHIC")
_AFTER_FIGURES: Final = "°²³½¼¾€£¥%‰″′×±"
_AFTER_WORDS: Final = "®™©²³ªº"
_ALONE: Final = "–—•·×±€£…®™©½¼¾№°"
_OPENING: Final = "“„«‘‚»›‹¿¡("
_CLOSING: Final = "”“»’‘…›"
_PUNCTUATION: Final = "、。「」『』・，．：；（）！？【】《》～％￥ー々〇"


class Reading:
    """A text made of words, one on each line, and its ``score``.

    ``language`` is the one whose letters fit best; ``only_symbols`` says that there are no letters. ``likely`` says of languages how much speaks for them
    already.
    """

    def __init__(self, text: str, encoding: str, likely: Mapping[str, float]) -> None:
        self.text = text
        self.only_symbols = True
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
                    fixed += _cjk_chance(char, encoding)
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
                likely.get(each.language, 0.0)
                + sum(count * each.chances.get(letter, STRANGE) for letter, count in letters.items()),
                each.language,
            )
            for each in ALPHABETS
        )
        self.score = fixed + best


def likely_languages(words: Iterable[bytes]) -> dict[str, float]:
    """How much common words of ASCII letters, each in lower case, speak for the languages that have them."""
    found = {each.language: sum(word in each.words for word in words) for each in ALPHABETS}
    return {language: min(_A_WORD * count, _MOST_BY_WORDS) for language, count in found.items() if count}


@lru_cache(maxsize=65_536)
def script_of(char: str) -> str:
    """The first word of a letter's Unicode name, such as LATIN; nothing for what is no letter."""
    if not char:
        return ""
    category = unicodedata.category(char)
    name = unicodedata.name(char, "")
    if name.startswith(_CJK) or char in _PUNCTUATION:
        return "CJK"
    if name.startswith(("FULLWIDTH", "HALFWIDTH")):
        return "CJK"
    if category[0] == "M":
        return "MARK"
    return name.split(" ")[0] if category[0] == "L" and char not in "ªº" else ""


@lru_cache(maxsize=65_536)
def _cjk_chance(char: str, encoding: str) -> float:
    """By whether the character is among those that its encoding's makers thought usual."""
    name = unicodedata.name(char, "")
    try:
        data = char.encode(encoding)
    except UnicodeEncodeError:
        return -14.0
    if char in _PUNCTUATION:
        return -4.5
    kana = name.startswith(("HIRAGANA", "KATAKANA"))
    match encoding:
        case "cp932" | "euc_jis_2004" | "euc_jp":
            if kana:
                return -3.5
            if name.startswith("HALFWIDTH"):
                return -6.0
            return _by_lead(char, "cp932", 0x88, 0x97, -6.0)
        case "cp949":
            if name.startswith("HANGUL"):
                return _by_lead(char, "euc_kr", 0xB0, 0xC8, -5.5)
            return -11.0
        case "big5":
            return -11.0 if kana else _by_lead(char, "big5", 0xA4, 0xC6, -6.5)
        case _:
            if kana or name.startswith("HANGUL") or len(data) != 2:
                return -11.0
            return _by_lead(char, "gb2312", 0xB0, 0xD7, -6.5)


def _by_lead(char: str, encoding: str, first: int, last: int, chance: float) -> float:
    try:
        lead = char.encode(encoding)[0]
    except UnicodeEncodeError:
        return -14.0
    return chance if first <= lead <= last else -11.0


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
    if char.isupper() and before.islower():
        cost += _CASE
    elif char.islower() and before.isupper() and after.isupper():
        cost += _CASE
    elif char.isupper() and before.isupper() and after.islower() and len(word) > 2:
        cost += _CASE / 2
    if not before.isalpha() and not after.isalpha() and unicodedata.category(after or " ")[0] != "M":
        cost += _LONE_USUAL if char in _WORDS_OF_ONE_LETTER else _LONE
    return cost


def _place_of_symbol(char: str, before: str, after: str) -> float:
    """How likely a symbol is where it stands; before and after it there is blank, or a mark, as ``""``."""
    category = unicodedata.category(char)
    if category in ("Cc", "Cn", "Co", "Cs") or char == "\ufffd":
        return IMPOSSIBLE
    figures, letter, ended = before.isdigit(), before.isalpha(), not after.isalpha()
    if char == "\u00a0":
        return -2.5
    if char == "\u00ad" or category == "Cf":
        return -6.0
    if char == "’" or char == "‘":
        return -2.0 if letter and before.isascii() or not ended and after.isascii() else -6.5
    if char == "°":
        return -1.5 if after in ("", "C", "F", ",", ";", '"', "K") and not letter else _ODD
    if char in _AFTER_FIGURES and figures:
        return -2.5 if ended else -4.0
    if char in _AFTER_WORDS and letter and ended:
        return -3.0 if char in "®™©" or char in "²³" and before in "mM" else -6.0
    if char in "€£¥" and (after.isdigit() or not before) and not after.isalpha():
        return -2.5
    if char in _OPENING and not letter and not ended:
        return -3.0
    if char in _CLOSING and ended:
        return -3.0
    if char in "–—" and not letter and ended:
        return -2.5
    if char in "–—":
        return -4.0
    if char in _ALONE and not letter and ended:
        return -3.5
    if char == "·" and before in ("l", "L"):
        return -3.0
    box = "─" <= char <= "▟"
    return _ODD - 3.0 * box - 2.0 * (letter and not ended)
