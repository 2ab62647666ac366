"""Shortens texts from outside for use in messages."""

from __future__ import annotations

from typing import Final

SHOWN_CHARS: Final = 80


def shortened(text: str, most: int = SHOWN_CHARS) -> str:
    """Returns the text's first ``most`` characters, with an ellipsis if there are more."""
    return text if len(text) <= most else text[:most] + "…"


def quoted(text: str) -> str:
    """Returns the shortened text in quotes, with unprintable characters escaped, for messages."""
    return repr(shortened(text))
