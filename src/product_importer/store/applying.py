"""Applies plans: makes the changes of their rows, each in a product that is still as the plan found it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import asyncpg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.names import folded
from product_importer.cells.sku import sku_keys
from product_importer.errors import PlanStale
from product_importer.fields import NAMES
from product_importer.store.attribute_names import note_names
from product_importer.store.changes.images import deleted, deleting
from product_importer.store.changes.sets import BITS, TYPES, Changes, column_before
from product_importer.store.changes.sizes import sizes_of
from product_importer.store.columns import COLUMNS
from product_importer.store.copy import copy_batch
from product_importer.store.fenced import FencedWriter
from product_importer.store.plan_rows import CREATED, DELETED, frees_keys, moving_keys, unpack_rows
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.store.changes.log import ChangeLog

    Place = tuple[str, int]

_NAMED: Final = 100
"""Maximum number of products that a message names because they were changed."""


class Applier(FencedWriter):
    """Applies chunks of one import's plan over one connection, set up by :meth:`prepare`."""

    def __init__(
        self, connection: asyncpg.Connection, import_id: int, lease_token: int, log: ChangeLog
    ) -> None:
        super().__init__(connection, import_id, lease_token)
        self._log = log

    async def prepare(self) -> None:
        await self._connection.execute(statements("plans")["prepare"].format(columns=COLUMNS))
        await self._connection.execute(statements("merge")["by_index"])
        if await self._connection.fetchval(statements("undos")["is_undo"], self._import_id):
            self._author = replace(self._author, cause="undo")

    async def check(self, places: Sequence[Place]) -> None:
        """Raises :class:`PlanStale` if products in these chunks aren't as the plan found them.

        If no statement has touched products since, they aren't compared; :meth:`apply` does that in any case.
        """
        if await self._connection.fetchval(statements("plans")["untouched"], self._import_id):
            return
        moved: list[str] = []
        taken: dict[str, str] = {}
        for place in places:
            rows = await self._rows(place)
            moved += await self._moved(rows)
            taken.update(await self._taken(rows))
        if taken:  # a product that the plan deletes first may have the SKU
            for place in places:
                rows = await self._rows(place)
                for key in rows.filter(frees_keys(rows)).column("sku_key").to_pylist():
                    taken.pop(key, None)
        moved += taken.values()
        if moved:
            raise _stale(moved)

    async def begin(self) -> None:
        """Adds the plan's new names of attributes to the catalogue, and records the chunks that change
        nothing. Raises :class:`PlanStale` if the catalogue has another form of a name by now.
        """

        async def body() -> None:
            await self._connection.execute(
                statements("plans")["nothing_left"], self._import_id, self._lease_token
            )
            rows = await self._connection.fetch(statements("plans")["names"], self._import_id)
            names = [row["name"] for row in rows]
            known = await note_names(self._connection, names)
            if other := [name for name in names if known[folded(name)] != name]:
                raise PlanStale(
                    f"The attribute {other[0]} is called {known[folded(other[0])]} by now, so the plan can't "
                    "be applied. Preview the import again."
                )

        await self._transact(body)

    async def apply(self, places: Sequence[Place]) -> None:
        """Applies these chunks in one transaction.

        Raises :class:`PlanStale`, which names the products that aren't as the plan found them; then nothing
        of these chunks was changed.
        """

        async def body() -> None:
            for place in places:
                await self._apply(await self._rows(place))
                await self._connection.execute(
                    *statements("plans").bound(
                        "applied",
                        import_id=self._import_id,
                        token=self._lease_token,
                        phase=place[0],
                        first=place[1],
                    )
                )

        try:
            await self._transact(body)
        except _Moved:
            await self.check(places)
            raise PlanStale(
                "Products were changed while the plan was applied. Preview the import again."
            ) from None

    async def _rows(self, place: Place) -> pa.RecordBatch:
        payload = await self._connection.fetchval(statements("plans")["payload"], self._import_id, *place)
        return await asyncio.to_thread(unpack_rows, payload)

    async def _apply(self, rows: pa.RecordBatch) -> None:
        """Deletes, changes and creates, in this order: a SKU may go from one product to another."""
        kinds = rows.column("kind").to_numpy()
        gone, new = kinds == DELETED, kinds == CREATED
        staged = False
        for apply, chosen in ((self._delete, gone), (self._update, ~gone & ~new), (self._create, new)):
            if chosen.any():
                if staged:
                    await self._connection.execute(statements("plans")["unstage"])
                part = rows if chosen.all() else rows.filter(pa.array(chosen))
                await self._log.write(self._connection, self._author, await apply(part))
                staged = True

    async def _create(self, rows: pa.RecordBatch) -> Changes:
        """Creates products. Those that come back have their ids, lead to their last change set, and have a
        version that they never had: who knows an earlier one can't take it for the present one.
        """
        size = rows.num_rows
        reserved = await self._connection.fetchrow(statements("merge")["reserve_ids"], size)
        assert reserved is not None, "it asks for values"
        first_id, number = reserved["first_id"], reserved["number"]
        ids = pc.coalesce(rows.column("product_id"), pa.array(np.arange(first_id, first_id + size)))
        back = rows.column("created_at").is_valid()
        values = {name: rows.column(f"after_{name}") for name in NAMES}
        products = {
            "id": ids,
            "sku_key": rows.column("sku_key"),
            "created_by_import": pc.if_else(back, rows.column("created_by_import"), self._import_id),
            "updated_by_import": _repeated(self._import_id, size, pa.int64()),
            "merged": rows.column("digest"),
            "merged_in": pc.if_else(
                rows.column("digest").is_valid(), _repeated(self._transaction, size, pa.int32()), None
            ),
            "last_change": _repeated(number, size, pa.int64()),
            **{name: array for name, array in values.items() if array.null_count < size},
        }
        log = {"product_id": ids, "sku": rows.column("sku")}
        if pc.all(back).as_py():
            products["created_at"] = rows.column("created_at")
            products["version"] = pc.add(rows.column("version"), pa.scalar(1, pa.int32()))
            log["previous"] = rows.column("previous")
        try:
            batch = pa.RecordBatch.from_pydict(products)
            await copy_batch(self._connection, "products", batch, json=("attributes",))
        except asyncpg.UniqueViolationError:
            raise _Moved from None
        return Changes("created", number, pa.RecordBatch.from_pydict(log))

    async def _update(self, rows: pa.RecordBatch) -> Changes:
        changed = rows.column("changed").to_numpy()
        names = [name for name, bit in BITS.items() if np.bitwise_or.reduce(changed) & bit]
        assignments = [
            f"{name} = CASE WHEN i.changed & {BITS[name]} <> 0 THEN i.{name} ELSE p.{name} END"
            for name in names
        ]
        skus = pc.coalesce(rows.column("after_sku"), rows.column("sku"))
        keys = rows.column("sku_key")
        if "sku" in names and (moving := pc.not_equal(sku_keys(skus), keys)) and pc.any(moving).as_py():
            keys = await self._set_aside(rows, moving)
            assignments.append("sku_key = coalesce(i.new_key, p.sku_key)")
            await self._stage(rows, names, sku_key=keys, new_key=pc.if_else(moving, sku_keys(skus), None))
        else:
            await self._stage(rows, names)
        number = await self._connection.fetchval(statements("changes")["next_number"])
        query = statements("plans")["update"].format(assignments=", ".join(assignments))
        try:
            outcome = await self._connection.execute(query, self._import_id, self._transaction, number)
        except asyncpg.UniqueViolationError:
            raise _Moved from None
        self._check(int(outcome.rsplit(maxsplit=1)[-1]), rows)
        before = {name: rows.column(f"before_{name}").cast(TYPES[name]) for name in names}
        identity = {name: rows.column(name) for name in ("product_id", "previous", "version", "changed")}
        sizes = sizes_of(changed, before, {name: rows.column(f"after_{name}") for name in names})
        columns = {**identity, "sku": skus, **sizes}
        columns |= {column_before(name): values for name, values in before.items()}
        return Changes("updated", number, pa.RecordBatch.from_pydict(columns))

    async def _set_aside(self, rows: pa.RecordBatch, moving: pa.BooleanArray) -> pa.StringArray:
        """Gives the products whose SKUs are to have other keys a key for the moment; returns all keys."""
        part = rows.filter(moving)
        others = [f"\x01{product}" for product in part.column("product_id").to_pylist()]
        columns = [part.column(name).to_pylist() for name in ("sku_key", "product_id", "version")]
        outcome = await self._connection.execute(statements("plans")["set_aside"], *columns, others)
        self._check(int(outcome.rsplit(maxsplit=1)[-1]), part)
        return pc.replace_with_mask(rows.column("sku_key"), moving, pa.array(others, pa.string()))

    async def _delete(self, rows: pa.RecordBatch) -> Changes:
        await self._stage(rows, [])
        found = await self._connection.fetchrow(statements("plans")["delete"].format(**deleting()))
        assert found is not None, "an aggregate gives a row"
        self._check(found["products"], rows)
        return deleted(found)

    async def _stage(self, rows: pa.RecordBatch, names: Sequence[str], **keys: pa.StringArray) -> None:
        columns = {
            "position": pa.array(np.arange(rows.num_rows, dtype=np.int32)),
            "id": rows.column("product_id"),
            **{name: rows.column(name) for name in ("sku_key", "version", "changed", "digest")},
            **{name: rows.column(f"after_{name}") for name in names},
            **keys,
        }
        batch = pa.RecordBatch.from_pydict(columns)
        await copy_batch(self._connection, "planned", batch, json=("attributes",))

    @staticmethod
    def _check(number: int, rows: pa.RecordBatch) -> None:
        """Compares the number of products that a statement found with the rows."""
        if number != rows.num_rows:
            raise _Moved

    async def _moved(self, rows: pa.RecordBatch) -> list[str]:
        """Returns the SKUs of products that are gone or have other versions than the plan found."""
        known = rows.filter(pc.not_equal(rows.column("kind"), CREATED))
        if not known.num_rows:
            return []
        arguments = [known.column(name).to_pylist() for name in ("sku_key", "product_id", "version")]
        numbers = await self._connection.fetch(statements("plans")["moved"], *arguments)
        return [known.column("sku")[row["number"] - 1].as_py() for row in numbers]

    async def _taken(self, rows: pa.RecordBatch) -> dict[str, str]:
        """Returns the SKUs that products are to get and that another product has, by their keys."""
        new = pc.or_(pc.equal(rows.column("kind"), CREATED), moving_keys(rows))
        skus = rows.column("after_sku").filter(new)
        keys, skus = sku_keys(skus).to_pylist(), skus.to_pylist()
        numbers = await self._connection.fetch(statements("plans")["taken"], keys) if keys else ()
        return {keys[row["number"] - 1]: skus[row["number"] - 1] for row in numbers}


class _Moved(Exception):
    """Products aren't as the plan found them."""


def _stale(skus: Sequence[str]) -> PlanStale:
    number = len(skus)
    what = "A product was" if number == 1 else f"{number:,} products were"
    more = f" and {number - _NAMED:,} more" if number > _NAMED else ""
    return PlanStale(
        f"{what} changed, created or deleted since the plan was made: {', '.join(skus[:_NAMED])}{more}. "
        "Preview the import again."
    )


def _repeated(value: int, number: int, kind: pa.DataType) -> pa.Array:
    return pa.array(np.full(number, value), kind)
