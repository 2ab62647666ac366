"""Plans chunks: finds out what merging their rows would change, and stores that instead of changing it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.cells.names import folded
from product_importer.fields import NAMES
from product_importer.model.modes import UNKNOWN_SKU
from product_importer.store import columns
from product_importer.store.attribute_names import known_names
from product_importer.store.changes.images import numbers
from product_importer.store.changes.sets import BITS
from product_importer.store.merging import Conflict, Merged, Merger, at
from product_importer.store.missing import BLOCK
from product_importer.store.plan_rows import (
    created_rows,
    ended_rows,
    packed,
    updated_rows,
)
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from datetime import datetime

    from product_importer.model import Missing, Phase

_BEFORE: Final = ", ".join(
    f"array_agg(c.before_{name}) FILTER (WHERE c.changed & {bit} <> 0) AS before_{name}"
    for name, bit in BITS.items()
)
"""The values of each field before, of the products in which it changes."""


class Planner(Merger):
    """Plans chunks over one connection. It tells rows apart as a merge does, and where that would write
    products, it notes what would be written.
    """

    _noted: pa.RecordBatch | None = None

    _new_names: tuple[str, ...] = ()

    async def prepare(self) -> None:
        await super().prepare()
        known = await known_names(self._connection, self._terms.attributes)
        self._new_names = tuple(name for name in self._terms.attributes if folded(name) not in known)

    async def merge(self, rows: pa.RecordBatch, transaction: int) -> Merged:
        self._noted = None
        done = await super().merge(rows, transaction)
        self.expect_no_new()
        return done

    async def end_block(self, after: int, way: Missing, began: datetime) -> tuple[int | None, int]:
        """Plans the end of the next block of products that the file lacks. Returns the block's last id, or
        None if it is empty, and the number of its products.
        """
        deleted = way == "delete"
        query = statements("plans")["lacking"].format(values=columns.values(""))
        found = await self._connection.fetch(query, after, began, BLOCK, not deleted)
        self._noted = ended_rows(found, deleted=deleted)
        return (found[-1]["id"] if found else None), len(found)

    async def keep(self, phase: Phase, first: int) -> None:
        """Stores what was planned since the last call of :meth:`merge` or :meth:`end_block`, as what the
        chunk with this checkpoint would change.
        """
        if self._noted is None or not self._noted.num_rows:
            return
        narrow, payload, ends = await asyncio.to_thread(packed, self._noted)
        await self._connection.execute(
            *statements("plans").bound(
                "keep",
                import_id=self._import_id,
                phase=phase.value,
                first=first,
                changes=self._noted.num_rows,
                names=list(self._new_names),
                narrow=narrow,
                payload=payload,
                ends=ends,
            )
        )

    async def _insert(self, rows: pa.RecordBatch) -> None:
        self._note(created_rows(rows))

    async def _update(self, rows: pa.RecordBatch) -> int:
        await self._stage_merge(rows)
        terms = {
            "changes": self._merging["changes"],
            "attributes": self._merging["attributes"],
            "attributes_bit": BITS["attributes"],
            "values": columns.values("before_", self._merging["product"]),
            "product": self._merging["product"],
            "before": _BEFORE,
        }
        query = statements("plans")["differing"].format(**terms)
        found = await self._connection.fetchrow(query, self._terms.clear_attributes)
        assert found is not None, "an aggregate gives a row"
        if found["known"] != rows.num_rows:  # a product is gone since it was looked up
            raise Conflict
        positions = numbers(found["positions"], ">i4")
        if len(positions):
            before = {name: found[f"before_{name}"] or () for name in NAMES}
            changes = numbers(found["changes"], ">i4")
            ids, versions = numbers(found["ids"], ">i8"), numbers(found["versions"], ">i4")
            changing = at(rows, positions)
            previous = numbers(found["previous"], ">i8")
            merged = found["merged"] or ()
            self._note(updated_rows(changing, ids, versions, previous, changes, before, merged))
        return len(positions)

    async def _delete(self, rows: pa.RecordBatch, done: Merged) -> None:
        gone, _ = await self._end(rows, done, deleted=True)
        done.deleted += gone

    async def _deactivate(self, rows: pa.RecordBatch, done: Merged) -> None:
        ended, known = await self._end(rows, done, deleted=False)
        done.updated += ended
        done.unchanged += known - ended

    async def _end(self, rows: pa.RecordBatch, done: Merged, *, deleted: bool) -> tuple[int, int]:
        """Plans the end of the rows' products; returns how many end, and how many rows have a product."""
        await self._stage(rows, ["sku_key"])
        found = await self._connection.fetch(statements("plans")["named"].format(values=columns.values("")))
        known = [row["position"] for row in found]
        done.leave_out(UNKNOWN_SKU, at(rows, np.setdiff1d(np.arange(rows.num_rows), known)))
        ending = [row for row in found if deleted or row["active"]]
        naming = rows.take(pa.array([row["position"] for row in ending], pa.int64()))
        self._note(ended_rows(ending, deleted=deleted, rows=naming))
        return len(ending), len(known)

    def _note(self, rows: pa.RecordBatch) -> None:
        self._noted = rows if self._noted is None else pa.concat_batches([self._noted, rows])
