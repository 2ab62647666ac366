"""The log of changes as ``Importer.changes``: reads it, and keeps it for some months.

Every import looks after the months. What reads the log is imported where it is needed.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

import asyncpg

from product_importer.errors import UsageError
from product_importer.fields import NAMES
from product_importer.model import CHANGE_SORTS, PAGE_CHANGES
from product_importer.store.queries import statements
from product_importer.support.known import check_known, check_moment, known_changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from product_importer.model import (
        ChangeKind,
        ChangePage,
        ChangeSet,
        ChangeSort,
        ChangeSummary,
        ListedChange,
        Notable,
        ProductComparison,
        ProductHistory,
        ProductOrigins,
    )
    from product_importer.store.changes.imported import ImportedChanges
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

    async def known_since(self) -> datetime:
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
        from product_importer.store.changes.history import history  # noqa: PLC0415

        if field is not None and field not in NAMES:
            raise UsageError(f"There is no field {field!r}. Fields: {', '.join(NAMES)}.")
        if not 1 <= limit <= MOST_ENTRIES:
            raise UsageError(f"The limit has to be from 1 to {MOST_ENTRIES}; it is {limit}.")
        async with self._snapshot() as connection:
            return await history(connection, product_id, field=field, before=before, limit=limit)

    async def origins(self, product_id: int) -> ProductOrigins:
        """Returns who set each field of the product last. Raises :class:`ProductNotFound`."""
        from product_importer.store.changes.history import origins  # noqa: PLC0415

        async with self._snapshot() as connection:
            return await origins(connection, product_id)

    async def compare(
        self, product_id: int, earlier: int | datetime, later: int | datetime | None = None
    ) -> ProductComparison:
        """Compares a product at two moments: a moment is a time, or the number of an entry of the product's
        history and means the time just after it. Without ``later``, it is compared with the present.

        Raises :class:`ProductNotFound`, :class:`UsageError` if there is no such entry or the earlier moment
        lies after the later one, and :class:`HistoryGone` if the log doesn't go back so far.
        """
        from product_importer.store.changes.history import comparison  # noqa: PLC0415

        for each in (earlier, later):
            if isinstance(each, datetime):
                check_moment(each)
        async with self._snapshot() as connection:
            return await comparison(connection, product_id, earlier, later)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[asyncpg.Connection]:
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def page(
        self,
        import_id: int,
        *,
        kind: ChangeKind | None = None,
        field: str | None = None,
        sku: str | None = None,
        notable: Notable | None = None,
        sort: ChangeSort = "line",
        after: int = 0,
        limit: int = PAGE_CHANGES,
    ) -> ChangePage:
        """Returns a page of the changes that an ended import has made, as ``Importer.imports.plan`` does it
        for a planned one. ``sort``: ``line`` is the order in which the changes were made; the log doesn't
        know the places of rows in the file.

        Raises :class:`ImportNotFound`, :class:`UsageError` for an unknown kind, field, sort or notable,
        :class:`ConflictError` (``not_ended``) for an import that goes on or is only planned, and
        :class:`HistoryGone` if the log doesn't go back to its changes.
        """
        wanted = known_changes(kind, field, sku, notable)
        check_known("order of changes", sort, CHANGE_SORTS)
        return await (await self._imported(import_id)).page(wanted, sort, after, limit)

    async def summary(self, import_id: int) -> ChangeSummary:
        """Returns the numbers of the changes that an ended import has made. Raises as :meth:`page` does."""
        return await (await self._imported(import_id)).summary()

    async def of_import(
        self,
        import_id: int,
        *,
        kind: ChangeKind | None = None,
        field: str | None = None,
        sku: str | None = None,
        notable: Notable | None = None,
    ) -> AsyncIterator[ListedChange]:
        """Yields all changes that an ended import has made and that match, in the order in which they were
        made. They are read some thousand at a time. Raises as :meth:`page` does.
        """
        wanted = known_changes(kind, field, sku, notable)
        async for change in (await self._imported(import_id)).all(wanted):
            yield change

    async def since(self, after: datetime | str) -> AsyncIterator[ChangeSet]:
        """Yields all change sets after a moment, or after the set with the position ``after``, by whomever,
        until now. To go on later, keep the position of the last set: no set is left out, and none comes
        twice. A set comes as soon as no transaction is open that began before the set was written.

        Raises :class:`UsageError` for a moment without a time zone and for what is no position, and
        :class:`HistoryGone` if the log doesn't go back so far.
        """
        from product_importer.store.changes.following import sets_since  # noqa: PLC0415

        async for changes in sets_since(self._database, after):
            yield changes

    async def _imported(self, import_id: int) -> ImportedChanges:
        from product_importer.store.changes.imported import ImportedChanges  # noqa: PLC0415

        changes = ImportedChanges(self._database, import_id)
        await changes.check()
        return changes

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
