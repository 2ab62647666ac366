"""The sinks as PostgreSQL has them: which events each must still get, and why deliveries fail."""

from __future__ import annotations

from product_importer.errors import UsageError
from product_importer.model import Actor, SinkState
from product_importer.store.actions import record
from product_importer.store.connect import Database
from product_importer.store.queries import statements
from product_importer.store.relaying import KEEP_DAYS


class StoredSinks:
    """The sinks of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def states(self) -> list[SinkState]:
        """Returns the state of every sink that was ever served, sorted by name."""
        async with self._database.connection() as connection:
            return [SinkState(**row) for row in await connection.fetch(statements("relay")["states"])]

    async def fresh(self) -> int:
        """Returns the number of batches that no relay has queued yet."""
        async with self._database.connection() as connection:
            return int(await connection.fetchval(statements("relay")["fresh"]))

    async def tidy(self) -> None:
        """Deletes events that are older than 30 days, if no relay has ever run to deliver them."""
        async with self._database.connection() as connection:
            await connection.execute(statements("relay")["forget_unheard"], KEEP_DAYS)

    async def retry(self, name: str, *, actor: Actor | str | None = None) -> int:
        """Retries the batches that the sink failed to take, including given-up ones; returns their number.

        ``Importer.actions`` names ``actor``. Raises :class:`UsageError` if no such sink was ever served.
        """
        known = [state.name for state in await self.states()]
        if name not in known:
            raise UsageError(f"There is no event sink {name!r}. Known: {', '.join(known) or 'none'}.")
        async with self._database.connection() as connection, connection.transaction():
            done = await connection.execute(statements("relay")["retry"], name)
            await record(connection, actor, "sink.retried", f"sink:{name}")
        return int(done.rpartition(" ")[2])
