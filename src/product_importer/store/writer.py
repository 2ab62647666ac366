"""Saves chunks: merge, events, rejected rows, counters and checkpoint in one transaction each."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

import asyncpg
import numpy as np
import pyarrow as pa

from product_importer.errors import ImportCancelled, LeaseLost
from product_importer.fields import NAMES
from product_importer.model import CHUNK_ROWS, Actor, ActorKind, Counts, Phase
from product_importer.ports import Chunk, Terms
from product_importer.store import events
from product_importer.store.columns import COLUMNS, merging
from product_importer.store.copy import copy_batch
from product_importer.store.queries import statements

_ATTEMPTS: Final = 50
_PAUSE: Final = 0.02
"""Seconds between attempts, growing with each. A conflict means that another transaction was committed, so
there is progress; the number of attempts is a limit for impossible cases.
"""

_DEACTIVATE_BLOCK: Final = CHUNK_ROWS

_COLUMN: Final = {"digest": "merged"}
"""The columns of the table of products whose names differ from those of a chunk."""

COUNT_NAMES: Final = tuple(field.name for field in fields(Counts))
"""The counters, in the order of :class:`Counts` and of the columns of import_chunks."""


class _Conflict(Exception):
    """Rows changed between look-up and write, or don't exist as expected."""


class _Expected(enum.Enum):
    """The expected kind of a chunk's rows, as in the chunk before. If it is wrong, the chunk is redone."""

    UNKNOWN = enum.auto()
    NEW = enum.auto()
    CHANGED = enum.auto()


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """The results of a merge."""

    created: int
    updated: int
    unchanged: int


