"""Deleting all products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.model import Actor
from product_importer.product import Deletion
from product_importer.store import deletions as store
from product_importer.store.connect import Database
from product_importer.store.events import Audience

if TYPE_CHECKING:
    from product_importer.registry import PluginSet


class Deletions:
    """Deletes all products of one database, as ``Importer.deletions``: asked for here, run here or elsewhere.

    A deletion happens at one moment. An import that runs meanwhile waits, and goes on; what it saved before
    that moment is gone, what it saves after it is there. Every method raises :class:`DatabaseError` where the
    database fails.
    """

    def __init__(self, database: Database, plugins: PluginSet) -> None:
        self._store = store.Deletions(database, Audience(plugins.event_sinks.values()))

    async def request(self, confirmed: int, *, actor: Actor | str) -> Deletion:
        """A deletion that waits to be run. ``confirmed``: how many products there are, typed by a person.

        Raises :class:`NotConfirmed` where that isn't so, and :class:`DeletionBusy` where another one waits or
        runs.
        """
        return await self._store.request(confirmed, str(actor))

    async def run(self, deletion_id: int) -> Deletion:
        """Runs it to its end and says how it ended; one that has ended stays as it is.

        Raises :class:`DeletionNotFound`, :class:`DeletionBusy` where another process runs it, and
        :class:`DatabaseError` where the connection was lost: run it again then.
        """
        return await self._store.run(deletion_id)

    async def state(self, deletion_id: int) -> Deletion:
        """Raises :class:`DeletionNotFound`."""
        return await self._store.state(deletion_id)

    async def recent(self, limit: int = 20) -> list[Deletion]:
        """The latest ones, newest first."""
        return await self._store.recent(limit)

    async def due(self) -> list[tuple[int, int]]:
        """The deletions that wait to be run, or whose process ended before they did: ids, and a number for
        each that grows with every attempt.
        """
        return await self._store.due()
