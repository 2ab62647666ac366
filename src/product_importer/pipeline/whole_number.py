"""Reads whole numbers as people and programs write them: ``12``, ``-3``, ``+5``, ``12.0`` and ``1 200``.

Other separators between thousands, and three zeros as decimals, are read if the column's :class:`Notation`
says so: ``1.200`` is twelve hundred in one country and a little more than one in another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.numbers import (
    INDIAN,
    NO_FILE,
    Notation,
    NumberSigns,
    count,
    null_words,
    shown,
    swapped,
    without_spaces,
)
from product_importer.pipeline.text import any_true, trimmed

WHOLE_NUMBER_TYPE: Final = pa.int64()

_PLAIN: Final = r"^[+-]?[0-9]{1,18}$"
_CERTAIN: Final = (
    r"^[+-]?(?:[0-9]{1,18}(?:\.(?:0{0,2}|0{4,}))?|(?:0[0-9]{0,17}|[0-9]{4,18})\.000"
    r"|[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){1,5}\.0*|(?:,[0-9]{3}){2,5}))$"
)
_IF_SURE: Final = r"^[+-]?[1-9][0-9]{0,2}(?:\.000|,[0-9]{3})$"
_IN_SOME_NOTATION: Final = r"^[+-]?[0-9]{1,3}[.,][0-9]{3}$"
_ALONE: Final = r"^[+-]?[0-9]{1,18}(?:\.0*)?$"
_NUMBER: Final = r"^[+-]?[0-9][0-9.,]*$"
_NOT_DIGITS: Final = r"^\+|,|\..*$"


class WholeNumbers(NamedTuple):
    """The whole numbers of cells (:data:`WHOLE_NUMBER_TYPE`); null where the cell is blank or holds none.

    ``others``: true where a cell holds something else; None if no cell does.
    """

    values: pa.Int64Array
    others: pa.BooleanArray | None
    signs: NumberSigns


def to_whole_number(cells: pa.StringArray, notation: Notation = NO_FILE) -> WholeNumbers:
    text = cells if cells.null_count == len(cells) else trimmed(cells)
    filled = len(text) - text.null_count
    if not filled:
        return WholeNumbers(pa.nulls(len(text), WHOLE_NUMBER_TYPE), None, NumberSigns())
    odd = pc.fill_null(pc.invert(pc.match_substring_regex(text, _PLAIN)), False)
    signs, others = NumberSigns(filled, filled), None
    if any_true(odd):
        values = text.filter(odd)
        read, nothing, more = _read(values, notation)
        signs += more.at(np.flatnonzero(odd.to_numpy(zero_copy_only=False)))
        text = pc.replace_with_mask(text, odd, read)
        unread = pc.and_(pc.is_null(read), pc.invert(nothing))
        others = pc.replace_with_mask(odd, odd, unread) if any_true(unread) else None
    if any_true(pc.starts_with(text, "+")):
        text = pc.replace_substring_regex(text, r"^\+", "")
    return WholeNumbers(pc.cast(text, WHOLE_NUMBER_TYPE), others, signs)


def _read(values: pa.StringArray, notation: Notation) -> tuple[pa.StringArray, pa.BooleanArray, NumberSigns]:
    """The numbers as digits, null where there is none; which cells are read as blank; and the signs."""
    nothing = null_words(values)
    numbers, spaced = without_spaces(values)
    turned = swapped(numbers)
    clear = pc.match_substring_regex(numbers, _CERTAIN)
    in_some = pc.or_(clear, pc.match_substring_regex(turned, _CERTAIN))
    in_some = pc.or_(in_some, pc.match_substring_regex(numbers, _IN_SOME_NOTATION))
    signs = replace(
        shown(pc.if_else(pc.match_substring_regex(numbers, _NUMBER), numbers, None)),
        fitting=count(in_some) - len(values),
        grouped=count(pc.or_(spaced, pc.match_substring_regex(numbers, r",[0-9]+[.,]|\.[0-9]+[.,]"))),
        nothing=count(nothing),
        words=frozenset(values.filter(nothing).unique().to_pylist()) if any_true(nothing) else frozenset(),
    )
    if notation.decimal is None:
        numbers = values
        clear = pc.match_substring_regex(values, _ALONE)
    elif notation.decimal == "comma":
        numbers = turned
        clear = pc.match_substring_regex(numbers, _CERTAIN)
    if notation.decimal == "point":
        grouped = pc.match_substring_regex(numbers, INDIAN)
        clear = pc.or_(clear, pc.and_(grouped, pc.match_substring_regex(numbers, r"^[^.]*(?:\.0*)?$")))
    if notation.sure:
        clear = pc.or_(clear, pc.match_substring_regex(numbers, _IF_SURE))
    read = pc.if_else(clear, pc.replace_substring_regex(numbers, _NOT_DIGITS, ""), None)
    return read, nothing if notation.nothing else pa.repeat(False, len(values)), signs


def may_be_whole_numbers(cells: pa.StringArray) -> NumberSigns:
    return to_whole_number(cells).signs
