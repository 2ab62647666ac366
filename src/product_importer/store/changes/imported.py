"""What an import has changed, from the log of changes: filtered, sorted and page by page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from product_importer.errors import ConflictError, HistoryGone
from product_importer.model import ChangeFilter, Status
from product_importer.store.changes.listing import FILTERED, columns_of, listed, narrow_rows
from product_importer.store.changes.sets import restored_part
from product_importer.store.changes.states import stored_set, to_set
from product_importer.store.import_rows import read_state
from product_importer.store.listed_changes import NarrowRows
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    import asyncpg
    import pyarrow as pa

    from product_importer.model import ChangePage, ChangeSort, ChangeSummary, ImportState, ListedChange
    from product_importer.store.changes.listing import Chosen
    from product_importer.store.changes.states import StoredSet
    from product_importer.store.connect import Database
    from product_importer.store.listed_changes import Found


class ImportedChanges:
    """The changes that one import has made."""

    def __init__(self, database: Database, import_id: int) -> None:
        self._database = database
        self._import_id = import_id

    async def check(self) -> None:
        """Raises :class:`ImportNotFound`, :class:`ConflictError` (``not_ended``) if the import goes on or is
        only planned, and :class:`HistoryGone` if the log doesn't go back to its changes.
        """
        async with self._database.connection() as connection:
            state = await read_state(connection, self._import_id)
            since = await connection.fetchval(statements("changes")["since"])
        if state.status is Status.PLANNED or not state.ended:
            raise ConflictError(
                f"Import {state.id} hasn't ended yet. What it has changed is listed at its end.",
                code="not_ended",
            )
        if (state.started_at or state.created_at) < since and _changes_anything(state):
            raise HistoryGone(
                f"Changes before {since:%Y-%m-%d %H:%M} UTC are no longer known, so neither are those of "
                f"import {state.id}.",
                since=since,
            )

    async def page(self, wanted: ChangeFilter, sort: ChangeSort, after: int, limit: int) -> ChangePage:
        """Returns ``limit`` changes that match, after the first ``after`` of them."""
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            rows = await connection.fetch(statements("changes")["narrow_sets"], self._import_id)
            found = await asyncio.to_thread(_found, rows, wanted, sort, after, limit)
            places: dict[int, list[int]] = {}
            for part, position in found.places:
                places.setdefault(rows[part]["number"], []).append(position)
            stored = await connection.fetch(statements("changes")["sets"], list(places))
            chosen = await asyncio.to_thread(_chosen, stored, places)
            lists = await listed(connection, chosen)
        changes = {
            (changes.number, position): change
            for (changes, positions), several in zip(chosen, lists, strict=True)
            for position, change in zip(positions.tolist(), several, strict=True)
        }
        return found.page([changes[rows[part]["number"], position] for part, position in found.places])

    async def summary(self) -> ChangeSummary:
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("changes")["narrow_sets"], self._import_id)
        return await asyncio.to_thread(lambda: _narrow(rows, keys=False).summary())

    async def all(self, wanted: ChangeFilter) -> AsyncIterator[ListedChange]:
        """Yields all changes that match, in the order in which they were made, set by set."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("changes")["sets_of_import"], self._import_id)
        for number in reversed([row["number"] for row in rows]):
            async with (
                self._database.connection() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                changes = await stored_set(connection, number)
                if changes is None:
                    raise HistoryGone("Changes of the import are no longer known.")
                positions = await asyncio.to_thread(_matching, changes, wanted)
                (matching,) = await listed(connection, [(changes, positions)])
            for change in matching:
                yield change


def _chosen(stored: Sequence[asyncpg.Record], places: Mapping[int, Sequence[int]]) -> list[Chosen]:
    return [(to_set(row), np.array(places[row["number"]])) for row in stored]


def _changes_anything(state: ImportState) -> bool:
    counts = state.counts
    return bool(counts.created + counts.updated + counts.deleted + counts.deactivated + counts.removed)


def _found(
    rows: Sequence[asyncpg.Record], wanted: ChangeFilter, sort: ChangeSort, after: int, limit: int
) -> Found:
    return _narrow(rows, keys=bool(wanted.sku) or sort == "sku").found(wanted, sort, after, limit)


def _narrow(rows: Sequence[asyncpg.Record], *, keys: bool) -> NarrowRows:
    return NarrowRows([_narrow_part(row, keys=keys) for row in rows])


def _narrow_part(row: asyncpg.Record, *, keys: bool) -> pa.RecordBatch:
    columns = (*(FILTERED if row["kind"] == "updated" else ()), *(("sku",) if keys else ()))
    data = columns_of(restored_part(row["narrow"], columns)) if columns else {}
    return narrow_rows(row["kind"], row["products"], data, keys=keys)


def _matching(changes: StoredSet, wanted: ChangeFilter) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    keys = bool(wanted.sku)
    rows = NarrowRows([narrow_rows(changes.kind, changes.data.num_rows, columns_of(changes.data), keys=keys)])
    return np.flatnonzero(rows.matching(wanted))
