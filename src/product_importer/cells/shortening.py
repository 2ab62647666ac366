"""Texts that come from outside, as messages quote them: never at any length."""

from __future__ import annotations

from typing import Final

SHOWN_CHARS: Final = 80


def shortened(text: str, most: int = SHOWN_CHARS) -> str:
    """The text's first ``most`` characters, with an ellipsis where there are more."""
    return text if len(text) <= most else text[:most] + "…"


def quoted(text: str) -> str:
    """The text in quotes, what can't be printed escaped, as messages quote what they refuse."""
    return repr(shortened(text))
