"""Keeps secrets out of the log of deliveries."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Final

HIDDEN: Final = "(hidden)"

_SECRET_HEADERS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authenticate",
        "proxy-authorization",
        "set-cookie",
        "webhook-signature",
        "www-authenticate",
    }
)
_SHORTEST: Final = 4
"""Minimum length of a secret that is searched for: a shorter one would match in half of every response."""


class Secrets:
    """The secrets of one request, which the log must not show.

    ``given``: the headers that the user added; all their values count as secrets. ``sent``: all headers.
    ``keys``: the keys that the request is signed with.
    """

    def __init__(self, given: Mapping[str, str], sent: Mapping[str, str], keys: Iterable[bytes]) -> None:
        self._names = _SECRET_HEADERS | {name.lower() for name in given}
        values = [*given.values(), *(value.partition(" ")[2] for value in given.values())]
        values += sent.get("webhook-signature", "").replace(",", " ").split()
        values += (base64.b64encode(key).decode() for key in keys)
        self._values = _longest_first({form for value in values for form in (value, json.dumps(value)[1:-1])})

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Returns the headers with their secrets hidden."""
        return {
            name: HIDDEN if name.lower() in self._names else self.struck(value) for name, value in headers
        }

    def struck(self, text: str) -> str:
        """Returns the text with all secrets hidden."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return text


def _longest_first(values: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True))
