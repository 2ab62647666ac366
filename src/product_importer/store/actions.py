"""Actions: requests whose actor no other row of the database keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from product_importer.model import Action, Actor
from product_importer.model.audit import WHOLE_AUDIT, AuditEntry, AuditFilter
from product_importer.store.connect import Database
from product_importer.store.queries import statements

_PAGE: Final = 1000


class Actions:
    """The actions in one database, as ``Importer.actions``: each has a subject and an actor.

    Actions are: beginning, cancelling, applying, resuming or undoing an import, giving up an upload, deleting
    all products, changes of profiles and schedules, retrying events that a sink failed to take, and the
    actions that plugins record. Requests without an actor are not recorded. Recorded actions can't be changed
    or deleted. Changes of products are in the log of changes; :meth:`audit` reads both.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(
        self, limit: int = 100, *, subject: str | None = None, before: int | None = None
    ) -> list[Action]:
        """Returns the latest actions, newest first, of all subjects or one, such as ``import:5``.

        With ``before``, only actions with lower ids are returned. Raises :class:`DatabaseError` if the
        database fails.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("actions")["recent"], limit, subject, before)
        return [Action(**row) for row in rows]

    async def audit(
        self, limit: int = 100, *, only: AuditFilter = WHOLE_AUDIT, before: str | None = None
    ) -> list[AuditEntry]:
        """Returns the latest actions and changes of products together, newest first.

        ``before``: the ``place`` of the entry after which the list goes on. Raises :class:`UsageError` if it
        is no such place, and :class:`DatabaseError`.
        """
        from product_importer.store.audit import audit_query, entry_of  # noqa: PLC0415 - no import needs it

        statement, values = audit_query(only, before)
        async with self._database.connection() as connection:
            return [entry_of(row) for row in await connection.fetch(statement, limit, *values)]

    async def audit_all(self, only: AuditFilter = WHOLE_AUDIT) -> AsyncIterator[AuditEntry]:
        """Yields all entries of :meth:`audit`, fetched page by page."""
        before = None
        while page := await self.audit(_PAGE, only=only, before=before):
            for entry in page:
                yield entry
            before = page[-1].place


async def record(
    connection: asyncpg.Connection, actor: Actor | str | None, action: str, subject: str
) -> None:
    """Records the action in the caller's transaction, if the actor is known."""
    if actor is not None:
        await connection.execute(statements("actions")["record"], str(actor), action, subject)


async def record_begun(connection: asyncpg.Connection, author: str | None, import_id: int) -> None:
    """Records in the caller's transaction that the author began the import, if the author is known."""
    await record(connection, author, "import.begun", f"import:{import_id}")
