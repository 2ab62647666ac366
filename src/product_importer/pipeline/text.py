"""Decides what is blank and what is trimmed: Unicode's white space, exactly as ``str.strip`` defines it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def any_true(mask: pa.BooleanArray) -> bool:
    return bool(pc.any(mask).as_py())


def is_blank(column: pa.StringArray) -> pa.BooleanArray:
    """True where the cell is empty or all white space."""
    return pc.or_(pc.equal(column, ""), pc.utf8_is_space(column))


def null_where(mask: pa.BooleanArray, column: pa.Array) -> pa.Array:
    return pc.if_else(mask, None, column) if any_true(mask) else column


def verbatim(column: pa.StringArray) -> pa.StringArray:
    """The cells as they are; null where they are blank."""
    return null_where(is_blank(column), column)


def trimmed(column: pa.StringArray) -> pa.StringArray:
    """The cells without surrounding white space; null where nothing is left."""
    text = pc.utf8_trim_whitespace(column)
    return null_where(pc.equal(text, ""), text)
