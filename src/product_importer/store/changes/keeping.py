"""Keeps the log of changes for some months: makes partitions for coming months, and drops old ones."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import asyncpg

from product_importer.errors import UsageError
from product_importer.fields import NAMES
from product_importer.store.changes.history import history
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from datetime import datetime

    from product_importer.model import ProductHistory
    from product_importer.store.connect import Database

_logger = logging.getLogger(__name__)

MOST_ENTRIES: Final = 200
"""Maximum number of entries in one part of a history."""


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

    async def history(
        self, product_id: int, *, field: str | None = None, before: int | None = None, limit: int = 20
    ) -> ProductHistory:
        """Returns the product's changes, newest first: those in which ``field`` changed, behind the entry
        with the number ``before``, at most ``limit``. There may be fewer though ``next`` leads to more. A
        deleted product has a history, too.

        Raises :class:`ProductNotFound`, and :class:`UsageError` for a field that doesn't exist or a limit
        that isn't from 1 to 200.
        """
        if field is not None and field not in NAMES:
            raise UsageError(f"There is no field {field!r}. Fields: {', '.join(NAMES)}.")
        if not 1 <= limit <= MOST_ENTRIES:
            raise UsageError(f"The limit has to be from 1 to {MOST_ENTRIES}; it is {limit}.")
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await history(connection, product_id, field=field, before=before, limit=limit)

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
