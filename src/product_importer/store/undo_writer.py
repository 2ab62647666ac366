"""Stores the plans of undos."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.errors import LeaseLost
from product_importer.model import VALUE_CHARS, Counts, Phase
from product_importer.store.copy import copy_batch
from product_importer.store.fenced import FencedWriter
from product_importer.store.plan_rows import CREATED, DELETED, packed
from product_importer.store.queries import statements
from product_importer.store.writer import COUNT_NAMES

if TYPE_CHECKING:
    import asyncpg

    from product_importer.store.undo_rows import Undone
    from product_importer.store.undos import PlannedPart, Warned


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
        if part.read:
            await self._keep(part, warnings)
        elif warnings:
            await self._transact(lambda: self._warn(warnings))
        self.warned.update(code for _, code, _ in warnings)

    async def _keep(self, part: Undone, warnings: list[Warned]) -> None:
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
