"""An import's warnings between rows of the database and records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from product_importer.model import RowWarning

if TYPE_CHECKING:
    import asyncpg


def columns_of(rows: Sequence[RowWarning]) -> tuple[list[object], ...]:
    """One list for each column of the statement that stores them."""
    return (
        [row.code for row in rows],
        [row.line for row in rows],
        [row.record for row in rows],
        [row.column for row in rows],
        [row.value for row in rows],
        [row.message for row in rows],
    )


def row_warning(row: asyncpg.Record) -> RowWarning:
    return RowWarning(row["code"], row["message"], row["line"], row["record"], row["header"], row["value"])
