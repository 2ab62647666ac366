"""Finds the script of a character, and scores how usual a far eastern character is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from product_importer.delimited.encodings.alphabets import COMMON_HANGUL

_CJK: Final = ("HIRAGANA", "KATAKANA", "CJK", "HANGUL", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")
_PUNCTUATION: Final = "、。「」『』・，．：；（）！？【】《》～％￥ー々〇"
_LEAST_LETTERS: Final = 2
_UNUSUAL: Final = -11.0
_UNKNOWN: Final = -14.0


@lru_cache(maxsize=65_536)
def script_of(char: str) -> str:
    """The script of a letter, such as LATIN; CJK for all far eastern ones; MARK for a combining mark; empty
    for a character that is no letter.
    """
    if not char:
        return ""
    name = unicodedata.name(char, "")
    if name.startswith(_CJK) or char in _PUNCTUATION:
        return "CJK"
    category = unicodedata.category(char)[0]
    if category == "M":
        return "MARK"
    return name.split(" ")[0] if category == "L" and char not in "ªº" else ""


def sole_script(words: Iterable[str]) -> str:
    """The one script other than Latin in which all of these words are written, each of at least two letters;
    empty if there is none. Kana and the ideographs among them count as one script.
    """
    scripts = set()
    for word in words:
        letters = {_own_script(char) for char in word} - {"MARK"}
        scripts |= {"KANA"} if letters == {"KANA", "IDEOGRAPHS"} else letters
        if len(word) < _LEAST_LETTERS:
            return ""
    return scripts.pop() if len(scripts) == 1 and not scripts & {"LATIN", ""} else ""


def _own_script(char: str) -> str:
    script = script_of(char)
    if script != "CJK":
        return script
    name = unicodedata.name(char).removeprefix("HALFWIDTH ")
    if name.startswith(("HIRAGANA", "KATAKANA")):
        return "KANA"
    return {"HANGUL": "HANGUL", "CJK": "IDEOGRAPHS"}.get(name.split(" ")[0], "")


@lru_cache(maxsize=65_536)
def chance_of(char: str, encoding: str) -> float:
    """Logarithm of the probability of a Chinese, Japanese or Korean character in its encoding. It depends on
    whether the encoding's standard puts the character among the usual ones.
    """
    if char in _PUNCTUATION:
        return -4.5
    name = unicodedata.name(char, "")
    match encoding:
        case "cp932" | "euc_jp":
            return _japanese(char, name)
        case "cp949":
            return _korean(char, name)
        case _:
            return _chinese(char, name, encoding)


def _japanese(char: str, name: str) -> float:
    if name.startswith(("HIRAGANA", "KATAKANA")):
        return -3.5
    return -6.0 if name.startswith("HALFWIDTH") else _by_lead(char, "cp932", (0x88, 0x97), -6.0)


def _korean(char: str, name: str) -> float:
    if char in COMMON_HANGUL:
        return -5.0
    return _by_lead(char, "euc_kr", (0xB0, 0xC8), -8.0) if name.startswith("HANGUL") else _UNUSUAL


def _chinese(char: str, name: str, encoding: str) -> float:
    if not name.startswith("CJK"):
        return _UNUSUAL
    usual = {"big5": (0xA4, 0xC6)}.get(encoding, (0xB0, 0xD7))
    return _by_lead(char, "big5" if encoding == "big5" else "gb2312", usual, -6.5)


def _by_lead(char: str, encoding: str, usual: tuple[int, int], chance: float) -> float:
    try:
        lead = char.encode(encoding)[0]
    except UnicodeEncodeError:
        return _UNKNOWN
    return chance if usual[0] <= lead <= usual[1] else _UNUSUAL
