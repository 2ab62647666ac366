"""The texts that a spreadsheet takes for numbers or dates, and what it makes of them.

The text itself is lost. A number still tells which texts it may have been: 100000 was ``1e5``, or
``100.000``. A date tells at least that it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

DECIMAL: Final = r"[0-9]+[.,][0-9]+"
"""Matches numbers with decimals."""

_MONTHS: Final = (
    "jan|feb|fév|mar|mär|mrz|mrt|apr|abr|avr|may|mai|mei|maj|mag|jun|juin|giu|jul|juil|lug|aug|aoû|ago|sep|sept"
    "|set|oct|okt|ott|out|nov|dec|déc|dez|dic"
)
_YEAR: Final = "(?:19|20)[0-9]{2}"
DATE: Final = (
    rf"[0-9]{{1,2}}(?:[./][0-9]{{1,2}}[./]|-[0-9]{{1,2}}-){_YEAR}"
    rf"|{_YEAR}-[0-9]{{2}}-[0-9]{{2}}(?:[t ][0-9:]+)?"
    rf"|[0-9]{{1,2}}(?:-|\.? )(?:{_MONTHS})\.?(?:[- ](?:{_YEAR}|[0-9]{{2}}))?"
    r"|[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?: [ap]m)?"
)
"""Matches dates and times, in lower case, as spreadsheets write those that they made of texts like 1-2."""

_MOST_ZEROS: Final = 15
_THOUSAND: Final = 4


def texts_of_number(number: str) -> Iterator[str]:
    """Yields other texts, in lower case, of which a spreadsheet makes this number.

    The number has digits only, or decimals behind a point or a comma; it doesn't begin with a needless zero.
    """
    if number.isdecimal():
        yield from _exponents(number)
        if len(number) >= _THOUSAND:
            yield f"{int(number):,}"
            yield f"{int(number):,}".replace(",", ".")
        return
    for sign in ".,":
        text = number.replace(".", sign).replace(",", sign)
        yield from (each for each in (text, f"{text}0", f"{text}00") if each != number)
        if text.startswith("0"):
            yield text[1:]


def _exponents(number: str) -> Iterator[str]:
    digits = number.rstrip("0")
    for zeros in range(1, min(len(number) - len(digits), _MOST_ZEROS) + 1):
        for sign in ("e", "e+"):
            yield f"{number[:-zeros]}{sign}{zeros}"
            yield f"{number[:-zeros]}{sign}0{zeros}"
    if len(digits) > 1:
        yield f"{digits[0]}.{digits[1:]}e{len(number) - 1}"
