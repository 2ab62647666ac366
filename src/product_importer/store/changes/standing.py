"""Products as they stand now, in columns: what an undo compares with the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.cells.sku import sku_keys
from product_importer.fields import NAMES
from product_importer.store.changes.images import deleted, deleting
from product_importer.store.changes.sets import TYPES, column_before
from product_importer.store.changes.states import NONE, last_deletions
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncpg
    import numpy.typing as npt

    from product_importer.store.changes.sets import Integers

    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Standing:
    """Products as they stand: an element for each of ``ids``, in their order.

    ``exists``: whether there is such a product; without one, its row of ``data`` is null. ``numbers``: the
    change set that made each product what it is, for one that doesn't exist that of its deletion; -1 if the
    log knows none. ``data``: the columns ``sku_key``, ``version`` and those of the fields.
    """

    ids: Integers
    exists: Flags
    numbers: Integers
    data: pa.RecordBatch

    def part(self, which: Flags) -> Standing:
        """Returns the products with this flag."""
        return Standing(
            self.ids[which], self.exists[which], self.numbers[which], self.data.filter(pa.array(which))
        )


async def standing(connection: asyncpg.Connection, ids: Integers) -> Standing:
    """Reads these products."""
    query = statements("changes")["standing"].format(**deleting())
    row = await connection.fetchrow(query, ids.tolist())
    assert row is not None, "an aggregate gives a row"
    found = deleted(row).data
    known = found.column("product_id").to_numpy()
    places = np.minimum(np.searchsorted(known, ids), max(len(known) - 1, 0))
    exists = known[places] == ids if len(known) else np.zeros(len(ids), np.bool_)
    taken = pa.array(places, mask=~exists)
    columns = {"sku_key": sku_keys(found.column("sku")), "version": found.column("version")}
    columns |= {name: field_before(found, name) for name in NAMES}
    data = pa.RecordBatch.from_pydict({name: column.take(taken) for name, column in columns.items()})
    numbers = found.column("previous").fill_null(NONE).take(taken).fill_null(NONE).to_numpy().copy()
    if not exists.all():
        numbers[~exists] = await last_deletions(connection, ids[~exists])
    return Standing(ids, exists, numbers, data)


def field_before(data: pa.RecordBatch, name: str) -> pa.Array:
    """Returns the values of a field before a change, from the data of its set."""
    for column in (column_before(name), name):
        if column in data.schema.names:
            return data.column(column)
    return pa.nulls(data.num_rows, TYPES[name])
