"""What undoing one change set would change: rows of a plan, and the products that stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.sku import sku_keys
from product_importer.fields import NAMES
from product_importer.store.changes.sets import ALL, BITS
from product_importer.store.changes.standing import field_before, standing
from product_importer.store.changes.states import NONE
from product_importer.store.changes.trails import masks_of
from product_importer.store.plan_rows import CREATED, DEACTIVATED, DELETED, UPDATED, frees_keys, plan_rows
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg
    import numpy.typing as npt

    from product_importer.store.changes.sets import Integers
    from product_importer.store.changes.standing import Standing
    from product_importer.store.changes.states import StoredSet
    from product_importer.store.changes.trails import Since, Trails

    Flags = npt.NDArray[np.bool_]


ORIGIN: Final = ("created_at", "created_by_import")
"""The columns of a deletion's set which say how the products came into being."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which part of the changes is to be undone. ``products``: ids; ``skus``: keys of SKUs; ``fields``: bits;
    None for all. Products that were created or deleted have no single fields.
    """

    products: Integers | None = None
    skus: pa.StringArray | None = None
    fields: int | None = None

    def rows(self, changes: StoredSet) -> Flags:
        """Returns a flag for each of the set's products."""
        data = changes.data
        chosen = np.ones(data.num_rows, np.bool_)
        if self.products is not None and self.skus is not None:
            chosen = self._named(data)
        elif self.products is not None:
            chosen = np.isin(data.column("product_id").to_numpy(), self.products)
        elif self.skus is not None:
            chosen = self._named(data)
        if self.fields is not None:
            if changes.kind != "updated":
                return np.zeros(data.num_rows, np.bool_)
            chosen &= masks_of(changes) & self.fields != 0
        return chosen

    def _named(self, data: pa.RecordBatch) -> Flags:
        named: Flags = pc.is_in(sku_keys(data.column("sku")), self.skus).to_numpy(zero_copy_only=False)
        if self.products is None:
            return named
        return named | np.isin(data.column("product_id").to_numpy(), self.products)


