"""Rewrites spellings of numbers that can be read in one way only, whatever sign stands before the decimals.

``4,-``, ``4.–`` and ``99:-`` are whole prices: the dash stands for the decimals, so the sign before it shows
nothing about other cells. ``500/-`` and ``500/=`` are whole amounts, too. Digits in full width are digits.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true

# The patterns are RE2's, thus linear in time.
_DASH: Final = r"[0-9](?:[.,:]\p{Pd}|/[-=])"
_WHOLE: Final = (
    r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+|(?:,[0-9]{3})+|(?:['’‘´`\p{Zs}][0-9]{3})+)"
    r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3})"
)
_DASHED: Final = (
    rf"^(?P<before>[^0-9]{{0,8}}){_WHOLE}"
    r"(?:[.,:](?:--?|[\x{2010}-\x{2015}])|/[-=])(?P<after>[^0-9\p{Pd}=]{0,8})$"
)
_BETWEEN: Final = r"[.,'’‘´`\p{Zs}]"

_WIDE_DIGIT: Final = r"[\x{FF10}-\x{FF19}]"
_WIDE: Final = r"^[\x{FF01}-\x{FF5E}\x{FFE5}\x{3000}\x{5186}\x{5143}0-9A-Za-z.,+\-' ¥€$£]+$"
"""What numbers in full width consist of; the compatibility forms of these characters are plain ones."""


def respelled(cells: pa.StringArray) -> pa.StringArray:
    """Returns the cells with such numbers in plain digits; the other cells stay as they are."""
    return _undashed(_narrowed(cells))


def _undashed(cells: pa.StringArray) -> pa.StringArray:
    if not any_true(pc.match_substring_regex(cells, _DASH)):
        return cells
    found = pc.extract_regex(cells, _DASHED)
    whole = pc.replace_substring_regex(pc.struct_field(found, "whole"), _BETWEEN, "")
    around = [pc.struct_field(found, name) for name in ("before", "after")]
    return pc.coalesce(pc.binary_join_element_wise(around[0], whole, around[1], ""), cells)


def _narrowed(cells: pa.StringArray) -> pa.StringArray:
    wide = pc.match_substring_regex(cells, _WIDE_DIGIT)
    if not any_true(wide):
        return cells
    wide = pc.and_(wide, pc.match_substring_regex(cells, _WIDE))
    return pc.if_else(wide, pc.utf8_normalize(cells, "NFKC"), cells)
