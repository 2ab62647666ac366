"""Converts prices as people write them: finds those that are exact, and names what is wrong with the others.

A price is a decimal number, zero or more, of at most 15 digits before the decimals and 4 decimals (further
zeros are allowed). In a file it may have separators between the thousands and a currency, as far as its
column's :class:`Notation` says. Whatever isn't certain is refused rather than guessed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.currencies import amounts, is_same
from product_importer.pipeline.number_spellings import respelled
from product_importer.pipeline.numbers import (
    INDIAN,
    NO_FILE,
    Notation,
    NumberSigns,
    count,
    null_words,
    points,
    shown,
    swapped,
    without_spaces,
)
from product_importer.pipeline.price_flaws import diagnose
from product_importer.pipeline.text import any_true, trimmed
from product_importer.ports import Finding

PRICE_TYPE = pa.decimal128(19, 4)

# The patterns are RE2's, thus linear in time. _CERTAIN excludes three decimals after one to three digits.
_CERTAIN: Final = (
    r"^\+?(?:[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{4}0{0,6})?)?"
    r"|(?:0[0-9]{0,14}|[0-9]{4,15})\.[0-9]{3}|\.[0-9]{1,4}0{0,6})$"
)
_GROUPED: Final = r"^\+?[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){1,4}\.[0-9]{0,4}0{0,6}|(?:,[0-9]{3}){2,4})$"
_IF_SURE: Final = r"^\+?[1-9][0-9]{0,2}[.,][0-9]{3}$"
_NUMBER: Final = r"\p{Nd}"


class Prices(NamedTuple):
    """The prices (:data:`PRICE_TYPE`) of cells; null for blank cells and for those that a finding names.

    ``currencies``: the code or the sign that a price carries; None if no price of the cells carries one.
    """

    values: pa.Decimal128Array
    findings: list[Finding]
    signs: NumberSigns
    currencies: pa.StringArray | None = None


class _Odd(NamedTuple):
    """Cells that aren't plain numbers: ``read`` as numbers with a point, null where they can't be read;
    ``nothing``: whether they are read as blank; ``seen``: the cells as flaws are found in them.
    """

    read: pa.StringArray
    nothing: pa.BooleanArray
    seen: pa.StringArray
    currencies: pa.StringArray
    signs: NumberSigns


def to_price(cells: pa.StringArray, notation: Notation = NO_FILE) -> Prices:
    """Reads cells as prices, in the given notation."""
    text = trimmed(cells)
    comma = notation.decimal == "comma"
    plain = swapped(text) if comma else text
    certain = pc.match_substring_regex(plain, _CERTAIN)
    filled = len(text) - text.null_count
    wrong = pc.fill_null(pc.invert(certain), False)
    if not any_true(wrong):
        return Prices(pc.cast(plain, PRICE_TYPE), [], _signs(filled, plain, comma=comma))
    signs = _signs(filled, plain.filter(pc.fill_null(certain, False)), comma=comma)
    odd = _read(text.filter(wrong), notation)
    plain = pc.replace_with_mask(plain, wrong, odd.read)
    currencies = None
    if odd.currencies.null_count < len(odd.currencies):
        currencies = pc.replace_with_mask(pa.nulls(len(text), pa.string()), wrong, odd.currencies)
    unread = pc.and_(pc.is_null(odd.read), pc.invert(odd.nothing))
    findings = []
    if any_true(unread):
        findings = diagnose(odd.seen.filter(unread), pc.replace_with_mask(wrong, wrong, unread), notation)
    signs += odd.signs.at(np.flatnonzero(wrong.to_numpy(zero_copy_only=False)))
    return Prices(pc.cast(plain, PRICE_TYPE), findings, signs, currencies)


def _signs(filled: int, certain: pa.StringArray, *, comma: bool) -> NumberSigns:
    """The signs of cells that are certain, beside the number of all cells that aren't blank."""
    decimals = points(certain)
    return NumberSigns(
        cells=filled, fitting=filled, point=0 if comma else decimals, comma=decimals if comma else 0
    )


def _read(values: pa.StringArray, notation: Notation) -> _Odd:
    """Reads cells that aren't plain numbers: with separators, currencies, or no number at all."""
    nothing = null_words(values)
    found = amounts(respelled(values))
    numbers, spaced = without_spaces(found.numbers)
    signs = replace(
        shown(numbers),
        fitting=count(pc.match_substring_regex(values, _NUMBER)) - len(values),
        grouped=count(pc.or_(spaced, pc.match_substring_regex(numbers, r",[0-9]+[.,]|\.[0-9]+[.,]"))),
        nothing=count(nothing),
        words=frozenset(values.filter(nothing).unique().to_pylist()) if any_true(nothing) else frozenset(),
        currencies=frozenset(found.currencies.drop_null().unique().to_pylist()),
    )
    if notation.decimal is None:
        unread = pa.nulls(len(values), pa.string())
        return _Odd(unread, pa.repeat(False, len(values)), values, unread, signs)
    fits = pc.is_null(found.currencies)
    if notation.currency:
        fits = pc.fill_null(is_same(found.currencies, notation.currency), True)
    elif notation.currencies:
        fits = pa.repeat(True, len(values))
    seen = pc.if_else(fits, numbers, values)
    if notation.decimal == "comma":
        seen = swapped(seen)
    clear = pc.or_(pc.match_substring_regex(seen, _CERTAIN), pc.match_substring_regex(seen, _GROUPED))
    if notation.sure:
        clear = pc.or_(clear, pc.match_substring_regex(seen, _IF_SURE))
    if notation.decimal == "point":
        clear = pc.or_(clear, pc.match_substring_regex(seen, INDIAN))
    read = pc.if_else(clear, pc.replace_substring(seen, ",", ""), None)
    currencies = pc.if_else(clear, notation.currency or found.currencies, None)
    currencies = pc.if_else(pc.is_valid(found.currencies), currencies, None)
    if not notation.nothing:
        nothing = pa.repeat(False, len(values))
    return _Odd(read, nothing, seen, currencies, signs)


def may_be_prices(cells: pa.StringArray) -> NumberSigns:
    """Counts the cells that aren't blank, and those of them that may be numbers in some notation."""
    text = trimmed(cells)
    return NumberSigns(
        cells=len(text) - text.null_count, fitting=count(pc.match_substring_regex(text, _NUMBER))
    )
