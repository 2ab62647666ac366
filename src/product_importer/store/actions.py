"""Who asked for what: requests that no other row of the database keeps the actor of."""

from __future__ import annotations

import asyncpg

from product_importer.model import Action, Actor
from product_importer.store.connect import Database
from product_importer.store.queries import statements


class Actions:
    """The actions in one database, as ``Importer.actions``: what somebody asked for, and who that was.

    They are cancelling imports and going on with them, giving uploads up, having events tried again that a
    sink failed to take, and what plugins record of their own. Who made an import or an upload is its author,
    who asked for a deletion its actor, and changes of products have theirs in their events. Requests without
    an actor are not recorded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(
        self, limit: int = 100, *, subject: str | None = None, before: int | None = None
    ) -> list[Action]:
        """The latest actions, newest first: all of them, or those on one subject, such as ``import:5``.

        With ``before``, the latest of those whose ids are below it. Raises :class:`DatabaseError` where the
        database fails.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("actions")["recent"], limit, subject, before)
        return [Action(**row) for row in rows]


async def record(
    connection: asyncpg.Connection, actor: Actor | str | None, action: str, subject: str
) -> None:
    """Records the action in the transaction of what it changes, unless nobody told the actor."""
    if actor is not None:
        await connection.execute(statements("actions")["record"], str(actor), action, subject)
