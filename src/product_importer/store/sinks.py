"""The event sinks as PostgreSQL has them: what each is still to get, and why it fails."""

from __future__ import annotations

from product_importer.errors import UsageError
from product_importer.model import Actor, SinkState
from product_importer.store.actions import record
from product_importer.store.connect import Database
from product_importer.store.queries import statements
from product_importer.store.relaying import KEEP_DAYS


class StoredSinks:
    """The event sinks of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def states(self) -> list[SinkState]:
        """Every sink that was served before, by name."""
        async with self._database.connection() as connection:
            return [SinkState(**row) for row in await connection.fetch(statements("relay")["states"])]

    async def fresh(self) -> int:
        """How many batches of events no relay has seen yet."""
        async with self._database.connection() as connection:
            return int(await connection.fetchval(statements("relay")["fresh"]))

    async def tidy(self) -> None:
        """Forgets events of more than 30 days ago where no relay has ever been to deliver them."""
        async with self._database.connection() as connection:
            await connection.execute(statements("relay")["forget_unheard"], KEEP_DAYS)

    async def retry(self, name: str, *, actor: Actor | str | None = None) -> int:
        """Has what the sink failed to take tried again, also what was given up; says how many batches.

        ``Importer.actions`` names ``actor``. Raises :class:`UsageError` where no such sink was ever served.
        """
        known = [state.name for state in await self.states()]
        if name not in known:
            raise UsageError(f"There is no event sink {name!r}. Known: {', '.join(known) or 'none'}.")
        async with self._database.connection() as connection, connection.transaction():
            done = await connection.execute(statements("relay")["retry"], name)
            await record(connection, actor, "sink.retried", f"sink:{name}")
        return int(done.rpartition(" ")[2])