@dataclass(frozen=True, slots=True)
class Kept:
    """A product, or some of its fields, that an undo leaves as they are. ``changed_by``: the number of the
    latest set that changed it; None if there is none, or if the SKU is another product's now (``taken``).
    ``exists``: whether the product is there.
    """

    sku: str
    fields: tuple[str, ...]
    changed_by: int | None
    taken: bool = False
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing a set would do. ``rows``: see :mod:`product_importer.store.plan_rows`. ``read``: the
    number of products; ``unchanged``: of those that are as they would be; ``skipped``: of those that stay.
    """

    rows: pa.RecordBatch
    kept: tuple[Kept, ...]
    read: int
    unchanged: int
    skipped: int


NOTHING: Final = Undone(plan_rows(0, {}), (), 0, 0, 0)
"""What undoing no product would do."""


async def undone(
    connection: asyncpg.Connection, trails: Trails, changes: StoredSet, chosen: Chosen, freed: Integers
) -> Undone:
    """Finds out what undoing the set would change in the products as they stand. ``freed``: the products
    whose SKUs are free by then.
    """
    flags = chosen.rows(changes)
    part = changes.data if flags.all() else changes.data.filter(pa.array(flags))
    read = part.num_rows
    if not read:
        return NOTHING
    ids = part.column("product_id").to_numpy()
    now = await standing(connection, ids)
    since = await trails.since(changes, ids, now.numbers)
    versions = now.data.column("version").fill_null(0).to_numpy()
    since.touched[await trails.unlogged(ids, now.numbers, versions)] = ALL
    wanted = (ALL if chosen.fields is None else chosen.fields) & masks_of(changes)[flags] & ~since.undone
    taken = np.zeros(read, np.bool_)
    if changes.kind == "updated":
        back = np.where(now.exists, wanted & ~since.touched, 0)
        moving = (back & BITS["sku"]) != 0
        if moving.any():
            skus = part.column("before_sku")
            taken = moving & await _taken(connection, skus, freed, ids, moving)
            back = np.where(taken, back & ~BITS["sku"], back)
        left = wanted & ~back
        which = np.flatnonzero(back)
        rows = _updated(part, now, back, which)
    elif changes.kind == "created":
        wanted[~now.exists] = 0  # it is gone already
        which = np.flatnonzero((wanted != 0) & (since.touched == 0))
        left = np.where(since.touched != 0, wanted, 0)
        rows = ended(now, which)
    else:
        gone = (wanted != 0) & ~now.exists & (since.touched == 0)
        taken = gone & await _taken(connection, part.column("sku"), freed)
        which = np.flatnonzero(gone & ~taken)
        left = np.where(gone & ~taken, 0, wanted)
        back = part.take(pa.array(which))
        fields = {name: field_before(back, name) for name in NAMES}
        origin = {name: back.column(name) for name in ORIGIN}
        versions = await trails.last_versions(ids[which], now.numbers[which])
        rows = revived(ids[which], now.numbers[which], fields, origin, versions)
    kept = _kept(now, part.column("sku"), left, since, changes, taken)
    skipped = int(np.count_nonzero(left) - np.count_nonzero(left[which]))
    return Undone(rows, kept, read, read - len(which) - skipped, skipped)


def _updated(part: pa.RecordBatch, now: Standing, back: Integers, which: Integers) -> pa.RecordBatch:
    taken = pa.array(which)
    before = {name: now.data.column(name).take(taken) for name in NAMES}
    after = {name: field_before(part, name).take(taken) for name in NAMES if name != "sku"}
    after["sku"] = (
        part.column("before_sku").take(taken) if "before_sku" in part.schema.names else before["sku"]
    )
    return updated(now, which, back[which], before, after)


def updated(
    now: Standing,
    which: Integers,
    changes: Integers,
    before: Mapping[str, pa.Array],
    after: Mapping[str, pa.Array],
) -> pa.RecordBatch:
    """Plans that these products get other values. ``changes``: bits of the fields; the values of the other
    fields have no meaning.
    """
    columns: dict[str, Any] = {}
    for name, bit in BITS.items():
        changing = changes & bit != 0
        if changing.any():
            mask = pa.array(changing)
            columns[f"before_{name}"] = pc.if_else(mask, before[name], None)
            columns[f"after_{name}"] = pc.if_else(mask, after[name], None)
    off = np.zeros(len(which), np.bool_)
    if "after_active" in columns:
        active = columns["after_active"].fill_null(True).to_numpy(zero_copy_only=False)
        off = (changes == BITS["active"]) & ~active
    taken = pa.array(which)
    return plan_rows(
        len(which),
        {
            "kind": np.where(off, DEACTIVATED, UPDATED).astype(np.uint8),
            "product_id": now.ids[which],
            "previous": _numbers(now.numbers[which]),
            "version": now.data.column("version").take(taken),
            "sku_key": now.data.column("sku_key").take(taken),
            "sku": before["sku"],
            "changed": changes.astype(np.int16),
            **columns,
        },
    )


def ended(now: Standing, which: Integers) -> pa.RecordBatch:
    """Plans that these products are deleted."""
    taken = pa.array(which)
    return plan_rows(
        len(which),
        {
            "kind": np.full(len(which), DELETED, np.uint8),
            "product_id": now.ids[which],
            "previous": _numbers(now.numbers[which]),
            "changed": np.full(len(which), ALL, np.int16),
            **{name: now.data.column(name).take(taken) for name in ("version", "sku_key", "sku")},
            **{f"before_{name}": now.data.column(name).take(taken) for name in NAMES},
        },
    )


def revived(
    ids: Integers,
    numbers: Integers,
    fields: Mapping[str, pa.Array],
    origin: Mapping[str, pa.Array],
    version: pa.Array,
) -> pa.RecordBatch:
    """Plans that deleted products come back. ``numbers``: their last sets; ``fields``: their values;
    ``origin``: ``created_at`` and ``created_by_import``; ``version``: their last ones.
    """
    return plan_rows(
        len(ids),
        {
            "kind": np.full(len(ids), CREATED, np.uint8),
            "product_id": ids,
            "changed": np.full(len(ids), ALL, np.int16),
            "sku": fields["sku"],
            "sku_key": sku_keys(fields["sku"]),
            "previous": _numbers(numbers),
            "version": version,
            **{f"after_{name}": fields[name] for name in NAMES},
            **origin,
        },
    )


def _numbers(numbers: Integers) -> pa.Int64Array:
    return pa.array(numbers, mask=numbers == NONE)


async def _taken(
    connection: asyncpg.Connection,
    skus: pa.StringArray,
    freed: Integers,
    ids: Integers | None = None,
    moving: Flags | None = None,
) -> Flags:
    """Returns which of these SKUs another product has and keeps. ``moving``: which of the products ``ids``
    get their SKU, and so give up the one that they have.
    """
    keys = sku_keys(skus)
    rows = await connection.fetch(statements("undos")["holders"], keys.drop_null().to_pylist())
    holders = np.array([row["id"] for row in rows], np.int64)
    held = pa.array([row["sku_key"] for row in rows], pa.string())
    while True:
        giving = freed if ids is None else np.concatenate([freed, ids[moving]])
        kept = held.filter(pa.array(~np.isin(holders, giving)))
        taken: Flags = pc.is_in(keys, kept, skip_nulls=True).to_numpy(zero_copy_only=False)
        if moving is None or not (taken & moving).any():
            break
        moving = moving & ~taken
    return taken


def _kept(
    now: Standing, skus: pa.StringArray, left: Integers, since: Since, changes: StoredSet, taken: Flags
) -> tuple[Kept, ...]:
    kept = []
    for place in np.flatnonzero(left).tolist():
        sku = now.data.column("sku")[place].as_py() if now.exists[place] else skus[place].as_py()
        mask = int(left[place])
        fields = names_of(mask) if changes.kind == "updated" else ()
        if taken[place]:
            kept.append(Kept(sku, ("sku",) if fields else (), None, taken=True))
            fields = tuple(name for name in fields if name != "sku")
            if not fields:
                continue
        last = int(since.last[place])
        kept.append(Kept(sku, fields, last if last >= 0 else None, exists=bool(now.exists[place])))
    return tuple(kept)


def freed(rows: pa.RecordBatch) -> Integers:
    """Returns the products whose SKUs are free after these rows of a plan."""
    ids: Integers = rows.column("product_id").filter(frees_keys(rows)).to_numpy()
    return ids


def names_of(mask: int) -> tuple[str, ...]:
    """Returns the names of the fields with these bits."""
    return tuple(name for name, bit in BITS.items() if mask & bit)


def in_order(rows: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Returns the rows in the order of their keys, in which chunks are applied."""
    every = pa.concat_batches(rows)
    return every.take(pc.sort_indices(every.column("sku_key")))
