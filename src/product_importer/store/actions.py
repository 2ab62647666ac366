"""Actions: requests whose actor no other row of the database keeps."""

from __future__ import annotations

import asyncpg

from product_importer.model import Action, Actor
from product_importer.store.connect import Database
from product_importer.store.queries import statements


class Actions:
    """The actions in one database, as ``Importer.actions``: each has a subject and an actor.

    Actions are: cancelling or resuming an import, giving up an upload, retrying events that a sink failed to
    take, and the actions that plugins record. Other actors are kept elsewhere: imports and uploads have an
    author, deletions have an actor, and changes of products have the actor in their events. Requests without
    an actor are not recorded.
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


async def record(
    connection: asyncpg.Connection, actor: Actor | str | None, action: str, subject: str
) -> None:
    """Records the action in the caller's transaction, if the actor is known."""
    if actor is not None:
        await connection.execute(statements("actions")["record"], str(actor), action, subject)
