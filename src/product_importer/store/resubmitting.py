"""Finds out which rows can be resubmitted, and saves them: they leave the rejected rows of the first
import, and move in its ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.errors import LedgerError
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from product_importer.model import Counts
    from product_importer.ports import Chunk


async def still_rejected(
    connection: asyncpg.Connection, first_id: int | None, records: Sequence[int]
) -> list[int] | None:
    """Returns those of these records that are rejected in the import; None if there is no import."""
    if first_id is None:
        return None
    found = await connection.fetch(statements("resubmissions")["still_rejected"], first_id, records)
    return [row["record"] for row in found]


async def left_out(connection: asyncpg.Connection, import_id: int) -> list[int]:
    """Returns which records of the resubmission's file are left out."""
    return list(await connection.fetchval(statements("resubmissions")["left_out"], import_id))


async def settle(
    connection: asyncpg.Connection, import_id: int, first_id: int, chunk: Chunk, counts: Counts
) -> None:
    """Moves the chunk's rows in the ledger of the import ``first_id``, whose rows the import ``import_id``
    resubmits. ``counts`` are those of the chunk, in whose transaction this is called last.

    Rows that were rejected again stay, with their new cells and errors. Raises :class:`LedgerError` if a row
    isn't rejected any more, although only one import at a time resubmits rows of another.
    """
    assert chunk.origins is not None, "a file without the places of its rows is refused"
    settled = await connection.fetchval(
        *statements("resubmissions").bound(
            "settle",
            first_id=first_id,
            import_id=import_id,
            records=chunk.origins.column("record").to_pylist(),
            origins=chunk.origins.column("origin").to_pylist(),
            created=counts.created,
            updated=counts.updated,
            unchanged=counts.unchanged,
            deleted=counts.deleted,
            duplicate=counts.duplicate,
        )
    )
    if settled != chunk.origins.num_rows:
        raise LedgerError(
            f"Rows of import {first_id} that were to be resubmitted are not rejected any more. What was "
            "saved stays; resume the import to go on without them."
        )
