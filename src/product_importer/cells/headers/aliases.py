"""Which field a word in a header names, in any of the languages, and which word goes before which."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from product_importer.cells.headers.languages import LANGUAGES, WITH_ACCENTS_ONLY
from product_importer.fields import PRODUCT, letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNACCENTED: Final = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})


class Named(NamedTuple):
    """A field that a word names. Of several words of a field, the one with the lowest ``rank`` wins.

    ``lesser``: the word is taken only if no other word names the field. ``english``: it is in the list of
    English words, whose order says which one wins.
    """

    field: str
    rank: int
    lesser: bool
    english: bool


def named(word: str) -> Named | None:
    """The field that the word names; the word is given as ``letters`` of the fields returns it."""
    table = _table()
    return table.get(word) or (None if word.isascii() else table.get(unaccented(word)))


def names(language: str, field: str) -> tuple[str, ...]:
    """The field's names in a language, by its English name, in their order."""
    (found,) = (each for each in LANGUAGES if each.name == language)
    return tuple(word for part in _parts(found.names_of(field)) for word in part)


def unaccented(word: str) -> str:
    """The word without accents, as people write it on a keyboard that has none."""
    decomposed = unicodedata.normalize("NFKD", word.translate(_UNACCENTED))
    return "".join(filter(str.isalnum, decomposed))


@cache
def _table() -> Mapping[str, Named]:
    """Word → field. It is made when the first header is read, not when the program starts."""
    table: dict[str, Named] = {}
    for field in PRODUCT:
        for rank, (word, lesser) in enumerate(_ranked(field.name, field.aliases, field.lesser)):
            for form in _forms(word):
                table.setdefault(form, Named(field.name, rank, lesser, english=word in field.aliases))
    return table


def _forms(word: str) -> Iterator[str]:
    exact = letters(word)
    yield exact
    if (plain := unaccented(exact)) not in WITH_ACCENTS_ONLY:
        yield plain


def _ranked(field: str, english: tuple[str, ...], lesser: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """The field's words in their order: the lesser ones of all languages come last."""
    others = [_parts(language.names_of(field)) for language in LANGUAGES] if english else []
    yield from ((word, False) for word in english if word not in lesser)
    yield from ((word, False) for main, _ in others for word in main)
    yield from ((word, True) for word in english if word in lesser)
    yield from ((word, True) for _, rest in others for word in rest)


def _parts(words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    main, _, rest = words.partition("|")
    return _split(main), _split(rest)


def _split(words: str) -> tuple[str, ...]:
    return tuple(word for part in words.split(";") if (word := part.strip()))
