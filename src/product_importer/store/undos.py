"""Creates undos, and plans them: what they would change is computed from the log of changes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.cells.sku import sku_key
from product_importer.errors import HistoryGone
from product_importer.fields import NAMES
from product_importer.model import ListedUndo, Status, Undo, actor_words
from product_importer.store.actions import record, record_begun
from product_importer.store.changed_since import changed_since
from product_importer.store.changes.sets import BITS
from product_importer.store.changes.trails import Trails
from product_importer.store.deletions import read_deletion
from product_importer.store.import_rows import options_to_json
from product_importer.store.queries import statements
from product_importer.store.restoring import Restoring
from product_importer.store.undo_rows import NOTHING, Chosen, Kept, freed, undone
from product_importer.store.unmet import Unmet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    import asyncpg

    from product_importer.model import ChangedSince, ImportOptions
    from product_importer.product import Deletion
    from product_importer.store.changes.states import StoredSet
    from product_importer.store.connect import Database
    from product_importer.store.undo_rows import Undone

    Warned = tuple[Kept, str, str]
    """A product that stays, with the code and the message of the warning."""

    PlannedPart = tuple[Undone, list[Warned]]

CHANGED_SINCE: Final = "changed_since"
SKU_TAKEN: Final = "sku_taken"
"""The codes of warnings about products, or fields of products, that an undo leaves as they are."""

NOT_CHANGED: Final = "not_changed"
"""The code of warnings about products that were chosen, and that what is undone hasn't changed."""


