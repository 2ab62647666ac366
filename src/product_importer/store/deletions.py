"""Deletes all products in one transaction, between two chunks of any running import.

Other changes of products come entirely before or entirely after the deletion. If the process is killed in the
middle, nothing was deleted, and the deletion starts again. A separate connection reports the progress.
"""

from __future__ import annotations

import time
from typing import Final

import asyncpg

from product_importer.errors import DeletionBusy, DeletionNotFound, NotConfirmed
from product_importer.model import CHUNK_ROWS, Actor, Status
from product_importer.product import Deletion
from product_importer.store.actions import record
from product_importer.store.changes.images import BLOCK_BYTES, deleted, deleting
from product_importer.store.changes.log import ChangeLog
from product_importer.store.changes.sets import Author
from product_importer.store.connect import Database
from product_importer.store.events import Audience
from product_importer.store.locks import second
from product_importer.store.queries import statements
from product_importer.store.totals import totals

BLOCK: Final = CHUNK_ROWS
"""Maximum number of products per statement, and of events per row of the outbox."""

VALID_SECONDS: Final = 600.0
"""How long after its confirmation a deletion may begin: later, there may be products that the actor did not
mean to delete.
"""

_TELL_SECONDS: Final = 0.25


class Deletions:
    """Deletes all products of one database, as ``Importer.deletions``; any process may run a deletion.

    A deletion happens at one moment. A running import waits for it and continues; products that it saved
    before that moment are gone, products that it saves afterwards stay. ``audience``: the sinks that get the
    events. Every method raises :class:`DatabaseError` if the database fails.
    """

    def __init__(self, database: Database, audience: Audience) -> None:
        self._database = database
        self._audience = audience
        self._log = ChangeLog(audience)

    async def request(self, confirmed: int, *, actor: Actor | str) -> Deletion:
        """Requests a deletion, to be run later. ``confirmed``: the number of products, as a person typed it.

        Raises :class:`NotConfirmed` if the number is another one, and :class:`DeletionBusy` if a deletion
        already waits or runs.
        """
        async with self._database.connection() as connection, connection.transaction():
            products = (await totals(connection)).products
            if confirmed != products:
                raise NotConfirmed(
                    f"There are {products:,} products, not {confirmed:,}. Confirm that number to delete them "
                    "all. While an import runs it goes on changing: wait for its end, or cancel it.",
                    products=products,
                )
            deletion_id = await connection.fetchval(statements("deletions")["request"], str(actor), products)
            if deletion_id is None:
                raise DeletionBusy("All products are being deleted already.")
            await record(connection, actor, "deletion.requested", f"deletion:{deletion_id}")
            return await read_deletion(connection, deletion_id)

    async def state(self, deletion_id: int) -> Deletion:
        """Returns the deletion's state. Raises :class:`DeletionNotFound`."""
        async with self._database.connection() as connection:
            return await read_deletion(connection, deletion_id)

    async def recent(self, limit: int = 20) -> list[Deletion]:
        """Returns the latest deletions, newest first."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("deletions")["recent"], limit)
            return [_deletion(row) for row in rows]

    async def due(self) -> list[tuple[int, int]]:
        """Returns the deletions that wait, or whose process died: ids, and for each a number that grows with
        every attempt.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("deletions")["due"], self._database.locks.deletions)
            return [(row["id"], row["attempts"]) for row in rows]

    async def run(self, deletion_id: int) -> Deletion:
        """Runs the deletion to its end and returns its state. One that has ended stays as it is.

        Raises :class:`DeletionNotFound`, :class:`DeletionBusy` if another process runs it, and
        :class:`DatabaseError` if the connection was lost: run it again then.
        """
        sql = statements("deletions")
        async with self._database.dedicated(f"deletion {deletion_id}") as connection:
            if not await connection.fetchval(
                sql["lock"], self._database.locks.deletions, second(deletion_id)
            ):
                raise DeletionBusy(f"Deletion {deletion_id} is being run by another process.")
            state = await read_deletion(connection, deletion_id)
            if state.ended:
                return state
            if await connection.fetchval(sql["expired"], deletion_id, VALID_SECONDS):
                await self._fail(
                    deletion_id, "It waited too long to begin, so nothing was deleted. Confirm again."
                )
            else:
                await connection.execute(sql["start"], deletion_id)
                async with connection.transaction():
                    await self._delete_all(connection, state)
                await self._audience.wake(connection, self._database.channel)
            return await read_deletion(connection, deletion_id)

    async def _fail(self, deletion_id: int, message: str) -> None:
        """Marks the deletion as failed; nothing was deleted."""
        async with self._database.connection() as connection:
            await connection.execute(statements("deletions")["fail"], deletion_id, message)

    async def _delete_all(self, connection: asyncpg.Connection, state: Deletion) -> None:
        sql = statements("deletions")
        await connection.execute(sql["begin"])
        author = Author(state.actor, "deletion")
        number = last = 0
        told = time.monotonic()
        while True:
            found = await connection.fetchrow(
                sql["delete_block"].format(**deleting()), last, BLOCK, BLOCK_BYTES
            )
            assert found is not None, "an aggregate gives a row"
            if not found["products"]:
                break
            await self._log.write(connection, author, deleted(found))
            number += found["products"]
            last = found["last_id"]
            if time.monotonic() - told > _TELL_SECONDS:
                told = time.monotonic()
                await self._tell(state.id, number)
        await connection.execute(sql["complete"], state.id, number, _difference(state.total, number))

    async def _tell(self, deletion_id: int, deleted: int) -> None:
        async with self._database.connection() as connection:
            await connection.execute(statements("deletions")["progress"], deletion_id, deleted)


def _difference(confirmed: int, deleted: int) -> str:
    """Returns a remark if other products were added or deleted between the confirmation and the deletion."""
    if deleted == confirmed:
        return ""
    what = "came" if deleted > confirmed else "were deleted"
    gone = "1 product was" if deleted == 1 else f"{deleted:,} products were"
    return f"{gone} deleted, and {confirmed:,} had been confirmed: others {what} before it began."


async def read_deletion(connection: asyncpg.Connection, deletion_id: int) -> Deletion:
    """Returns the deletion's state. Raises :class:`DeletionNotFound`."""
    row = await connection.fetchrow(statements("deletions")["state"], deletion_id)
    if row is None:
        raise DeletionNotFound(f"There is no deletion {deletion_id}.")
    return _deletion(row)


def _deletion(row: asyncpg.Record) -> Deletion:
    return Deletion(**{**dict(row), "status": Status(row["status"])})
