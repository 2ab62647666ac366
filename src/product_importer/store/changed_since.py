"""Reads what has changed since a moment, and so what going back to it would take back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.model import ChangedBy, ChangedSince
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg


async def changed_since(connection: asyncpg.Connection, moment: datetime, limit: int) -> ChangedSince:
    """Returns what has changed since the moment, with the ``limit`` latest imports."""
    rows = await connection.fetch(statements("undos")["since"], moment)
    imports = [ChangedBy(*row) for row in rows if row["import_id"] is not None]
    others = [row for row in rows if row["import_id"] is None]
    return ChangedSince(
        changes=sum(row["changes"] for row in rows),
        imports=tuple(imports[:limit]),
        more=len(imports[limit:]),
        more_changes=sum(each.changes for each in imports[limit:]),
        edits=sum(row["changes"] for row in others),
        edited_at=others[0]["at"] if others else None,
    )
