"""Follows the log of changes: all change sets after a moment, in an order that doesn't change."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from product_importer.cells.shortening import quoted
from product_importer.errors import HistoryGone, UsageError
from product_importer.model import ChangeSet
from product_importer.store.changes.listing import listed
from product_importer.store.changes.states import stored_set
from product_importer.store.queries import statements
from product_importer.support.known import check_moment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from product_importer.store.connect import Database

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_POSITION: Final = re.compile(r"([0-9]{1,17})-([0-9]{1,18})")
_HIGHEST: Final = (1 << 63) - 1
_SETS: Final = 100


async def sets_since(database: Database, after: datetime | str) -> AsyncIterator[ChangeSet]:
    """Yields the sets after a moment, or after the set with this position."""
    at, number = _place(after)
    while True:
        async with database.connection() as connection:
            sql = statements("changes")
            kept: datetime = await connection.fetchval(sql["since"])
            if at < kept:
                raise HistoryGone(
                    f"Changes before {kept:%Y-%m-%d %H:%M} UTC are no longer known.", since=kept
                )
            # Before the sets are read: a transaction that is still open may have written an earlier one.
            settled = await connection.fetchval(sql["settled_until"])
            rows = await connection.fetch(sql["sets_from"], at, number, settled, _SETS)
        if not rows:
            return
        for row in rows:
            yield await _set(database, row["number"])
        at, number = rows[-1]["at"], rows[-1]["number"]


async def _set(database: Database, number: int) -> ChangeSet:
    async with (
        database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        stored = await stored_set(connection, number)
        if stored is None:
            raise HistoryGone("The next changes are no longer known.")
        (changes,) = await listed(connection, [(stored, np.arange(stored.data.num_rows))])
    return ChangeSet(
        position=f"{(stored.at - _EPOCH) // _MICROSECOND}-{stored.number}",
        number=stored.number,
        at=stored.at,
        actor=stored.actor,
        cause=stored.cause,
        import_id=stored.import_id,
        changes=tuple(changes),
    )


def _place(after: datetime | str) -> tuple[datetime, int]:
    if isinstance(after, datetime):
        check_moment(after)
        return after, _HIGHEST
    found = _POSITION.fullmatch(after)
    if found is None:
        raise UsageError(f"The log can't be followed from {quoted(after)}. Begin with a moment.")
    return _EPOCH + int(found[1]) * _MICROSECOND, int(found[2])
