"""Converts an import's warnings between rows of the database and records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from product_importer.model import RowWarning

if TYPE_CHECKING:
    import asyncpg


def columns_of(rows: Sequence[RowWarning]) -> dict[str, list[object]]:
    """Returns one list for each column, by the names of the parameters of the statement that stores them."""
    return {
        "codes": [row.code for row in rows],
        "lines": [row.line for row in rows],
        "records": [row.record for row in rows],
        "headers": [row.column for row in rows],
        "values": [row.value for row in rows],
        "messages": [row.message for row in rows],
    }


def row_warning(row: asyncpg.Record) -> RowWarning:
    return RowWarning(row["code"], row["message"], row["line"], row["record"], row["header"], row["value"])