class Undos:
    """The undos of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, undo: Undo, filename: str, options: ImportOptions, *, background: bool, author: str | None
    ) -> int:
        """Creates a queued undo and returns its id. ``filename``: what it is called in lists."""
        create = statements("undos").bound(
            "create",
            source=f"undo://{undo.of_import or undo.of_deletion or undo.of_change or 'moment'}",
            filename=filename,
            options=options_to_json(options),
            author=author,
            background=background,
            undone_import=undo.of_import,
            undone_deletion=undo.of_deletion,
            undone_change=undo.of_change,
            moment=undo.to,
            products=undo.products,
            skus=undo.skus,
            fields=undo.fields,
        )
        async with self._database.connection() as connection, connection.transaction():
            import_id = int(await connection.fetchval(*create))
            await record_begun(connection, author, import_id)
            await record(connection, author, *_act(undo))
        return import_id

    async def deletion(self, deletion_id: int) -> Deletion:
        """Returns the state of a deletion of all products. Raises :class:`DeletionNotFound`."""
        async with self._database.connection() as connection:
            return await read_deletion(connection, deletion_id)

    async def check_kept(self, since: datetime) -> None:
        """Raises :class:`HistoryGone` if the log doesn't go back to this time."""
        async with self._database.connection() as connection:
            kept: datetime = await connection.fetchval(statements("changes")["since"])
        if since < kept:
            raise HistoryGone(
                f"Changes before {kept:%Y-%m-%d %H:%M} UTC are no longer known, so what was changed "
                "before that can't be undone.",
                since=kept,
            )

    async def changed_since(self, moment: datetime, limit: int) -> ChangedSince:
        """Returns what has changed since the moment, with the ``limit`` latest imports."""
        async with self._database.connection() as connection:
            return await changed_since(connection, moment, limit)

    async def changed_any(self, import_id: int) -> bool:
        """Returns whether the log has any change by the import."""
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(statements("undos")["changed_any"], import_id))

    async def of_import(self, import_id: int) -> list[ListedUndo]:
        """Returns the undos of the import, newest first."""
        return await self._listed("undos", import_id)

    async def of_deletion(self, deletion_id: int) -> list[ListedUndo]:
        """Returns the undos of the deletion of all products, newest first."""
        return await self._listed("undos_of_deletion", deletion_id)

    async def _listed(self, statement: str, number: int) -> list[ListedUndo]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("undos")[statement], number)
        return [ListedUndo(row["id"], Status(row["status"])) for row in rows]

    async def change(self, number: int) -> asyncpg.Record:
        """Returns what is known of a change set, but for its data. Raises :class:`HistoryGone`."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(statements("changes")["numbered"], number)
        if row is None:
            raise HistoryGone(f"The log of changes has no change {number}, or no longer has it.")
        return row


class UndoPlanner:
    """Plans one undo from one snapshot of the log and of the products. Made by :func:`undo_planner`."""

    def __init__(
        self, connection: asyncpg.Connection, trails: Trails, undo: Undo, sets: list[asyncpg.Record]
    ) -> None:
        self._connection = connection
        self._trails = trails
        self._sets = [row["number"] for row in sets]
        self._chosen = _chosen(undo)
        self._unmet = Unmet(undo.products or (), undo.skus or ())
        # Only an undo of an undo gives SKUs from one product to another.
        self._moves_skus = trails.undoes(undo.of_import)
        self._freed = np.empty(0, np.int64)
        self._restoring = None if undo.to is None else Restoring(connection, trails, undo.to)
        self.records = sum(row["products"] for row in sets)

    async def parts(self) -> AsyncIterator[PlannedPart]:
        """Yields what undoing each of the sets would do, newest first, and the warnings of that."""
        for number in self._sets:
            changes = await self._trails.set(number)
            if changes is None:
                raise HistoryGone("Changes that are to be undone are no longer known.")
            part = await self._part(changes)
            self._unmet.meet(changes.data)
            yield part, [(kept, *await self._reason(kept)) for kept in part.kept]
        message = "What is undone has changed no such product."
        unmet = [(Kept(name, (), None), NOT_CHANGED, message) for name in self._unmet.names()]
        yield NOTHING, unmet

    async def _part(self, changes: StoredSet) -> Undone:
        if self._restoring is not None:
            return await self._restoring.undone(changes)
        part = await undone(self._connection, self._trails, changes, self._chosen, self._freed)
        if self._moves_skus:
            self._freed = np.concatenate([self._freed, freed(part.rows)])
        return part

    async def _reason(self, kept: Kept) -> tuple[str, str]:
        """Returns the code and the message of the warning about a product that stays."""
        if kept.taken:
            what = "get its SKU of before" if kept.fields else "come back"
            return SKU_TAKEN, f"It can't {what}: another product has that SKU."
        changes = None if kept.changed_by is None else await self._trails.set(kept.changed_by)
        if changes is None and kept.exists:
            return CHANGED_SINCE, "The product was changed by a program that writes no history."
        if changes is None:
            return CHANGED_SINCE, "There is no such product any more."
        by = f"by {actor_words(changes.actor)} at {changes.at:%Y-%m-%d %H:%M} UTC"
        if changes.kind == "deleted":
            return CHANGED_SINCE, f"The product was deleted {by}."
        what = f"The product's {_listed(kept.fields)}" if kept.fields else "The product"
        several = len(kept.fields) > 1 or "attributes" in kept.fields
        return CHANGED_SINCE, f"{what} {'were' if several else 'was'} changed {by}."


@asynccontextmanager
async def undo_planner(database: Database, undo: Undo, purpose: str) -> AsyncIterator[UndoPlanner]:
    """Opens a snapshot for planning. ``purpose``: that of the session."""
    async with (
        database.dedicated(purpose) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        sql = statements("changes")
        if undo.of_import is not None:
            sets = await connection.fetch(sql["sets_of_import"], undo.of_import)
        elif undo.of_deletion is not None:
            sets = await connection.fetch(sql["sets_of_deletion"], undo.of_deletion)
        elif undo.of_change is not None:
            sets = await connection.fetch(sql["numbered"], undo.of_change)
        else:
            sets = await connection.fetch(sql["sets_after"], undo.to)
        yield UndoPlanner(connection, await Trails.open(connection), undo, sets)


def _act(undo: Undo) -> tuple[str, str]:
    """Returns the name of the act and its subject: what is to be undone."""
    if undo.of_import is not None:
        return "import.undo_begun", f"import:{undo.of_import}"
    if undo.of_deletion is not None:
        return "deletion.undo_begun", f"deletion:{undo.of_deletion}"
    if undo.of_change is not None:
        return "change.undo_begun", f"change:{undo.of_change}"
    return "restore.begun", f"moment:{undo.to:%Y-%m-%dT%H:%M:%S%z}"


def _chosen(undo: Undo) -> Chosen:
    return Chosen(
        None if undo.products is None else np.array(undo.products, np.int64),
        None if undo.skus is None else pa.array([sku_key(sku) for sku in undo.skus], pa.string()),
        None if undo.fields is None else sum(BITS[name] for name in NAMES if name in undo.fields),
    )


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