class PostgresChunkWriter:
    """A :class:`~product_importer.ports.ChunkWriter` on its own connection, set up by :meth:`prepare`."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        import_id: int,
        lease_token: int,
        began: datetime,
        terms: Terms,
        audience: events.Audience,
    ) -> None:
        self._connection = connection
        self._import_id = import_id
        self._lease_token = lease_token
        self._began = began
        self._terms = terms
        self._merging = merging(terms.clear)
        self._audience = audience
        self._actor = str(Actor(ActorKind.IMPORT, str(import_id)))
        self._transaction = 0  # the lowest 32 bits of the transaction's id, as a signed number
        self._expected = _Expected.UNKNOWN
        self._guessing = True

    async def prepare(self) -> None:
        await self._connection.execute(statements("merge")["prepare"].format(columns=COLUMNS))

    async def save(self, chunk: Chunk) -> None:
        async def body() -> None:
            done = await self._merge(chunk.rows)
            await self._copy_rejects(chunk.rejects)
            counts = Counts(
                read=chunk.read,
                created=done.created,
                updated=done.updated,
                unchanged=done.unchanged + chunk.unchanged,
                duplicate=chunk.duplicate,
                invalid=chunk.rejects.num_rows,
                skipped=chunk.skipped,
            )
            await self._record(Phase.SAVING, chunk.first, chunk.last, counts)

        await self._transact(body)

    async def save_rejects(self, chunk: Chunk) -> None:
        async def body() -> None:
            await self._copy_rejects(chunk.rejects)
            counts = Counts(read=chunk.rejects.num_rows, invalid=chunk.rejects.num_rows)
            await self._record(Phase.READING, chunk.first, chunk.last, counts)

        if chunk.rejects.num_rows:
            await self._transact(body)

    async def deactivate_missing(self, keys: AsyncIterator[pa.StringArray]) -> None:
        async for batch in keys:
            await copy_batch(self._connection, "present", pa.RecordBatch.from_arrays([batch], ["sku_key"]))
        await self._connection.execute(statements("merge")["index_present"])
        after = await self._connection.fetchval(statements("imports")["deactivated_up_to"], self._import_id)
        while (last := await self._deactivate_block(after)) is not None:
            after = last

    async def _deactivate_block(self, after: int) -> int | None:
        """Deactivates a block after the id ``after``; returns the block's last id, or None if it is empty."""
        last: int | None = None

        async def body() -> None:
            nonlocal last
            deactivated: list[asyncpg.Record] = []
            async with self._savepoint():
                block = await self._connection.fetch(
                    statements("merge")["deactivate"], after, self._began, _DEACTIVATE_BLOCK, self._import_id
                )
                last = block[-1]["missing_id"] if block else None
                deactivated = [row for row in block if row["id"] is not None]
                if deactivated and await self._audience.listens(self._connection):
                    active_changed = [1 << events.FIELD_BITS.index("active")] * len(deactivated)
                    ids = [row["id"] for row in deactivated]
                    skus = pa.array([row["sku"] for row in deactivated])
                    data = events.updated_data(ids, skus, active_changed)
                    await events.emit(self._connection, events.PRODUCT_UPDATED, self._actor, data)
            if last is not None:
                counts = Counts(deactivated=len(deactivated))
                await self._record(Phase.DEACTIVATING, after + 1, last, counts)

        await self._transact(body)
        return last

    async def _merge(self, rows: pa.RecordBatch) -> MergeCounts:
        if not rows.num_rows:
            return MergeCounts(created=0, updated=0, unchanged=0)
        async with self._savepoint():
            new, different = await self._divide(rows)
            if created := int(new.num_rows):
                await self._insert(new)
            updated = await self._update(different) if different.num_rows else 0
        self._expected = _Expected.UNKNOWN
        if self._guessing and created == rows.num_rows:
            self._expected = _Expected.NEW
        elif self._guessing and updated == rows.num_rows:
            self._expected = _Expected.CHANGED
        return MergeCounts(created=created, updated=updated, unchanged=rows.num_rows - created - updated)

    async def _divide(self, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """Returns the rows whose key is new, and those whose product may differ."""
        none = rows.slice(0, 0)
        if self._expected is _Expected.NEW:
            return rows, none
        if self._expected is _Expected.CHANGED:
            return none, rows
        await copy_batch(self._connection, "asked", _numbered(rows.select(["sku_key", "digest"])))
        found = await self._connection.fetchrow(statements("merge")["look_up"])
        assert found is not None, "an aggregate gives a row"
        return _at(rows, _numbers(found["new"], ">i4")), _at(rows, _numbers(found["different"], ">i4"))

    async def _insert(self, rows: pa.RecordBatch) -> None:
        first_id = await self._connection.fetchval(statements("merge")["reserve_ids"], rows.num_rows)
        products = {
            "id": pa.array(np.arange(first_id, first_id + rows.num_rows)),
            "created_by_import": self._constant(self._import_id, rows, np.int64),
            "updated_by_import": self._constant(self._import_id, rows, np.int64),
            "merged_in": self._constant(self._transaction, rows, np.int32),
            **{_COLUMN.get(name, name): rows.column(name) for name in _columns(rows)},
            "active": rows.column("active").fill_null(True),
        }
        if "attributes" in products:
            products["attributes"] = products["attributes"].fill_null("{}")
        batch = pa.RecordBatch.from_pydict(products)
        await copy_batch(self._connection, "products", batch, json=("attributes",))
        if await self._audience.listens(self._connection):
            data = events.created_data(first_id, rows.column("sku"))
            await events.emit(self._connection, events.PRODUCT_CREATED, self._actor, data)

    async def _update(self, rows: pa.RecordBatch) -> int:
        incoming = _numbered(rows.select(_columns(rows)))
        await copy_batch(self._connection, "incoming", incoming, json=("attributes",))
        sql, terms, cleared = statements("merge"), self._merging, self._terms.clear_attributes
        outcome = await self._connection.fetchrow(
            sql["update"].format(**terms), cleared, self._import_id, self._transaction
        )
        assert outcome is not None, "an aggregate gives a row"
        ids = _numbers(outcome["ids"], ">i8")
        updated = len(ids)
        if updated < rows.num_rows:  # the other products are unchanged, or they are gone
            settled = await self._connection.fetchval(sql["settled"].format(**terms), cleared)
            if settled != rows.num_rows:
                raise _Conflict
        if updated and await self._audience.listens(self._connection):
            skus = rows.column("sku").take(pa.array(_numbers(outcome["positions"], ">i4")))
            data = events.updated_data(ids, skus, _numbers(outcome["changes"], ">i4"))
            await events.emit(self._connection, events.PRODUCT_UPDATED, self._actor, data)
        return updated

    async def _copy_rejects(self, rejects: pa.RecordBatch) -> None:
        if rejects.num_rows:
            ids = pa.array(np.full(rejects.num_rows, self._import_id))
            rows = rejects.select(["record", "line", "cells", "errors"]).add_column(0, "import_id", ids)
            await copy_batch(self._connection, "import_rejects", rows, json=("errors",))

    async def _record(self, phase: Phase, first: int, last: int, counts: Counts) -> None:
        await self._connection.execute(
            *statements("imports").bound(
                "record_chunk",
                import_id=self._import_id,
                token=self._lease_token,
                phase=phase.value,
                first=first,
                last=last,
                **{name: getattr(counts, name) for name in COUNT_NAMES},
            )
        )

    @asynccontextmanager
    async def _savepoint(self) -> AsyncIterator[None]:
        """Makes and counts a dry run's changes to products, and rolls them back."""
        if not self._terms.dry_run:
            yield
            return
        savepoint = self._connection.transaction()
        await savepoint.start()
        try:
            yield
        finally:
            await savepoint.rollback()

    async def _transact(self, body: Callable[[], Awaitable[None]]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._connection.transaction():
                    await self._fence()
                    await body()
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name != "products_pkey" or attempt == _ATTEMPTS:
                    raise
            except (_Conflict, asyncpg.DeadlockDetectedError):
                if attempt == _ATTEMPTS:
                    raise
            else:
                return
            if self._expected is not _Expected.UNKNOWN:
                self._expected, self._guessing = _Expected.UNKNOWN, False
                continue
            await asyncio.sleep(_PAUSE * attempt)

    async def _fence(self) -> None:
        row = await self._connection.fetchrow(
            statements("imports")["fence"], self._import_id, self._lease_token
        )
        if row is None:
            raise LeaseLost(f"Import {self._import_id} has been taken over by another process.")
        if row["cancelled"]:
            raise ImportCancelled(f"Import {self._import_id} was cancelled.")
        self._transaction = int(np.uint32(row["transaction"] & 0xFFFFFFFF).astype(np.int32))

    @staticmethod
    def _constant(value: int, rows: pa.RecordBatch, kind: type[np.signedinteger]) -> pa.Array:
        return pa.array(np.full(rows.num_rows, value, kind))


def _numbers(data: bytes | None, form: str) -> events.Integers:
    """Returns the numbers whose bytes PostgreSQL sent: they are decoded together, unlike those
    of an array.
    """
    return np.frombuffer(data or b"", form).astype(np.int64)


def _at(rows: pa.RecordBatch, positions: events.Integers) -> pa.RecordBatch:
    """Returns the rows at these positions, in their present order."""
    return rows if len(positions) == rows.num_rows else rows.take(pa.array(np.sort(positions)))


def _numbered(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Returns the rows with their positions, counted from 0."""
    return rows.add_column(0, "position", pa.array(np.arange(rows.num_rows, dtype=np.int32)))


def _columns(rows: pa.RecordBatch) -> list[str]:
    """Returns the names of the columns to copy: columns without any value are left out."""
    filled = [name for name in NAMES if rows.column(name).null_count < rows.num_rows]
    return ["sku_key", *filled, "digest"]
