"""Names what is wrong with cells that aren't read as prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true
from product_importer.ports import Finding

if TYPE_CHECKING:
    from product_importer.pipeline.numbers import Notation

_ADVICE: Final = "Write a plain number such as 1299.50."
_MARK: Final = r"\s?(?:(?:\p{Sc}|[A-Z]{3})\s?)?"
_DIGITS: Final = r"[.,]?[0-9](?:[0-9.,'’\p{Zs}]*[0-9])?\s?"
_THREE_DECIMALS: Final = r"^\+?[1-9][0-9]{0,2}\.[0-9]{3}$"


@dataclass(frozen=True, slots=True)
class _Flaw:
    """``advice``: what to do; ``option``: advice that names the option, if that wasn't given."""

    code: str
    pattern: str
    message: str
    advice: str = _ADVICE
    option: str = ""


_EITHER = (
    "Write a plain number such as 1299.50, or say how the whole file is written: "
    "--decimal point (1,299.50) or --decimal comma (1.299,50)."
)

# The first pattern that matches gives the flaw; the last one matches everything.
_FLAWS = (
    _Flaw(
        "price_negative",
        rf"^{_MARK}[-−–]\s?{_MARK}{_DIGITS}{_MARK}$|^{_MARK}{_DIGITS}[-−–]{_MARK}$|^\({_MARK}{_DIGITS}{_MARK}\)$",
        "The price is below zero.",
    ),
    _Flaw(
        "price_exponent",
        r"^[-+]?[0-9]+(?:[.,][0-9]*)?[eE][-+]?[0-9]+$",
        "The price is in scientific notation, as spreadsheets write long numbers, so digits may be lost.",
        "Format the column as a number with decimals and export the file again.",
    ),
    _Flaw(
        "price_currency",
        r"[0-9].*\p{Sc}|\p{Sc}.*[0-9]|^[A-Z]{3}\s?[0-9][0-9., ]*$|^[0-9][0-9., ]*\s?[A-Z]{3}$",
        "The price carries a currency.",
    ),
    _Flaw(
        "price_ambiguous",
        _THREE_DECIMALS,
        "The price may be a thousand times as much: 1.299 is a little more than one, or, where points "
        "separate thousands, 1299.",
        "Write 1299 or 1.2990.",
        "Write 1299 or 1.2990, or say how the whole file is written: --decimal point or --decimal comma.",
    ),
    _Flaw(
        "price_thousands_separator",
        r"^\+?[1-9][0-9]{0,2}(?:(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?|(?:\.[0-9]{2,3})*\.[0-9]{3},[0-9]*"
        r"|(?:\.[0-9]{2,3})+\.[0-9]{3})$",
        "The price has separators between the thousands.",
        option=_EITHER,
    ),
    _Flaw(
        "price_thousands_separator",
        r"^[1-9][0-9]{0,2}(?:[\p{Zs}'’‘´`][0-9]{3})+(?:[.,][0-9]*)?$",
        "The price has separators between the thousands.",
    ),
    _Flaw(
        "price_decimal_comma",
        r"^\+?[0-9]*,[0-9]+$",
        "The price has a comma where the decimal point belongs.",
        option="Write a plain number such as 1299.50 or import the whole file with --decimal comma.",
    ),
    _Flaw(
        "price_too_many_decimals",
        r"^[0-9]*\.[0-9]{5,}$",
        "The price has more than 4 decimals.",
        "Round it to at most 4.",
    ),
    _Flaw(
        "price_too_large",
        r"^[0-9]{16,}(?:\.[0-9]*)?$",
        "The price has more than 15 digits before the decimals.",
        "Correct it.",
    ),
    _Flaw("price_not_a_number", "", "The price isn't a number."),
)

# With decimal commas, cells are examined after points and commas were swapped.
_DECIMAL_POINT = _Flaw(
    "price_decimal_point",
    r"^\+?[0-9]*,[0-9]+$",
    "The price has a point before its decimals, although the file is read with decimal commas.",
    "Write it with a comma, such as 1299,50.",
)

_CURRENCY: Final = "price_currency"


def diagnose(values: pa.StringArray, wrong: pa.BooleanArray, notation: Notation) -> list[Finding]:
    """Names the flaw of each cell in ``values``, which are the cells of the rows in ``wrong``.

    With decimal commas, points and commas are swapped in ``values``.
    """
    comma = notation.decimal == "comma"
    unexplained = pa.repeat(True, len(values))
    findings = []
    for known in _FLAWS:
        found = pc.and_(unexplained, pc.match_substring_regex(values, known.pattern))
        if any_true(found):
            flaw = _DECIMAL_POINT if comma and known.code == "price_decimal_comma" else known
            advice = flaw.option if flaw.option and notation.decimal and not notation.told else flaw.advice
            if comma:
                advice = advice.replace("1299.50", "1299,50")
            message = f"{flaw.message} {advice}"
            if flaw.code == _CURRENCY and notation.decimal:
                message = _other_currency(notation)
            rows = pc.replace_with_mask(wrong, wrong, found)
            findings.append(Finding("price", flaw.code, message, rows))
            unexplained = pc.and_not(unexplained, found)
    return findings


def _other_currency(notation: Notation) -> str:
    if notation.currency:
        return f"The price isn't in {notation.currency}, which the rule of its column names. Correct it."
    return (
        "The price carries a currency that isn't known, or the column has several currencies, so it isn't "
        "certain what the number means. Import the prices of one currency at a time: with a rule of the "
        "column that names it, the others are rejected."
    )
