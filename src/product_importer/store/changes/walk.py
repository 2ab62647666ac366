"""The way of one product back along its chain of change sets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from product_importer.errors import ProductNotFound
from product_importer.fields import NAMES
from product_importer.model import ValueChange
from product_importer.store.changes.sets import BITS, column_before, restored_row
from product_importer.store.changes.states import NONE, present
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg


class Walk:
    """A product on the way from the present into the past. Runs in the caller's transaction, which has one
    snapshot.

    ``number``: the change set that made the product what it is here; -1 if the log knows none. ``values``:
    its fields here, all None if it doesn't exist. ``set``: the set with this number, after :meth:`read`.
    """

    def __init__(
        self, connection: asyncpg.Connection, product_id: int, number: int, values: dict[str, object]
    ) -> None:
        self._connection = connection
        self._product_id = product_id
        self._told: dict[str, Any] = {}
        self._created = False
        self.number = number
        self.values = values
        self.set: Any = None

    @classmethod
    async def begin(cls, connection: asyncpg.Connection, product_id: int) -> Self:
        """Begins at the present. Raises :class:`ProductNotFound` if neither the table nor the log has the
        product.
        """
        now = await present(connection, np.array([product_id]))
        number = int(now.numbers[0])
        if not now.exists[0] and number == NONE:
            raise ProductNotFound(f"There is no product {product_id}, and the log of changes has none.")
        values = {name: _plain(name, column[0].as_py()) for name, column in now.fields.items()}
        return cls(connection, product_id, number, values)

    @property
    def exists(self) -> bool:
        """Whether there is such a product here."""
        return self.values["sku"] is not None

    @property
    def complete(self) -> bool:
        """Whether this is the time before the product was created: the log lacks nothing."""
        return self.number == NONE and self._created

    async def read(self) -> bool:
        """Reads the set that made the product what it is here; false if the log lacks it. Then, this is as
        far as one can go.
        """
        if self.number == NONE:
            return False
        row = await self._connection.fetchrow(statements("changes")["set"], self.number)
        told = None if row is None else restored_row(row["payload"], self._product_id)
        if row is None or told is None:
            self.number, self._created = NONE, False
            return False
        self.set, self._told = row, told
        return True

    def back(self) -> Mapping[str, ValueChange]:
        """Goes back behind the set that was read; returns what it has changed in the product. A field that a
        new or a deleted product didn't have is left out.
        """
        kind, told = self.set["kind"], self._told
        names = [name for name, bit in BITS.items() if told["changed"] & bit] if kind == "updated" else NAMES
        old: dict[str, object] = dict.fromkeys(names)
        if kind != "created":
            told = {column_before("sku"): told.get("sku"), **told}
            old = {name: _plain(name, told.get(column_before(name))) for name in names}
        new = dict.fromkeys(names) if kind == "deleted" else {name: self.values[name] for name in names}
        self.values |= old
        previous = told.get("previous")
        self.number, self._created = NONE if previous is None else previous, kind == "created"
        found = {name: ValueChange(old[name], new[name]) for name in names}
        return found if kind == "updated" else {name: each for name, each in found.items() if _holds(each)}


def _holds(value: ValueChange) -> bool:
    return any(each not in (None, {}) for each in (value.before, value.after))


def _plain(name: str, value: object) -> object:
    return json.loads(value) if name == "attributes" and isinstance(value, str) else value
