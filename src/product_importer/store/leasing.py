"""Takes a lease: the right of one process to run an import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from product_importer.errors import ImportBusy, ImportCancelled, ImportEnded, ImportWaiting
from product_importer.model import Actor, Status
from product_importer.model.states import may_run
from product_importer.store import events
from product_importer.store.actions import record
from product_importer.store.connect import Database
from product_importer.store.import_rows import read_state
from product_importer.store.leases import LEASE_SECONDS, PostgresLease
from product_importer.store.locks import second
from product_importer.store.plan_lease import writer_session
from product_importer.store.queries import statements
from product_importer.store.writer import LEFT_OUT_AFTER

_LOCK_ATTEMPTS: Final = 100
_LOCK_PAUSE: Final = 0.05
"""Seconds between attempts to get the lock of an owner whose sessions are being terminated."""


@asynccontextmanager
async def leased(
    database: Database,
    audience: events.Audience,
    import_id: int,
    *,
    revive: bool,
    actor: Actor | str | None = None,
) -> AsyncIterator[PostgresLease]:
    """Takes the import's lease; see :meth:`~product_importer.store.imports.Imports.lease`."""
    async with database.dedicated(_owner_session(import_id)) as connection:
        token, attempt, of = await _take(database, connection, import_id, revive, actor)
        yield PostgresLease(database, connection, import_id, token, attempt, audience, of)


async def _take(
    database: Database,
    connection: asyncpg.Connection,
    import_id: int,
    revive: bool,
    actor: Actor | str | None,
) -> tuple[int, int, int | None]:
    """Returns the lease token, the number of the attempt, and the import of which this one resubmits rows."""
    sql = statements("imports")
    state = await read_state(connection, import_id)
    check_status(import_id, state.status, revive)
    await _lock(database, connection, import_id)
    of = state.of if state.kind == "resubmission" else None
    if of is not None:
        await _lock_first(database, connection, import_id, of)
    async with connection.transaction():
        check_status(import_id, Status(await connection.fetchval(sql["take_lease"], import_id)), revive)
        await connection.execute(sql["forget_given_up"], import_id)
        await connection.execute(sql["forget_rejects"], import_id)
        await connection.execute(sql["forget_warnings"], import_id, LEFT_OUT_AFTER)
        row = await connection.fetchrow(sql["start"], import_id, LEASE_SECONDS, revive)
        assert row is not None, "the row is locked"
        await record(connection, actor, "import.resumed", f"import:{import_id}")
        return row["lease_token"], row["attempts"], of


def check_status(import_id: int, status: Status, revive: bool) -> None:
    if status is Status.CANCELLED and not revive:
        raise ImportCancelled(f"Import {import_id} was cancelled.")
    if status is Status.WAITING:
        raise ImportWaiting(
            f"Import {import_id} waits for answers about its file. Answer its questions, or cancel it."
        )
    if not may_run(status):
        raise ImportEnded(f"Import {import_id} has ended as {status.value}; there is nothing to resume.")


async def _lock(database: Database, connection: asyncpg.Connection, import_id: int) -> None:
    sql = statements("imports")
    sessions = [
        database.session_name(purpose) for purpose in (_owner_session(import_id), writer_session(import_id))
    ]
    for _ in range(_LOCK_ATTEMPTS):
        if await connection.fetchval(sql["lock"], database.locks.imports, second(import_id)):
            return
        # The owner is alive. If its lease has expired (it is stopped, or cut off), its sessions are
        # terminated.
        if not await connection.fetch(sql["terminate_owner"], import_id, sessions):
            break
        await asyncio.sleep(_LOCK_PAUSE)
    raise ImportBusy(f"Import {import_id} is being run by another process.")


async def _lock_first(
    database: Database, connection: asyncpg.Connection, import_id: int, first_id: int
) -> None:
    """Ensures that one import at a time resubmits rows of the import ``first_id``."""
    if not await connection.fetchval(
        statements("imports")["lock"], database.locks.resubmissions, second(first_id)
    ):
        raise ImportBusy(
            f"Rows of import {first_id} are being resubmitted by another import. "
            f"Run import {import_id} after it."
        )


def _owner_session(import_id: int) -> str:
    return f"import {import_id}"
