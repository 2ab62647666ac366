"""Converts prices as people write them: finds those that are exact, and names what is wrong with the others.

A price is a plain decimal number, zero or more, of at most 15 digits before the point and 4 after it (further
zeros are allowed). Anything else is refused rather than guessed: ``1,299`` is a little more than one
in one country and more than a thousand in another, and so is ``1.299``. :class:`PriceNotation` says what is
known about the file; :class:`PriceSigns` counts what a column's cells show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true, trimmed
from product_importer.ports import Finding

if TYPE_CHECKING:
    from product_importer.model import DecimalSign

PRICE_TYPE = pa.decimal128(19, 4)

# The patterns are RE2's, thus linear in time. _CERTAIN excludes three decimals after one to three digits.
_CERTAIN: Final = (
    r"^\+?(?:[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{4}0{0,6})?)?"
    r"|(?:0[0-9]{0,14}|[0-9]{4,15})\.[0-9]{3}|\.[0-9]{1,4}0{0,6})$"
)
_THREE_DECIMALS: Final = r"^\+?[1-9][0-9]{0,2}\.[0-9]{3}$"
_THOUSANDS: Final = r"^\+?[1-9][0-9]{0,2}(?:,[0-9]{3}){1,4}(?:\.[0-9]{0,4}0{0,6})?$"
_NUMBER: Final = r"\p{Nd}"
_SHOWS_POINT: Final = (
    r"^[^0-9.,]{0,4}(?:[0-9]*\.(?:[0-9]{1,2}|[0-9]{4,})|(?:0[0-9]*|[0-9]{4,})?\.[0-9]{3}"
    r"|[0-9]{1,3}(?:,[0-9]{2,3})+\.[0-9]*|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{2,3},[0-9]{3})[^0-9.,]{0,4}$"
)
_SWAPPED: Final = np.arange(256, dtype=np.uint8)
_SWAPPED[[ord("."), ord(",")]] = _SWAPPED[[ord(","), ord(".")]]

_FIRST: Final = 64
_ADVICE = "Write a plain number such as 1299.50."


@dataclass(frozen=True, slots=True)
class PriceNotation:
    """The notation of a file's prices, as far as it is known.

    ``decimal``: the sign before the decimals, if an option gives it; then commas (or points) between
    thousands are read as well. ``three_decimals``: without that option, ``1.299`` is read as a little more
    than one. ``in_file``: messages may name the option.
    """

    decimal: DecimalSign | None = None
    three_decimals: bool = False
    in_file: bool = False


@dataclass(frozen=True, slots=True)
class PriceSigns:
    """Counts of how a column's cells are written: cells that aren't blank, and of those the ones that may be
    numbers in any notation, show a decimal point (a lower bound), show a decimal comma, and can be read in
    either way.
    """

    cells: int = 0
    fitting: int = 0
    point: int = 0
    comma: int = 0
    ambiguous: int = 0

    def __add__(self, other: PriceSigns) -> PriceSigns:
        return PriceSigns(
            self.cells + other.cells,
            self.fitting + other.fitting,
            self.point + other.point,
            self.comma + other.comma,
            self.ambiguous + other.ambiguous,
        )


class Prices(NamedTuple):
    """The prices (:data:`PRICE_TYPE`) of cells; null for blank cells and for those that a finding names."""

    values: pa.Decimal128Array
    findings: list[Finding]
    signs: PriceSigns


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
        r"^\p{Sc}?\s?[-−–]\s?\p{Sc}?\s?[0-9.,]*[0-9]$|^[0-9]+(?:[.,][0-9]+)?\s?-$|^\(\p{Sc}?[0-9.,]*[0-9]\)$",
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
        r"^\+?[1-9][0-9]{0,2}(?:(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?|(?:\.[0-9]{3})+,[0-9]*"
        r"|(?:\.[0-9]{3}){2,})$",
        "The price has separators between the thousands.",
        option=_EITHER,
    ),
    _Flaw(
        "price_thousands_separator",
        r"^[1-9][0-9]{0,2}(?:[\p{Zs}'’][0-9]{3})+(?:[.,][0-9]*)?$",
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


def to_price(cells: pa.StringArray, notation: PriceNotation = PriceNotation()) -> Prices:
    """Reads cells as prices, in the given notation."""
    text = trimmed(cells)
    if notation.decimal == "comma":
        text = _swapped(text)
    certain = pc.match_substring_regex(text, _CERTAIN)
    filled = len(text) - text.null_count
    signs = PriceSigns(cells=filled, fitting=filled, point=_points(text, certain))
    wrong = pc.fill_null(pc.invert(certain), False)
    if not any_true(wrong):
        return Prices(pc.cast(text, PRICE_TYPE), [], signs)
    values = text.filter(wrong)
    read, signs = _read(values, notation), signs + _signs(values)
    text = pc.replace_with_mask(text, wrong, read)
    unread = pc.is_null(read)
    if not any_true(unread):
        return Prices(pc.cast(text, PRICE_TYPE), [], signs)
    wrong = pc.replace_with_mask(wrong, wrong, unread)
    findings = _diagnose(values.filter(unread), wrong, notation)
    return Prices(pc.cast(text, PRICE_TYPE), findings, signs)


def _read(values: pa.StringArray, notation: PriceNotation) -> pa.StringArray:
    """Reads the cells that could be written in either notation when seen alone; null for the others."""
    if not (notation.decimal or notation.three_decimals):
        return pa.nulls(len(values), pa.string())
    clear = pc.match_substring_regex(values, _THREE_DECIMALS)
    if notation.decimal:
        clear = pc.or_(clear, pc.match_substring_regex(values, _THOUSANDS))
        values = pc.replace_substring(values, ",", "")
    return pc.if_else(clear, values, None)


def _points(text: pa.StringArray, certain: pa.BooleanArray) -> int:
    """Counts the certain cells with decimals after a point: among the first cells, or if none, in all."""
    data = text.buffers()[2]
    if data is None or b"." not in data.to_pybytes():  # whole numbers only: this is the cheapest test
        return 0
    for part in (slice(_FIRST), slice(_FIRST, None)):
        cells = text[part]
        dots = pc.match_substring(cells, ".")
        if any_true(dots) and (found := _count(pc.and_(certain[part], pc.and_not(dots, _whole(cells))))):
            return found
    return 0


def _whole(text: pa.StringArray) -> pa.BooleanArray:
    return pc.ends_with(text, ".")


def _signs(values: pa.StringArray) -> PriceSigns:
    """The signs that cells that aren't certain add; they are counted already as not blank and as fitting."""
    numbers = _count(pc.match_substring_regex(values, _NUMBER))
    return PriceSigns(
        fitting=numbers - len(values),
        point=_count(pc.match_substring_regex(values, _SHOWS_POINT)),
        comma=_count(pc.match_substring_regex(_swapped(values), _SHOWS_POINT)),
        ambiguous=_count(pc.match_substring_regex(values, _THREE_DECIMALS)),
    )


