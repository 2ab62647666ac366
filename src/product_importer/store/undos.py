"""Creates undos, and plans them: what they would change is computed from the log of changes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.cells.sku import sku_key
from product_importer.errors import HistoryGone, LeaseLost
from product_importer.fields import NAMES
from product_importer.model import VALUE_CHARS, Counts, Phase, Undo
from product_importer.store.actions import record, record_begun
from product_importer.store.changes.sets import BITS
from product_importer.store.changes.trails import Trails
from product_importer.store.copy import copy_batch
from product_importer.store.deletions import read_deletion
from product_importer.store.fenced import FencedWriter
from product_importer.store.import_rows import options_to_json
from product_importer.store.plan_rows import CREATED, DELETED, packed
from product_importer.store.queries import statements
from product_importer.store.restoring import Restoring
from product_importer.store.undo_rows import Chosen, freed, undone
from product_importer.store.writer import COUNT_NAMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    import asyncpg

    from product_importer.model import ImportOptions
    from product_importer.product import Deletion
    from product_importer.store.changes.states import StoredSet
    from product_importer.store.connect import Database
    from product_importer.store.undo_rows import Kept, Undone

    Warned = tuple[Kept, str, str]
    """A product that stays, with the code and the message of the warning."""

    PlannedPart = tuple[Undone, list[Warned]]

CHANGED_SINCE: Final = "changed_since"
SKU_TAKEN: Final = "sku_taken"
"""The codes of warnings about products, or fields of products, that an undo leaves as they are."""


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
            source=f"undo://{undo.of_import or undo.of_deletion or 'moment'}",
            filename=filename,
            options=options_to_json(options),
            author=author,
            background=background,
            undone_import=undo.of_import,
            undone_deletion=undo.of_deletion,
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


class UndoPlanner:
    """Plans one undo from one snapshot of the log and of the products. Made by :func:`undo_planner`."""

    def __init__(
        self, connection: asyncpg.Connection, trails: Trails, undo: Undo, sets: list[asyncpg.Record]
    ) -> None:
        self._connection = connection
        self._trails = trails
        self._sets = [row["number"] for row in sets]
        self._chosen = _chosen(undo)
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
            yield part, [(kept, *await self._reason(kept)) for kept in part.kept]

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
        if changes is None:
            return CHANGED_SINCE, "There is no such product any more."
        by = f"by {changes.actor} at {changes.at:%Y-%m-%d %H:%M} UTC"
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
        else:
            sets = await connection.fetch(sql["sets_after"], undo.to)
        yield UndoPlanner(connection, await Trails.open(connection), undo, sets)


class UndoWriter(FencedWriter):
    """Stores an undo's plan, a chunk for each change set, over one connection."""

    def __init__(self, connection: asyncpg.Connection, import_id: int, lease_token: int) -> None:
        super().__init__(connection, import_id, lease_token)
        self._first = 1
        self.warned: Counter[str] = Counter()

    @property
    def records(self) -> int:
        """The number of products in all chunks so far."""
        return self._first - 1

    async def begin(self) -> None:
        """Begins the plan anew: one that was interrupted is forgotten. To be called before the planner's
        snapshot is taken.
        """

        async def body() -> None:
            await self._connection.execute(statements("undos")["begin"], self._import_id)
            await self._own("began")

        await self._transact(body)

    async def size(self, records: int) -> None:
        """Records how many products there are, at most while they are being planned, and the warnings."""
        await self._own("sized", records=records, counts=json.dumps(self.warned))

    async def keep(self, planned: PlannedPart) -> None:
        """Stores a chunk of the plan."""
        part, warnings = planned
        if not part.read:
            return
        kinds = part.rows.column("kind").to_numpy()
        created, deleted = np.count_nonzero(kinds == CREATED), np.count_nonzero(kinds == DELETED)
        counts = Counts(
            read=part.read,
            created=int(created),
            updated=int(len(kinds) - created - deleted),
            unchanged=int(part.unchanged),
            deleted=int(deleted),
            skipped=int(part.skipped),
        )
        rows = part.rows.set_column(
            part.rows.schema.get_field_index("record"),
            "record",
            pa.array(np.arange(self._first, self._first + part.rows.num_rows)),
        )
        stored = await asyncio.to_thread(packed, rows) if rows.num_rows else None

        async def body() -> None:
            await self._connection.execute(
                *statements("imports").bound(
                    "record_chunk",
                    import_id=self._import_id,
                    token=self._lease_token,
                    phase=Phase.SAVING.value,
                    first=self._first,
                    last=self._first + part.read - 1,
                    planned=True,
                    unknown_sku=0,
                    known_sku=0,
                    **{name: getattr(counts, name) for name in COUNT_NAMES},
                )
            )
            if stored is not None:
                narrow, payload, ends = stored
                await self._connection.execute(
                    *statements("plans").bound(
                        "keep",
                        import_id=self._import_id,
                        phase=Phase.SAVING.value,
                        first=self._first,
                        changes=rows.num_rows,
                        names=[],
                        narrow=narrow,
                        payload=payload,
                        ends=ends,
                    )
                )
            await self._warn(warnings)

        await self._transact(body)
        self._first += part.read
        self.warned.update(code for _, code, _ in warnings)

    async def _warn(self, warnings: list[Warned]) -> None:
        if not warnings:
            return
        number = len(warnings)
        first = self.warned.total() + 1
        columns = {
            "import_id": pa.array([self._import_id] * number, pa.int64()),
            "number": pa.array(range(first, first + number), pa.int64()),
            "code": pa.array([code for _, code, _ in warnings]),
            "header": pa.array([", ".join(kept.fields) or None for kept, _, _ in warnings], pa.string()),
            "value": pa.array([kept.sku[:VALUE_CHARS] for kept, _, _ in warnings]),
            "message": pa.array([message for _, _, message in warnings]),
        }
        await copy_batch(self._connection, "import_warnings", pa.RecordBatch.from_pydict(columns))

    async def _own(self, statement: str, **values: object) -> None:
        query = statements("undos").bound(
            statement, import_id=self._import_id, token=self._lease_token, **values
        )
        if await self._connection.fetchval(*query) is None:
            raise LeaseLost(f"Import {self._import_id} has been taken over by another process.")


def _act(undo: Undo) -> tuple[str, str]:
    """Returns the name of the act and its subject: what is to be undone."""
    if undo.of_import is not None:
        return "import.undo_begun", f"import:{undo.of_import}"
    if undo.of_deletion is not None:
        return "deletion.undo_begun", f"deletion:{undo.of_deletion}"
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
