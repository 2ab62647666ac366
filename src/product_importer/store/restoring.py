"""What going back to a moment would change: rows of a plan, computed from the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.sku import sku_keys
from product_importer.fields import NAMES
from product_importer.store.changes.sets import BITS
from product_importer.store.changes.standing import standing
from product_importer.store.changes.states import NONE, States
from product_importer.store.changes.trails import rows_of
from product_importer.store.queries import statements
from product_importer.store.undo_rows import NOTHING, ORIGIN, Undone, ended, in_order, revived, updated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import asyncpg

    from product_importer.store.changes.sets import Integers
    from product_importer.store.changes.standing import Flags, Standing
    from product_importer.store.changes.states import StoredSet
    from product_importer.store.changes.trails import Trails


@dataclass(frozen=True, slots=True)
class _Then:
    """Products as they were at the moment. ``origin``, and ``version``, their last one: for those that were
    deleted since.
    """

    states: States
    origin: Mapping[str, pa.Array]
    version: pa.Array


class Restoring:
    """Plans the way back to a moment, set by set: each product with the last set that changed it, or earlier
    if another product needs its SKU. Used over one connection, whose transaction has one snapshot.
    """

    def __init__(self, connection: asyncpg.Connection, trails: Trails, moment: datetime) -> None:
        self._connection = connection
        self._trails = trails
        self._moment = moment
        self._early = np.empty(0, np.int64)

    async def undone(self, changes: StoredSet) -> Undone:
        """Plans the products that this set changed last."""
        ids = changes.data.column("product_id").to_numpy()
        now = await standing(self._connection, ids)
        now = now.part((now.numbers == changes.number) & ~np.isin(ids, self._early))
        if not len(now.ids):
            return NOTHING
        rows = await self._planned(now)
        known, planned, read = now.ids, [rows], len(now.ids)
        while len(ids := await self._holders(planned[-1], known)):
            holders = await standing(self._connection, ids)
            # Those with later sets are in earlier chunks, which are applied before this one.
            holders = holders.part((holders.numbers < changes.number) & ~np.isin(ids, self._early))
            self._early = np.concatenate([self._early, holders.ids])
            known = np.concatenate([known, ids])
            read += len(holders.ids)
            planned.append(await self._planned(holders))
        rows = in_order(planned)
        return Undone(rows, (), read, read - rows.num_rows, 0)

    async def _planned(self, now: Standing) -> pa.RecordBatch:
        then = await self._then(now)
        fields = then.states.fields
        changes = np.zeros(len(now.ids), np.int64)
        for name, bit in BITS.items():
            changes |= np.where(_differ(now.data.column(name), fields[name]), bit, 0)
        there, here = then.states.exists, now.exists
        which = np.flatnonzero(there & here & (changes != 0))
        taken = pa.array(which)
        before = {name: now.data.column(name).take(taken) for name in NAMES}
        after = {name: fields[name].take(taken) for name in NAMES}
        back = pa.array(np.flatnonzero(there & ~here))
        rows = [
            updated(now, which, changes[which], before, after),
            ended(now, np.flatnonzero(here & ~there)),
            revived(
                now.ids[back.to_numpy()],
                now.numbers[back.to_numpy()],
                {name: fields[name].take(back) for name in NAMES},
                {name: then.origin[name].take(back) for name in ORIGIN},
                then.version.take(back),
            ),
        ]
        return in_order(rows)

    async def _then(self, now: Standing) -> _Then:
        """Goes back to the moment, along the products' chains."""
        number = len(now.ids)
        found = States(
            *(now.ids, now.numbers.copy(), now.exists.copy(), np.zeros(number, np.int64)),
            fields={name: now.data.column(name) for name in NAMES},
        )
        created_at: pa.Array = pa.nulls(number, pa.timestamp("us", "UTC"))
        created_by: pa.Array = pa.nulls(number, pa.int64())
        version: pa.Array = pa.nulls(number, pa.int32())
        going = found.numbers != NONE
        while going.any():
            latest = int(found.numbers[going].max())
            which = going & (found.numbers == latest)
            changes = await self._trails.set(latest)
            if changes is None or changes.at <= self._moment:
                going &= ~which
                continue
            if changes.kind == "deleted":
                part = changes.data.take(pa.array(rows_of(changes, now.ids[which])))
                created_at = pc.replace_with_mask(created_at, pa.array(which), part.column("created_at"))
                created_by = pc.replace_with_mask(
                    created_by, pa.array(which), part.column("created_by_import")
                )
                version = pc.coalesce(
                    version,
                    pc.replace_with_mask(
                        pa.nulls(number, pa.int32()), pa.array(which), part.column("version")
                    ),
                )
            found = found.back(changes, which)
            going &= found.numbers != NONE
        return _Then(found, dict(zip(ORIGIN, (created_at, created_by), strict=True)), version)

    async def _holders(self, rows: pa.RecordBatch, known: Integers) -> Integers:
        """Returns other products that have SKUs which these rows give back: they got them since, so they
        change, too, and in the same chunk.
        """
        skus = rows.column("after_sku").drop_null()
        if not len(skus):
            return np.empty(0, np.int64)
        keys = sku_keys(skus).to_pylist()
        found = await self._connection.fetch(statements("undos")["holders"], keys)
        return np.setdiff1d(np.array([row["id"] for row in found], np.int64), known)


def _differ(one: pa.Array, other: pa.Array) -> Flags:
    differ = pc.or_(pc.not_equal(one, other).fill_null(False), pc.xor(one.is_valid(), other.is_valid()))
    flags: Flags = differ.to_numpy(zero_copy_only=False)
    return flags
