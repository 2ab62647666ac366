"""Keeps the log of changes for some months: makes partitions for coming months, and drops old ones."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import asyncpg

from product_importer.store.queries import statements

if TYPE_CHECKING:
    from datetime import datetime

    from product_importer.store.connect import Database

_logger = logging.getLogger(__name__)


class ChangeHistory:
    """The log of changes of one database, as ``Importer.changes``.

    ``months``: how many whole months are kept beside the present one.
    """

    def __init__(self, database: Database, months: int) -> None:
        self._database = database
        self._months = months

    async def since(self) -> datetime:
        """Returns the time since when the log is complete: that of the upgrade to the first version that
        writes it, or the beginning of the oldest month that is kept.
        """
        async with self._database.connection() as connection:
            found: datetime = await connection.fetchval(statements("changes")["since"])
            return found

    async def tidy(self) -> None:
        """Drops the months that are older than the setting says, and prepares the coming ones.

        A month stays as long as sinks still have to get its events. If the table is in use for long, this
        is left to the next call.
        """
        sql = statements("changes")
        for statement, arguments in ((sql["make_months"], ()), (sql["drop_months"], (self._months,))):
            async with self._database.connection() as connection:
                try:
                    async with connection.transaction():
                        await connection.execute(sql["wait_briefly"])
                        if await connection.fetchval(statement, *arguments) is True:
                            _logger.info(
                                "Changes of products that are older than %d months were dropped.",
                                self._months,
                            )
                except asyncpg.LockNotAvailableError:
                    _logger.info("The log of changes is in use; its months are looked after later.")
