"""The files of imports in the storage: how long they are kept, and who removes them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from product_importer.errors import StorageError
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from product_importer.ports import Storage
    from product_importer.store.connect import Database

_logger = logging.getLogger(__name__)

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

    async def write(self, source: str, offset: int, part: bytes) -> None:
        """Writes a part of a file into the storage. If there is no room, files that are kept for their days
        only are removed, those of the oldest imports first, until there is.
        """
        tried: list[str] = []
        while True:
            try:
                return await self.storage.write(source, offset, part)
            except StorageError as error:
                if error.code != "disk_full" or not await self._make_room(tried):
                    raise

    async def discard(self, source: str) -> None:
        """Removes the file, unless an upload or an import still needs it.

        A request to run an import of this file again waits meanwhile, and then finds the file gone.
        """
        await self._discard(source, self._days)

    async def _make_room(self, tried: list[str]) -> bool:
        """Removes the file of the oldest import that could do without; returns whether there was one.

        ``tried``: files that were chosen before; the present one is added.
        """
        resumable, _ = self._days
        while True:
            async with self._database.connection() as connection:
                row = await connection.fetchrow(statements("uploads")["oldest_kept"], resumable, tried)
            if row is None:
                return False
            tried.append(row["source"])
            if await self._discard(row["source"], (resumable, 0.0)):
                _logger.warning(
                    "The file of import %d was removed: the storage had no room for a new one.", row["id"]
                )
                return True

    async def _discard(self, source: str, days: tuple[float, float]) -> bool:
        if not self.storage.holds(source):
            return False
        sql = statements("uploads")
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(sql["lock_file"], source)
            if await connection.fetchval(sql["needed"], source, *days):
                return False
            await self.storage.remove(source)
            await connection.execute(sql["file_removed"], source)
            return True

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
