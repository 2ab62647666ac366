"""The codes of the warnings that the import itself gives; plugins have codes of their own."""

from __future__ import annotations

import enum
from typing import Final


class WarningCode(enum.StrEnum):
    """Stable codes for programs; ``docs/errors.md`` explains each."""

    READ_AS_SHOP = "read_as_shop"
    PARENT_UNKNOWN = "parent_unknown"
    BLANK_ROW = "blank_row"
    DUPLICATE = "duplicate_left_out"
    LEFT_OUT = "row_left_out"
    NO_ROWS = "no_rows"
    LINES_ABOVE = "lines_above_header"
    POINT_ZERO = "sku_twin_point_zero"
    LEADING_ZERO = "sku_twin_leading_zero"
    NUMBER_TWIN = "sku_twin_number"
    SKU_DATE = "sku_is_date"
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
    DIGITS_LOST = "digits_lost"
    NO_WHOLE_NUMBER = "stock_not_a_whole_number"
    PRICE_THREE_DECIMALS = "price_three_decimals"
    STOCK_THREE_DECIMALS = "stock_three_decimals"
    UNKNOWN_SKU = "unknown_sku"
    KNOWN_SKU = "known_sku"
    CHANGED_SINCE = "changed_since"
    SKU_TAKEN = "sku_taken"
    NOT_CHANGED = "not_changed"
    NOT_REJECTED = "not_rejected"
    OTHER = "other_warnings"


BLANK_MESSAGE: Final = "The row has no text in any cell; it was left out."

HARMLESS = frozenset(
    {
        WarningCode.READ_AS_SHOP,
        WarningCode.BLANK_ROW,
        WarningCode.LINES_ABOVE,
        WarningCode.LEFT_OUT,
        WarningCode.MARK_REMOVED,
        WarningCode.INVISIBLE_REMOVED,
    }
)
"""Warnings that are listed but don't abort an import: many files end with blank rows, rows that are left out
on purpose are known to be no products, and the marks that spreadsheets and web pages leave around a text are
removed without loss.
"""


def no_whole_number(field: str) -> WarningCode:
    """The code of the warning that a cell of the field is no whole number."""
    return WarningCode(f"{field}_not_a_whole_number")


def three_decimals(field: str) -> WarningCode:
    """The code of the warning that numbers of the field, such as 1.299, were read as decimals."""
    return WarningCode(f"{field}_three_decimals")
