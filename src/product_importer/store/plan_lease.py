"""What the holder of an import's lease does with the import's plan."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from product_importer.store.changes.log import ChangeLog
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    import asyncpg

    from product_importer.model import ImportState, Undo
    from product_importer.store.applying import Applier
    from product_importer.store.connect import Database
    from product_importer.store.events import Audience
    from product_importer.store.undo_writer import UndoWriter
    from product_importer.store.undos import UndoPlanner


def writer_session(import_id: int) -> str:
    """Returns the purpose, and so the name, of the sessions that save the import's chunks."""
    return f"import {import_id} writer"


class PlanLease:
    """The part of a lease that is about the import's plan."""

    _database: Database
    _connection: asyncpg.Connection
    _import_id: int
    _token: int
    _audience: Audience
    _turn: asyncio.Lock

    async def applies_whole(self) -> bool:
        """Returns whether the plan is to be applied in one transaction."""
        async with self._turn:
            return bool(await self._connection.fetchval(statements("plans")["whole"], self._import_id))

    async def left(self) -> list[tuple[str, int]]:
        """Returns the chunks of the plan that must still be applied: their phases and first records."""
        async with self._turn:
            rows = await self._connection.fetch(statements("plans")["left"], self._import_id)
        return [(row["phase"], row["first"]) for row in rows]

    @asynccontextmanager
    async def applier(self) -> AsyncIterator[Applier]:
        from product_importer.store.applying import Applier  # noqa: PLC0415 - most imports have no plan

        async with self._database.dedicated(writer_session(self._import_id)) as connection:
            applier = Applier(connection, self._import_id, self._token, ChangeLog(self._audience))
            await applier.prepare()
            yield applier

    @asynccontextmanager
    async def undo_planner(self, undo: Undo) -> AsyncIterator[tuple[UndoPlanner, UndoWriter]]:
        """Begins to plan an undo; what was planned before is forgotten."""
        from product_importer.store.undo_writer import UndoWriter  # noqa: PLC0415 - few are undone
        from product_importer.store.undos import undo_planner  # noqa: PLC0415

        purpose = writer_session(self._import_id)
        async with self._database.dedicated(purpose) as connection:
            writer = UndoWriter(connection, self._import_id, self._token)
            await writer.begin()
            async with undo_planner(self._database, undo, purpose) as planner:
                yield planner, writer

    async def plan_again(self, message: str) -> None:
        """Ends the import as planned, as it was: its plan no longer fits, and nothing was changed."""
        await self._own("plan_again", file="plans", message=message)

    async def apply_now(self) -> None:
        """Lets the plan that was just made be applied by its owner."""
        await self._own("apply_now", file="plans")

    async def _settle_applied(self, state: ImportState) -> None:
        """Removes the plan, as the log has its changes now, and sets the statuses of what an undo undoes. To
        be called within the transaction that ends the import.
        """
        await self._connection.execute(statements("plans")["forget"], self._import_id)
        if state.undo is None:
            return
        changed = state.counts.created + state.counts.updated + state.counts.deleted > 0
        settle = statements("undos").bound("settle", import_id=self._import_id, changed=changed)
        await self._connection.execute(*settle)
        if state.undo.to is not None:
            await self._connection.execute(statements("undos")["settle_moment"], self._import_id)

    async def _own(self, statement: str, *, file: str = "imports", **values: object) -> asyncpg.Record:
        """Executes a statement under the lease's token."""
        raise NotImplementedError
