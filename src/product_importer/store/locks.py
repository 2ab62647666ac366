"""The numbers of all advisory locks that the library takes: in one place, so that no number has two meanings.

PostgreSQL keeps locks of one number and locks of two numbers apart. Those of two are a class and the id of
the row that is locked. Older processes at the same database use the same numbers, so they never change.
"""

from __future__ import annotations

from typing import Final

MIGRATING: Final = 7163002
"""One process at a time migrates."""

INDEXING: Final = 7163004
"""One process at a time brings the tables for sorting and searching up to date."""

IMPORT_CLASS: Final = 7163003
"""Whoever runs an import."""

DELETION_CLASS: Final = 7163005
"""Whoever runs a deletion of all products."""

SINK_CLASS: Final = 7163006
"""Whoever delivers to an event sink."""


def second(row_id: int) -> int:
    """The second number of a lock, a signed integer of 32 bits, made of a row's id."""
    low = row_id & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low
