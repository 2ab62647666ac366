"""Reads the rejected rows of imports: by fault, by place, and what became of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from product_importer.model import RejectedRow, RowError, Status
from product_importer.model.resubmissions import Fault, Resubmission
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from product_importer.store.connect import Database


async def faults_of(database: Database, import_id: int) -> list[Fault]:
    """Returns the groups of rejected rows, the largest first."""
    async with database.connection() as connection:
        groups = await connection.fetch(statements("resubmissions")["faults"], import_id)
    return [Fault(each["code"], each["column"], each["number"], rejected_row(each)) for each in groups]


async def rejected_page(
    database: Database,
    import_id: int,
    *,
    limit: int,
    code: str | None = None,
    column: str | None = None,
    after: int = 0,
) -> list[RejectedRow]:
    """Returns at most ``limit`` rejected rows after the record ``after``, in the file's order."""
    query = statements("resubmissions").bound(
        "rejected", import_id=import_id, after=after, code=code, header=column, limit=limit
    )
    async with database.connection() as connection:
        return [rejected_row(row) for row in await connection.fetch(*query)]


async def rejected_at(database: Database, import_id: int, records: Sequence[int]) -> list[RejectedRow]:
    """Returns those of these records that are rejected, in the file's order."""
    query = statements("resubmissions")["rejected_at"]
    async with database.connection() as connection:
        return [rejected_row(row) for row in await connection.fetch(query, import_id, list(records))]


async def resubmissions_of(database: Database, import_id: int) -> list[Resubmission]:
    """Returns the imports that resubmit rows of this one, newest first."""
    async with database.connection() as connection:
        rows = await connection.fetch(statements("resubmissions")["resubmissions"], import_id)
    return [Resubmission(row["id"], Status(row["status"]), row["rows"]) for row in rows]


async def present_of(database: Database, keys: Sequence[str]) -> set[str]:
    """Returns those of these SKU keys that have a product."""
    async with database.connection() as connection:
        rows = await connection.fetch(statements("imports")["present"], list(keys))
    return {row["sku_key"] for row in rows}


def rejected_row(row: asyncpg.Record) -> RejectedRow:
    """Converts a row of the table of rejected rows."""
    errors = tuple(RowError(**error) for error in json.loads(row["errors"]))
    cells = tuple(cell or "" for cell in row["cells"])
    absent = frozenset(place for place, cell in enumerate(row["cells"]) if cell is None)
    return RejectedRow(row["line"], row["record"], cells, errors, absent)
