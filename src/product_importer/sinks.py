"""The event sinks: delivering to them, and what they still have to get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.outbox import Pace, Relay
from product_importer.ports import SinkHost
from product_importer.store.relaying import PostgresOutbox
from product_importer.store.sinks import StoredSinks
from product_importer.support.namespace import dsn_of_schema

if TYPE_CHECKING:
    import asyncio

    from product_importer.registry import PluginSet
    from product_importer.store.connect import Database

_STILL_SECONDS: Final = 30.0
"""What a relay may keep still, beyond the time that a delivery may take, until another takes over."""


class Sinks(StoredSinks):
    """The event sinks of one database, as ``Importer.sinks``.

    Every method raises :class:`DatabaseError` where the database fails, but for :meth:`relay`, which waits.
    """

    def __init__(self, database: Database, plugins: PluginSet, *, seconds: float) -> None:
        super().__init__(database)
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
