"""The codes of the warnings that the import itself gives; plugins have codes of their own."""

from __future__ import annotations

import enum


class WarningCode(enum.StrEnum):
    """Stable, for programs; ``docs/errors.md`` says what each means."""

    BLANK_ROW = "blank_row"
    DUPLICATE = "duplicate_left_out"
    NO_ROWS = "no_rows"
    POINT_ZERO = "sku_twin_point_zero"
    LEADING_ZERO = "sku_twin_leading_zero"
    DECODED_TWICE = "decoded_twice"
    REPLACEMENT = "replacement_character"
    CONTROL = "control_characters"
    NULL_WORD = "null_word"
    TOTAL_ROW = "total_row"
    LABEL_ROW = "label_row"
    MARK_REMOVED = "spreadsheet_mark_removed"
    INVISIBLE_REMOVED = "invisible_characters_removed"
    CHECK_DIGIT = "barcode_check_digit"
    LOST_ZERO = "barcode_lost_zero"
    NO_WHOLE_NUMBER = "stock_not_a_whole_number"
    OTHER = "other_warnings"


HARMLESS = frozenset({WarningCode.BLANK_ROW, WarningCode.MARK_REMOVED, WarningCode.INVISIBLE_REMOVED})
"""Listed, but no reason to abort: many files have blank rows at their end, and what spreadsheets and web
pages leave around a text is taken off without loss.
"""


def no_whole_number(field: str) -> WarningCode:
    """The code for a cell that is no whole number, as the field's have to be."""
    return WarningCode(f"{field}_not_a_whole_number")
