"""Finds the brackets and colons of a JSON text that stand outside of strings, with NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_QUOTE: Final = ord('"')
_COLON: Final = ord(":")
_BACKSLASH: Final = ord("\\")
_CASE: Final = 0x20
"""The bit in which ``[`` differs from ``{``, and ``]`` from ``}``."""


def brackets(text: bytes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Returns the places of the brackets, and after each of them how many are open.

    The text has to begin outside of a string.
    """
    places, steps, _ = brackets_from(text, inside=False)
    return places, np.cumsum(steps)


def brackets_from(text: bytes, *, inside: bool) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64], bool]:
    """Returns the places of the brackets, 1 or -1 for each one, and whether a string is open at the end.

    ``inside``: whether the text begins within a string. It may not begin or end within an escape.
    """
    data, within = _strings(text)
    if inside:
        within = ~within
    folded = data | _CASE
    opening = folded == ord("{")
    places = np.flatnonzero((opening | (folded == ord("}"))) & ~within)
    return places, np.where(opening[places], 1, -1), bool(within[-1:].any())


def colons(text: bytes) -> int:
    """Returns how many colons stand outside of strings. The text has to begin outside of a string."""
    data, inside = _strings(text)
    return int(np.count_nonzero((data == _COLON) & ~inside))


def nested_deeper(text: bytes, most: int) -> bool:
    """Whether more than ``most`` brackets are open somewhere in the text."""
    if text.count(b"{") + text.count(b"[") <= most:
        return False
    return bool(brackets(text)[1].max(initial=0) > most)


def _strings(text: bytes) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Returns the text's bytes, and which of them stand within a string."""
    data = np.frombuffer(text, np.uint8)
    quotes = data == _QUOTE
    if _BACKSLASH in text:
        quotes = _unescaped(data, quotes)
    return data, np.bitwise_xor.accumulate(quotes.view(np.uint8)).view(np.bool_)


def _unescaped(data: npt.NDArray[np.uint8], quotes: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Returns the quotes before which an even number of backslashes stands."""
    places = np.arange(len(data))
    others = np.maximum.accumulate(np.where(data != _BACKSLASH, places, -1))
    found = np.flatnonzero(quotes)
    before = np.where(found > 0, found - 1 - others[found - 1], 0)
    kept = np.zeros(len(data), np.bool_)
    kept[found[before % 2 == 0]] = True
    return kept
