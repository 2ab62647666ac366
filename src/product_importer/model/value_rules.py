"""The rules by which the cells of one column are read, as people write them and as a record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from product_importer.model.profile import DecimalSign

_DECIMAL_SIGNS: Final[dict[str, DecimalSign]] = {"point": "point", "comma": "comma"}
_CURRENCY: Final = re.compile(r"[A-Z]{3}|kr|Rs|[^\W\d_]{0,2}[$€£¥₹₽₺₩₴₫฿₪₱₦]")
_WORDS: Final = ("yes", "no", "blank")
_EXAMPLE: Final = '"comma; EUR; blank: NULL, -" or "yes: in stock; no: sold out"'


@dataclass(frozen=True, slots=True)
class ValueRule:
    """How the cells of one column are read.

    ``decimal``: the sign before the decimals; ``currency``: the code or the sign of the currency that the
    prices may carry. ``yes`` and ``no``: the words, in any case, that say whether a product is active.
    ``blank``: the words, in any case, that stand for a blank cell.
    """

    decimal: DecimalSign | None = None
    currency: str | None = None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> ValueRule:
        """Returns the rule that a text such as ``comma; EUR; blank: NULL, -`` states.

        Raises :class:`ValueError` with a sentence that says what is wrong.
        """
        decimal: DecimalSign | None = None
        currency = None
        words: dict[str, tuple[str, ...]] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, colon, listed = part.partition(":")
            kind = name.strip().lower()
            if colon and kind in _WORDS and kind not in words:
                words[kind] = words_of(listed)
            elif kind in _DECIMAL_SIGNS and not colon and decimal is None:
                decimal = _DECIMAL_SIGNS[kind]
            elif _CURRENCY.fullmatch(part) and currency is None:
                currency = part
            else:
                raise ValueError(f"A rule can't say {part!r}. Write it like {_EXAMPLE}.")
        rule = cls(decimal, currency, **words)
        if rule == cls():
            raise ValueError(f"The rule says nothing. Write it like {_EXAMPLE}.")
        if both := {word.lower() for word in rule.yes} & {word.lower() for word in rule.no}:
            raise ValueError(f"The rule says that {min(both)!r} means yes and no. Name it once.")
        return rule

    def __str__(self) -> str:
        return "; ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        if self.decimal:
            yield self.decimal
        if self.currency:
            yield self.currency
        for name in _WORDS:
            if words := getattr(self, name):
                yield f"{name}: {', '.join(words)}"

    @property
    def words(self) -> str:
        """The rule as the end of a sentence that begins with the column's name and a colon."""
        return ", ".join(self._described())

    def _described(self) -> Iterator[str]:
        if self.decimal:
            yield f"numbers with a decimal {self.decimal}"
        if self.currency:
            yield f"prices in {self.currency}"
        if self.yes:
            yield f"{_either(self.yes)} read as yes"
        if self.no:
            yield f"{_either(self.no)} read as no"
        if self.blank:
            yield f"{_either(self.blank)} read as a blank cell"


def words_of(text: str) -> tuple[str, ...]:
    """Returns the words of a list whose members are separated by commas."""
    return tuple(word for word in (word.strip() for word in text.split(",")) if word)


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)
