"""Prices as people write them: which ones are exact, and what is wrong with the others.

A price is a plain decimal number, zero or more, of at most 15 digits before the point and 4 after it (zeros
after those do no harm). Anything else is refused rather than guessed at: ``1,299`` is a little more than one
in one country and more than a thousand in another.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true, trimmed
from product_importer.ports import Finding

PRICE_TYPE = pa.decimal128(19, 4)

_PLAIN = r"^\+?(?:[0-9]{1,15}(?:\.[0-9]{0,4}0{0,6})?|\.[0-9]{1,4}0{0,6})$"
_ADVICE = "Write a plain number such as 1299.50."


@dataclass(frozen=True, slots=True)
class _Flaw:
    code: str
    pattern: str
    message: str


# The first that fits names the flaw; the last fits everything. The patterns are RE2's, thus linear in time.
_FLAWS = (
    _Flaw(
        "price_negative",
        r"^\p{Sc}?\s?[-−–]\s?\p{Sc}?\s?[0-9.,]*[0-9]$|^[0-9]+(?:[.,][0-9]+)?\s?-$|^\(\p{Sc}?[0-9.,]*[0-9]\)$",
        f"The price is below zero. {_ADVICE}",
    ),
    _Flaw(
        "price_exponent",
        r"^[-+]?[0-9]+(?:[.,][0-9]*)?[eE][-+]?[0-9]+$",
        "The price is in scientific notation, as spreadsheets write long numbers, so digits may be lost. "
        "Format the column as a number with decimals and export the file again.",
    ),
    _Flaw(
        "price_currency",
        r"[0-9].*\p{Sc}|\p{Sc}.*[0-9]|^[A-Z]{3}\s?[0-9][0-9., ]*$|^[0-9][0-9., ]*\s?[A-Z]{3}$",
        f"The price carries a currency. {_ADVICE}",
    ),
    _Flaw(
        "price_thousands_separator",
        r"^[1-9][0-9]{0,2}(?:(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?|(?:\.[0-9]{3})+,[0-9]*|(?:\.[0-9]{3}){2,}"
        r"|(?:[\p{Zs}'’][0-9]{3})+(?:[.,][0-9]*)?)$",
        f"The price has separators between the thousands. {_ADVICE}",
    ),
    _Flaw(
        "price_decimal_comma",
        r"^[0-9]*,[0-9]+$",
        f"The price has a comma where the decimal point belongs. {_ADVICE}",
    ),
    _Flaw(
        "price_too_many_decimals",
        r"^[0-9]*\.[0-9]{5,}$",
        "The price has more than 4 decimals. Round it to at most 4.",
    ),
    _Flaw(
        "price_too_large",
        r"^[0-9]{16,}(?:\.[0-9]*)?$",
        "The price has more than 15 digits before the decimal point. Correct it.",
    ),
    _Flaw("price_not_a_number", "", f"The price isn't a number. {_ADVICE}"),
)


def to_price(cells: pa.StringArray) -> tuple[pa.Decimal128Array, list[Finding]]:
    """Prices (:data:`PRICE_TYPE`) of cells; null where blank, and where a finding says why not."""
    text = trimmed(cells)
    wrong = pc.fill_null(pc.invert(pc.match_substring_regex(text, _PLAIN)), False)
    if not any_true(wrong):
        return pc.cast(text, PRICE_TYPE), []
    return pc.cast(pc.if_else(wrong, None, text), PRICE_TYPE), _diagnose(text, wrong)


def _diagnose(text: pa.StringArray, wrong: pa.BooleanArray) -> list[Finding]:
    values = text.filter(wrong)
    unexplained = pa.repeat(True, len(values))
    findings = []
    for flaw in _FLAWS:
        found = pc.and_(unexplained, pc.match_substring_regex(values, flaw.pattern))
        if any_true(found):
            rows = pc.replace_with_mask(wrong, wrong, found)
            findings.append(Finding("price", flaw.code, flaw.message, rows))
            unexplained = pc.and_not(unexplained, found)
    return findings
