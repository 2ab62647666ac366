"""When two names of columns or attributes are the same name: in any case, and in any normal form of Unicode.

Not in compatibility forms: ``m²`` and ``m2`` look different, and people mean different things by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from unicodedata import normalize


def folded(name: str) -> str:
    """A form that two names share if they are the same name."""
    if name.isascii():
        return name.lower()
    return normalize("NFC", normalize("NFD", name).casefold())


def settled(names: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """The names as the catalogue writes them. ``known``: by their folded forms.

    Several names that are the same one are left as they are: somebody tells them apart on purpose.
    """
    folds = [folded(name) for name in names]
    often = Counter(folds)
    return [
        known.get(fold, name) if often[fold] == 1 else name for name, fold in zip(names, folds, strict=True)
    ]
