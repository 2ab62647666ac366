"""Reads whole numbers as people and programs write them: ``12``, ``-3``, ``+5`` and ``12.0``.

Separators between thousands are not read: ``1.200`` is twelve hundred in one country and a little more than
one in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true, trimmed

WHOLE_NUMBER_TYPE: Final = pa.int64()

_WHOLE: Final = r"^[+-]?[0-9]{1,18}(?:\.0*)?$"
_PLUS_OR_DECIMALS: Final = r"^\+|\..*$"


@dataclass(frozen=True, slots=True)
class WholeNumberSigns:
    """Counts of the cells that aren't blank, and of those of them that are whole numbers."""

    cells: int = 0
    fitting: int = 0

    def __add__(self, other: WholeNumberSigns) -> WholeNumberSigns:
        return WholeNumberSigns(self.cells + other.cells, self.fitting + other.fitting)


class WholeNumbers(NamedTuple):
    """The whole numbers of cells (:data:`WHOLE_NUMBER_TYPE`); null where the cell is blank or holds none.

    ``others``: true where a cell holds something else; None if no cell does.
    """

    values: pa.Int64Array
    others: pa.BooleanArray | None
    signs: WholeNumberSigns


def to_whole_number(cells: pa.StringArray) -> WholeNumbers:
    text = cells if cells.null_count == len(cells) else trimmed(cells)
    filled = len(text) - text.null_count
    if not filled:
        return WholeNumbers(pa.nulls(len(text), WHOLE_NUMBER_TYPE), None, WholeNumberSigns())
    whole = pc.fill_null(pc.match_substring_regex(text, _WHOLE), True)
    others = pc.invert(whole) if any_true(pc.invert(whole)) else None
    if others is not None:
        text = pc.if_else(others, None, text)
    fitting = len(text) - text.null_count
    if any_true(pc.match_substring_regex(text, _PLUS_OR_DECIMALS)):
        text = pc.replace_substring_regex(text, _PLUS_OR_DECIMALS, "")
    return WholeNumbers(pc.cast(text, WHOLE_NUMBER_TYPE), others, WholeNumberSigns(filled, fitting))


def may_be_whole_numbers(cells: pa.StringArray) -> WholeNumberSigns:
    return to_whole_number(cells).signs
