"""Decides which texts can be stored; every input is checked by this rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TextFlaw:
    """Why a text can't be stored: a stable code, and a sentence for people."""

    code: str
    message: str


_NUL: Final = TextFlaw("nul_character", "The text holds a NUL character, which can't be stored. Remove it.")
_HALF: Final = TextFlaw("not_text", "The text holds half a character (a surrogate). Type it anew.")


def text_flaw(text: str) -> TextFlaw | None:
    """Returns the reason why PostgreSQL can't store the text; None if it can."""
    if "\0" in text:
        return _NUL
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return _HALF
    return None