def may_be_prices(cells: pa.StringArray) -> PriceSigns:
    """Counts the cells that aren't blank, and those of them that may be numbers in some notation."""
    text = trimmed(cells)
    return PriceSigns(
        cells=len(text) - text.null_count, fitting=_count(pc.match_substring_regex(text, _NUMBER))
    )


def _diagnose(values: pa.StringArray, wrong: pa.BooleanArray, notation: PriceNotation) -> list[Finding]:
    """Names the flaw of each cell in ``values``, which are the cells of the rows in ``wrong``."""
    comma = notation.decimal == "comma"
    unexplained = pa.repeat(True, len(values))
    findings = []
    for known in _FLAWS:
        found = pc.and_(unexplained, pc.match_substring_regex(values, known.pattern))
        if any_true(found):
            flaw = _DECIMAL_POINT if comma and known.code == "price_decimal_comma" else known
            may_ask = flaw.option and notation.in_file and not notation.decimal
            advice = flaw.option if may_ask else flaw.advice
            if comma:
                advice = advice.replace("1299.50", "1299,50")
            rows = pc.replace_with_mask(wrong, wrong, found)
            findings.append(Finding("price", flaw.code, f"{flaw.message} {advice}", rows))
            unexplained = pc.and_not(unexplained, found)
    return findings


def _swapped(text: pa.StringArray) -> pa.StringArray:
    """Swaps points and commas in the texts; in UTF-8 both are single bytes."""
    validity, offsets, data = text.buffers()
    if data is None:
        return text
    swapped = pa.py_buffer(_SWAPPED[np.frombuffer(data, np.uint8)])
    return pa.StringArray.from_buffers(len(text), offsets, swapped, validity, text.null_count, text.offset)


def _count(mask: pa.BooleanArray) -> int:
    return pc.sum(mask).as_py() or 0
