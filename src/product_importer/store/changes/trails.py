"""What has happened to the products of a change set since: back from now to the set, along their chains.

A change that was undone counts as if it had never been made, and so does the change that undid it: an undo
changes only fields that nobody had changed after what it undoes. So an undo that is undone in turn leaves the
first change as it was. But an undo of what was before the set counts as a change since.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.store.changes.sets import ALL
from product_importer.store.changes.states import NONE, stored_set
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import asyncpg
    import numpy.typing as npt

    from product_importer.store.changes.sets import Integers
    from product_importer.store.changes.states import StoredSet

    Flags = npt.NDArray[np.bool_]

_KEPT: Final = 32
"""Number of unpacked sets that are kept in memory: neighbours in a catalogue often share their sets."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which change sets an undo undoes: those of an import, those of the deletion that began and ended at
    these times, the one with this number, or all after a moment.
    """

    import_id: int | None = None
    deletion: tuple[datetime, datetime] | None = None
    number: int | None = None
    moment: datetime | None = None

    def covers(self, changes: StoredSet) -> bool:
        if self.import_id is not None:
            return changes.import_id == self.import_id
        if self.deletion is not None:
            began, ended = self.deletion
            return changes.cause == "deletion" and began <= changes.at <= ended
        if self.number is not None:
            return changes.number == self.number
        return self.moment is not None and changes.at > self.moment


class Trails:
    """Reads the log over one connection, whose transaction should have one snapshot."""

    def __init__(self, connection: asyncpg.Connection, undos: Mapping[int, Scope]) -> None:
        self._connection = connection
        self._undos = undos
        self._sets: OrderedDict[int, StoredSet] = OrderedDict()

    @classmethod
    async def open(cls, connection: asyncpg.Connection) -> Trails:
        rows = await connection.fetch(statements("undos")["scopes"])
        return cls(connection, {row["import_id"]: scope_of(row) for row in rows})

    def undoes(self, import_id: int | None) -> bool:
        """Returns whether the import is an undo."""
        return import_id in self._undos

    async def set(self, number: int) -> StoredSet | None:
        """Returns the set with this number; None if the log doesn't go back so far."""
        if number in self._sets:
            self._sets.move_to_end(number)
            return self._sets[number]
        changes = await stored_set(self._connection, number)
        if changes is not None:
            self._sets[number] = changes
            if len(self._sets) > _KEPT:
                self._sets.popitem(last=False)
        return changes

    async def last_versions(self, ids: Integers, numbers: Integers) -> pa.Int32Array:
        """Returns the last versions of products that don't exist. ``numbers``: the sets of their last
        deletions, which may be later than the one that is undone.
        """
        versions = np.ones(len(ids), np.int32)
        for number in np.unique(numbers):
            deletion = await self.set(int(number))
            if deletion is not None:
                which = np.flatnonzero(numbers == number)
                versions[which] = deletion.data.column("version").to_numpy()[rows_of(deletion, ids[which])]
        return pa.array(versions)

    async def unlogged(self, ids: Integers, numbers: Integers, versions: Integers) -> Flags:
        """Returns which products have later versions than their latest sets have given them: programs that
        write no log have changed them since. ``numbers``: those of the sets.
        """
        found = np.zeros(len(ids), np.bool_)
        for number in np.unique(numbers[numbers != NONE]):
            latest = await self.set(int(number))
            if latest is not None and latest.kind == "updated":
                which = np.flatnonzero(numbers == number)
                before = latest.data.column("version").to_numpy()[rows_of(latest, ids[which])]
                found[which] = versions[which] > before + 1
        return found

    async def since(self, changes: StoredSet, ids: Integers, numbers: Integers) -> Since:
        """Goes back to the set from the latest sets of these products, which have to be among the set's."""
        at = numbers.copy()
        found = Since(np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64), np.full(len(ids), NONE))
        undos: dict[int, _Cancelled] = {}

        def undone(of: StoredSet, which: Integers) -> Integers:
            bits = np.zeros(len(which), np.int64)
            for import_id, each in undos.items():
                if self._undos[import_id].covers(of):
                    bits |= each.masks[which]
                    each.met[which] |= ALL
            return bits

        going = (at != changes.number) & (at != NONE)
        while going.any():
            number = int(at[going].max())
            which = np.flatnonzero(going & (at == number))
            later = await self.set(number)
            if later is None:
                at[which] = NONE
            else:
                rows = rows_of(later, ids[which])
                back = undone(later, which)
                masks = masks_of(later)[rows] & ~back
                undo = later.import_id if later.cause == "undo" else None
                if undo is not None and undo in self._undos:
                    whole = self._undos[undo].moment is not None
                    each = undos.setdefault(undo, _Cancelled.of(len(ids)))
                    each.masks[which] |= np.where(whole & (masks != 0), ALL & ~back, masks)
                    each.numbers[which] = number
                else:
                    found.touched[which] |= masks
                    fresh = which[(masks != 0) & (found.last[which] == NONE)]
                    found.last[fresh] = number
                at[which] = previous_of(later)[rows]
            going = (at != changes.number) & (at != NONE)
        found.touched[at == NONE] = ALL  # the chain doesn't lead to the set: nothing is known
        found.undone[:] = undone(changes, np.arange(len(ids)))
        for each in undos.values():
            earlier = each.masks & ~each.met
            found.touched[:] |= earlier
            fresh = (earlier != 0) & (found.last < each.numbers)
            found.last[fresh] = each.numbers[fresh]
        return found


@dataclass(frozen=True, slots=True)
class _Cancelled:
    """What one undo has undone, for each product. ``masks``: bits of fields; ``met``: those of the fields
    whose undone change lies on the way back; ``numbers``: the undo's sets.
    """

    masks: Integers
    met: Integers
    numbers: Integers

    @classmethod
    def of(cls, products: int) -> _Cancelled:
        return cls(np.zeros(products, np.int64), np.zeros(products, np.int64), np.full(products, NONE))


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened to products since a change set of theirs.

    ``touched``: bits of the fields that were changed since; ``last``: the number of the latest set that did
    that, or -1. ``undone``: bits of the fields in which the set itself was undone.
    """

    touched: Integers
    undone: Integers
    last: Integers


def scope_of(row: asyncpg.Record) -> Scope:
    deletion = None if row["began"] is None else (row["began"], row["ended"])
    return Scope(row["undone_import"], deletion, row["undone_change"], row["moment"])


def rows_of(changes: StoredSet, ids: Integers) -> Integers:
    """Returns the rows of these products in a set that has them all."""
    known = changes.data.column("product_id").to_numpy()
    order = np.argsort(known, kind="stable")
    rows: Integers = order[np.searchsorted(known, ids, sorter=order)]
    return rows


def masks_of(changes: StoredSet) -> Integers:
    """Returns the bits of the changed fields of each product: all if it was created or deleted."""
    if changes.kind == "updated":
        masks: Integers = changes.data.column("changed").to_numpy().astype(np.int64)
        return masks
    return np.full(changes.data.num_rows, ALL, np.int64)


def previous_of(changes: StoredSet) -> Integers:
    """Returns the number of the set before, for each product; -1 if there is none."""
    if "previous" not in changes.data.schema.names:
        return np.full(changes.data.num_rows, NONE, np.int64)
    numbers: Integers = changes.data.column("previous").fill_null(NONE).to_numpy()
    return numbers
