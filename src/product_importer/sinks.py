"""The event sinks: deliveries to them, and their queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.ports import SinkHost
from product_importer.store.sinks import StoredSinks
from product_importer.support.namespace import dsn_of_schema

if TYPE_CHECKING:
    import asyncio

    from product_importer.outbox import Relay
    from product_importer.registry import PluginSet
    from product_importer.store.connect import Database

_STILL_SECONDS: Final = 30.0
"""How long a relay may be silent, beyond the time limit of a delivery, until another one takes over."""


class Sinks(StoredSinks):
    """The event sinks of one database, as ``Importer.sinks``.

    Every method raises :class:`DatabaseError` if the database fails, except :meth:`relay`, which waits.
    """

    def __init__(self, database: Database, plugins: PluginSet, *, seconds: float) -> None:
        super().__init__(database)
        self._database = database
        self._plugins = plugins
        self._host = SinkHost(dsn_of_schema(database.dsn, database.schema), database.schema)
        self._seconds = seconds

    async def relay(self, stop: asyncio.Event) -> None:
        """Delivers events until ``stop`` is set. Any number of processes may do so at the same time."""
        await self._relay().run(stop)

    async def relay_once(self) -> None:
        """Delivers the batches that are due and whose sink no other relay holds."""
        await self._relay().run_once()

    def _relay(self) -> Relay:
        from product_importer.outbox import Pace, Relay  # noqa: PLC0415 - an import only writes events
        from product_importer.store.relaying import PostgresOutbox  # noqa: PLC0415 - as above

        outbox = PostgresOutbox(self._database, still_seconds=self._seconds + _STILL_SECONDS)
        return Relay(outbox, self._plugins, self._host, Pace(deliver=self._seconds))
