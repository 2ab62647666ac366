"""Finds objects that have a name twice. Decoders keep the last value of such a name, and say nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from product_importer_jsonlines.brackets import colons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def names_repeat(text: bytes, objects: Sequence[dict[str, object]]) -> bool:
    """Whether an object of the text has a name twice. ``objects``: what the text was decoded to.

    A name is followed by a colon, so there are more colons outside of strings than names were decoded.
    """
    names = sum(map(len, objects))
    if text.count(b":") == names:
        return False
    found = colons(text)
    return found != names and found != sum(map(_names_in, objects))


def _names_in(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_names_in, value.values()))
    return sum(map(_names_in, value)) if isinstance(value, list) else 0


def repeated_name(text: bytes) -> str:
    """Returns the first name that an object of the text has twice; blank if there is none."""
    repeated: list[str] = []

    def note(pairs: Iterable[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                repeated.append(name)
            seen.add(name)

    json.loads(text, object_pairs_hook=note, parse_int=str, parse_float=str)
    return repeated[0] if repeated else ""
