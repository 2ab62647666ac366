"""Compares names of columns and attributes: without differences of case and of Unicode's canonical normal
forms.

Compatibility forms stay different: ``m²`` and ``m2`` look different, and people mean different things by
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from unicodedata import normalize


def folded(name: str) -> str:
    """Returns a form that two names share if they are the same name."""
    if name.isascii():
        return name.lower()
    return normalize("NFC", normalize("NFD", name).casefold())


def settled(names: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """Returns the names as the catalogue writes them; ``known`` gives those by their folded forms.

    If several of the names are the same one, they stay as they are: their difference is deliberate.
    """
    folds = [folded(name) for name in names]
    often = Counter(folds)
    return [
        known.get(fold, name) if often[fold] == 1 else name for name, fold in zip(names, folds, strict=True)
    ]
