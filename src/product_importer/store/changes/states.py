"""Products as they were at earlier moments: from what they are now, back along their change sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.fields import NAMES, PRODUCT
from product_importer.store.changes.sets import BITS, TYPES, column_before, restored
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    import asyncpg
    import numpy.typing as npt

    from product_importer.model import ChangeCause
    from product_importer.store.changes.sets import ChangeKind, Integers

    Flags = npt.NDArray[np.bool_]

NONE: Final = -1
"""In place of the number of a change set: there is none."""

_PRESENT: Final = ", ".join(
    f"p.{field.name}" if field.is_text else f"p.{field.name}::text AS {field.name}" for field in PRODUCT
)


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A change set of the log. ``data``: see :mod:`product_importer.store.changes.sets`."""

    number: int
    at: datetime
    id: UUID
    actor: str
    cause: ChangeCause
    import_id: int | None
    kind: ChangeKind
    data: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class States:
    """Products at moments of their own. All arrays have an element for each product, sorted by id.

    ``numbers``: the change set that made each product what it is here; -1 if the log knows none.
    ``exists``: whether there is such a product; otherwise its ``fields`` have no meaning.
    ``touched``: bits of the fields that were changed after this moment.
    """

    ids: Integers
    numbers: Integers
    exists: Flags
    touched: Integers
    fields: Mapping[str, pa.Array]

    def back(self, changes: StoredSet, which: Flags) -> States:
        """Returns the states in which these products were just before the set, which has to be theirs.

        ``which``: a flag for each product.
        """
        data = changes.data
        ids = data.column("product_id").to_numpy()
        order = np.argsort(ids)
        wanted = np.flatnonzero(which)
        rows = order[np.searchsorted(ids, self.ids[wanted], sorter=order)]
        numbers, exists, touched = self.numbers.copy(), self.exists.copy(), self.touched.copy()
        fields = dict(self.fields)
        numbers[wanted] = NONE
        if "previous" in data.schema.names:
            numbers[wanted] = data.column("previous").fill_null(NONE).to_numpy()[rows]
        exists[wanted] = changes.kind != "created"
        if changes.kind == "updated":
            masks = data.column("changed").to_numpy().astype(np.int64)[rows]
        else:
            masks = np.full(len(rows), sum(BITS.values()))
        touched[wanted] |= masks
        if changes.kind != "created":
            for name, bit in BITS.items():
                changed = masks & bit != 0
                if changed.any():
                    fields[name] = _replaced(
                        fields[name], wanted[changed], _values(changes, name), rows[changed]
                    )
        return States(self.ids, numbers, exists, touched, fields)


async def stored_set(connection: asyncpg.Connection, number: int, *, skus: bool = True) -> StoredSet | None:
    """Returns the set with this number; None if the log doesn't go back so far. ``skus``: see
    :func:`~product_importer.store.changes.sets.restored`.
    """
    row = await connection.fetchrow(statements("changes")["set"], number)
    return None if row is None else to_set(row, skus=skus)


def to_set(row: asyncpg.Record, *, skus: bool = True) -> StoredSet:
    """Returns the set from a row with its columns."""
    return StoredSet(
        **{name: row[name] for name in ("number", "at", "id", "actor", "cause", "import_id", "kind")},
        data=restored(row["payload"], skus=skus),
    )


async def present(connection: asyncpg.Connection, ids: Integers) -> States:
    """Returns what these products are now; deleted ones don't exist, and were made so by their deletion."""
    ids = np.unique(ids)
    rows = await connection.fetch(statements("changes")["present"].format(present=_PRESENT), ids.tolist())
    found = {row["id"]: row for row in rows}
    every = [found.get(product) for product in ids.tolist()]
    fields = {
        name: pa.array([None if row is None else row[name] for row in every], pa.string()).cast(TYPES[name])
        for name in NAMES
    }
    numbers = [NONE if row is None or row["last_change"] is None else row["last_change"] for row in every]
    exists = np.array([row is not None for row in every], np.bool_)
    now = States(ids, np.array(numbers, np.int64), exists, np.zeros(len(ids), np.int64), fields)
    if exists.all():
        return now
    now.numbers[~exists] = await last_deletions(connection, now.ids[~exists])
    return now


async def states(connection: asyncpg.Connection, moments: Mapping[int, int]) -> States:
    """Returns products as they were just after change sets of theirs: ``moments`` has the numbers of the sets
    by the products' ids.

    A product whose set isn't found on the way back keeps another number in :attr:`States.numbers`: the log
    doesn't go back so far, or the set isn't the product's. All is read from one snapshot if the caller's
    transaction has one. Each set is read once, unless sets are numbered in another order than they were
    committed in.
    """
    found = await present(connection, np.array(list(moments), np.int64))
    targets = np.array([moments[product] for product in found.ids.tolist()], np.int64)
    going = (found.numbers != targets) & (found.numbers != NONE)
    while going.any():
        number = int(found.numbers[going].max())
        which = going & (found.numbers == number)
        changes = await stored_set(connection, number, skus=False)
        if changes is None:
            going &= ~which
            continue
        found = found.back(changes, which)
        going &= (found.numbers != targets) & (found.numbers != NONE)
    return found


async def last_deletions(connection: asyncpg.Connection, ids: Integers) -> Integers:
    """Returns the numbers of the latest sets that tell of the deletion of these products; -1 if the log knows
    none.
    """
    numbers = np.full(len(ids), NONE, np.int64)
    span = int(ids.min()), int(ids.max())
    for row in await connection.fetch(statements("changes")["last_deletions"], *span):
        changes = await stored_set(connection, row["number"])
        if changes is None:
            continue
        deleted = (numbers == NONE) & np.isin(ids, changes.data.column("product_id").to_numpy())
        numbers[deleted] = row["number"]
        if (numbers != NONE).all():
            break
    return numbers


def _values(changes: StoredSet, name: str) -> pa.Array:
    """Returns the field's values before the set."""
    column = "sku" if changes.kind == "deleted" and name == "sku" else column_before(name)
    if column in changes.data.schema.names:
        return changes.data.column(column)
    return pa.nulls(changes.data.num_rows, TYPES[name])


def _replaced(values: pa.Array, places: Integers, others: pa.Array, rows: Integers) -> pa.Array:
    """Returns the values with those at the places replaced by the other array's at the rows."""
    chosen = np.arange(len(values))
    chosen[places] = len(values) + rows
    return pc.take(pa.concat_arrays([values, others]), pa.array(chosen))
