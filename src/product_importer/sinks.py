"""The event sinks: delivering to them, and what they still have to get."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from product_importer.errors import UsageError
from product_importer.namespace import dsn_of_schema
from product_importer.outbox import Pace, Relay
from product_importer.ports import SinkHost
from product_importer.store.relaying import PostgresOutbox

if TYPE_CHECKING:
    from product_importer.model import SinkState
    from product_importer.registry import PluginSet
    from product_importer.store.connect import Database

_STILL_SECONDS: Final = 30.0
"""What a relay may keep still, beyond the time that a delivery may take, until another takes over."""


class Sinks:
    """The event sinks of one database, as ``Importer.sinks``.

    Every method raises :class:`DatabaseError` where the database fails, but for :meth:`relay`, which waits.
    """

    def __init__(self, database: Database, plugins: PluginSet, *, seconds: float) -> None:
        self._outbox = PostgresOutbox(database, still_seconds=seconds + _STILL_SECONDS)
        self._plugins = plugins
        self._host = SinkHost(dsn_of_schema(database.dsn, database.schema), database.schema)
        self._pace = Pace(deliver=seconds)

    async def relay(self, stop: asyncio.Event) -> None:
        """Delivers events until ``stop`` is set. Any number of processes may do so at the same time."""
        await Relay(self._outbox, self._plugins, self._host, self._pace).run(stop)

    async def relay_once(self) -> None:
        """Delivers the batches that are due and whose sink no other relay holds."""
        await Relay(self._outbox, self._plugins, self._host, self._pace).run_once()

    async def states(self) -> list[SinkState]:
        """Every sink that was served before, by name."""
        return await self._outbox.states()

    async def fresh(self) -> int:
        """How many batches of events no relay has seen yet."""
        return await self._outbox.fresh()

    async def tidy(self) -> None:
        """Forgets events of more than 30 days ago where no relay has ever been to deliver them."""
        await self._outbox.forget_unheard()

    async def retry(self, name: str) -> int:
        """Has what the sink failed to take tried again, also what was given up; says how many batches.

        Raises :class:`UsageError` where no such sink was ever served.
        """
        known = [state.name for state in await self.states()]
        if name not in known:
            raise UsageError(f"There is no event sink {name!r}. Known: {', '.join(known) or 'none'}.")
        return await self._outbox.retry(name)
