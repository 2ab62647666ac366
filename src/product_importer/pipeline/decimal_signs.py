"""Decides by a column's evidence which sign stands before the decimals, or asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from product_importer.cells.shortening import quoted
from product_importer.model import Answer, DecimalSign, Question

if TYPE_CHECKING:
    from product_importer.pipeline.numbers import NumberSigns

_SIGNS: Final = {"point": ".", "comma": ","}

FAR_MORE: Final = 10
"""How many cells such as ``1.299`` there are for each that shows the sign, for the sign to be asked for."""


def shows(signs: NumberSigns) -> DecimalSign | None:
    """The only sign that cells show when seen alone; None if they show none or both."""
    if bool(signs.point) == bool(signs.comma):
        return None
    return "point" if signs.point else "comma"


def divided(signs: NumberSigns, sign: DecimalSign) -> int:
    """The number of cells such as ``1.299`` that are read as a little more than one if ``sign`` stands before
    the decimals.
    """
    return signs.three_point if sign == "point" else signs.three_comma


def decided(signs: NumberSigns, beside: DecimalSign | None) -> tuple[DecimalSign, bool]:
    """Returns the sign by which a column is read, and whether it also holds for cells such as ``1.299``.

    ``beside``: the sign that another column of the file shows. It counts for a column that shows none itself,
    unless all of its numbers have three digits behind a sign, as programs write them with three decimals, or
    the sign would make thousands into a few.
    """
    if (sign := shows(signs)) is not None:
        return sign, not _outnumbered(signs, sign)
    if signs.point:
        return ("comma" if signs.comma > signs.point else "point"), not signs.ambiguous
    if not signs.ambiguous:
        return "point", True
    if _follows(signs, beside):
        return beside or "point", True
    return "point", False


def is_open(signs: NumberSigns, beside: DecimalSign | None) -> bool:
    """Whether nothing in the file says for certain how the column's numbers are meant."""
    if (sign := shows(signs)) is not None:
        return _outnumbered(signs, sign)
    return bool(signs.ambiguous and not signs.point and not _follows(signs, beside))


def _follows(signs: NumberSigns, beside: DecimalSign | None) -> bool:
    return beside is not None and signs.plain > 0 and not divided(signs, beside)


def _outnumbered(signs: NumberSigns, sign: DecimalSign) -> bool:
    """Whether the cells that show the sign may be mistakes: whole numbers beside so many more cells such as
    ``1.299`` say that those are thousands.
    """
    return signs.plain > 0 and divided(signs, sign) >= FAR_MORE * (signs.point + signs.comma)


def question(column: str, signs: NumberSigns) -> Question:
    """Asks for the sign; cells of ``column`` may be read in either way."""
    likely: DecimalSign = "comma" if signs.three_point >= signs.three_comma else "point"
    line, cell = signs.examples[0]
    return Question(
        code="decimal_sign",
        words=f"Has {cell} in column {quoted(column)} three decimals, or is it a thousand times as much? "
        f"{_why(signs)} which sign stands before the decimals.",
        option="decimal",
        answers=tuple(_answer(sign, signs) for sign in sorted(get_args(DecimalSign), key=likely.__ne__)),
        column=column,
        line=line,
    )


def _why(signs: NumberSigns) -> str:
    showing = signs.point + signs.comma
    if not showing:
        return "Nothing in the column says"
    return f"Only {showing:,} of the column's {signs.fitting:,} numbers {'say' if showing > 1 else 'says'}"


def _answer(sign: DecimalSign, signs: NumberSigns) -> Answer:
    shown = tuple(f"{cell} is read as {_plain(cell, sign)}" for _, cell in signs.examples)
    return Answer(sign, f"A decimal {sign} stands before the decimals.", shown)


def _plain(cell: str, sign: DecimalSign) -> str:
    """The number in plain notation."""
    whole, point, decimals = cell.replace(_SIGNS["point" if sign == "comma" else "comma"], "").partition(
        _SIGNS[sign]
    )
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if point and decimals else whole
