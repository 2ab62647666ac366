"""The files of imports in the storage: how long they are kept, and who removes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.store.queries import statements

if TYPE_CHECKING:
    from product_importer.ports import Storage
    from product_importer.store.connect import Database

_BATCH: Final = 100


class KeptFiles:
    """The kept files of one database and one ``storage``.

    ``resumable_days``: how long the file of a failed or cancelled import is kept, so that it can be resumed;
    ``days``: how long that of any ended import is kept. All methods raise :class:`DatabaseError` and
    :class:`StorageError`.
    """

    def __init__(self, database: Database, storage: Storage, *, resumable_days: float, days: float) -> None:
        self.storage = storage
        self._database = database
        self._days = (resumable_days, days)

    async def discard(self, source: str) -> None:
        """Removes the file, unless an upload or an import still needs it.

        A request to run an import of this file again waits meanwhile, and then finds the file gone.
        """
        if not self.storage.holds(source):
            return
        sql = statements("uploads")
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(sql["lock_file"], source)
            if not await connection.fetchval(sql["needed"], source, *self._days):
                await self.storage.remove(source)
                await connection.execute(sql["file_removed"], source)

    async def discard_expired(self) -> None:
        """Removes the files of imports that ended long enough ago, batch by batch."""
        after = ""
        while True:
            async with self._database.connection() as connection:
                rows = await connection.fetch(
                    statements("uploads")["expired_files"], *self._days, after, _BATCH
                )
            for row in rows:
                await self.discard(row["source"])
            if len(rows) < _BATCH:
                return
            after = rows[-1]["source"]
