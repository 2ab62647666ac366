"""Merges rows into the products, in the caller's transaction, and notes which rows that leaves out."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import asyncpg
import numpy as np
import pyarrow as pa

from product_importer.fields import NAMES
from product_importer.model import CHANGING, CREATING, MODES
from product_importer.model.modes import KNOWN_SKU, UNKNOWN_SKU
from product_importer.store.changes.images import (
    activating,
    deleted,
    deleting,
    numbers,
    updated,
    updating,
)
from product_importer.store.changes.sets import Author, created
from product_importer.store.columns import COLUMNS, merging
from product_importer.store.copy import copy_batch
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from product_importer.model import Mode
    from product_importer.ports import Terms
    from product_importer.store.changes.log import ChangeLog
    from product_importer.store.changes.sets import Changes, Integers

_COLUMN: Final = {"digest": "merged"}
"""The columns of the table of products whose names differ from those of a chunk."""

_COMMAND: Final = "command"

_ABSENT: Final = "absent"

_RETURNS_OLD: Final = 18
"""The first version of PostgreSQL whose statements return old values."""


class Conflict(Exception):
    """Rows changed between look-up and write, or don't exist as expected."""


class _Expected(enum.Enum):
    """The expected kind of a chunk's rows, as in the chunk before. If it is wrong, the chunk is redone."""

    UNKNOWN = enum.auto()
    NEW = enum.auto()
    CHANGED = enum.auto()


@dataclass(slots=True)
class Merged:
    """The results of a merge. ``nameless``: new rows that have no name, and so make no product;
    ``left_out``: the rows that their mode leaves out, by the code of the warning.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    nameless: list[pa.RecordBatch] = field(default_factory=list)
    left_out: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)

    def leave_out(self, code: str, rows: pa.RecordBatch) -> None:
        if rows.num_rows:
            self.left_out.setdefault(code, []).append(rows)


class Merger:
    """Merges chunks' rows over one connection. The rows of each are sorted by key, one for each key."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        import_id: int,
        terms: Terms,
        log: ChangeLog,
        author: Author,
    ) -> None:
        self._connection = connection
        self._import_id = import_id
        self._terms = terms
        self._returns_old = connection.get_server_version().major >= _RETURNS_OLD
        clears = terms.clear_attributes is not None
        self._merging = merging(terms.clear, attributes=clears, product="p" if self._returns_old else "o")
        self._cleared = {*terms.clear, *(("attributes",) if clears else ())}
        self._log = log
        self._author = author
        self._transaction = 0
        self._expected = _Expected.UNKNOWN
        self._guessing = True

    async def prepare(self) -> None:
        await self._connection.execute(statements("merge")["prepare"].format(columns=COLUMNS))
        await self._connection.execute(statements("merge")["by_index"])

    def stop_expecting(self) -> bool:
        """After a conflict: returns whether it may be due to an expectation; from now on, there is none."""
        expected = self._expected is not _Expected.UNKNOWN
        self._expected, self._guessing = _Expected.UNKNOWN, self._guessing and not expected
        return expected

    def expect_no_new(self) -> None:
        """Drops the expectation of new rows: only writing them shows whether it is right."""
        if self._expected is _Expected.NEW:
            self._expected = _Expected.UNKNOWN

    async def merge(self, rows: pa.RecordBatch, transaction: int) -> Merged:
        """Merges the rows. ``transaction``: the lowest 32 bits of its id, as a signed number."""
        self._transaction = transaction
        done = Merged()
        if not rows.num_rows:
            return done
        for number, (mode, part) in enumerate(_by_mode(rows, self._terms.mode)):
            if number:
                await self._connection.execute(statements("merge")["unstage"])
            if mode == "delete":
                await self._delete(part, done)
            elif mode == "deactivate":
                await self._deactivate(part, done)
            else:
                await self._write(mode, part, done)
        self._expected = _Expected.UNKNOWN
        if self._guessing and done.created == rows.num_rows:
            self._expected = _Expected.NEW
        elif self._guessing and done.updated == rows.num_rows:
            self._expected = _Expected.CHANGED
        return done

    async def _write(self, mode: Mode, rows: pa.RecordBatch, done: Merged) -> None:
        """Creates and changes products, as far as the mode does that."""
        new, same, different = await self._divide(mode, rows)
        if mode in CREATING:
            if new.column("name").null_count:
                done.nameless.append(new.filter(new.column("name").is_null()))
                new = new.filter(new.column("name").is_valid())
            if new.num_rows:
                await self._insert(new)
                done.created += new.num_rows
        else:
            done.leave_out(UNKNOWN_SKU, new)
        if mode in CHANGING:
            changed = await self._update(different) if different.num_rows else 0
            done.updated += changed
            done.unchanged += same.num_rows + different.num_rows - changed
        else:
            for known in (same, different):
                done.leave_out(KNOWN_SKU, known)

    async def _divide(self, mode: Mode, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, ...]:
        """Returns the rows whose key is new, those whose product is as they say, and the others."""
        none = rows.slice(0, 0)
        if self._expected is _Expected.NEW and mode in CREATING and not rows.column("name").null_count:
            return rows, none, none
        if self._expected is _Expected.CHANGED and mode in CHANGING:
            return none, none, rows
        await copy_batch(self._connection, "asked", _numbered(rows.select(["sku_key", "digest"])))
        found = await self._connection.fetchrow(statements("merge")["look_up"])
        assert found is not None, "an aggregate gives a row"
        new, different = numbers(found["new"], ">i4"), numbers(found["different"], ">i4")
        same = np.setdiff1d(np.arange(rows.num_rows), np.concatenate([new, different]))
        return at(rows, new), at(rows, same), at(rows, different)

    async def _insert(self, rows: pa.RecordBatch) -> None:
        reserved = await self._connection.fetchrow(statements("merge")["reserve_ids"], rows.num_rows)
        assert reserved is not None, "it asks for values"
        first_id, number = reserved["first_id"], reserved["number"]
        products = {
            "id": pa.array(np.arange(first_id, first_id + rows.num_rows)),
            "created_by_import": self._constant(self._import_id, rows, np.int64),
            "updated_by_import": self._constant(self._import_id, rows, np.int64),
            "merged_in": self._constant(self._transaction, rows, np.int32),
            "last_change": self._constant(number, rows, np.int64),
            **{_COLUMN.get(name, name): rows.column(name) for name in _columns(rows)},
            "active": rows.column("active").fill_null(True),
        }
        if "attributes" in products:
            products["attributes"] = products["attributes"].fill_null("{}")
        batch = pa.RecordBatch.from_pydict(products)
        await copy_batch(self._connection, "products", batch, json=("attributes",))
        await self._write_log(created(number, first_id, rows.column("sku")))

    async def _update(self, rows: pa.RecordBatch) -> int:
        await self._stage_merge(rows)
        columns = _columns(rows)
        fields = tuple(name for name in NAMES if name in columns or name in self._cleared)
        sql, terms, cleared = statements("merge"), self._merging, self._terms.clear_attributes
        found = await self._connection.fetchrow(
            sql["update"].format(**terms, **updating(fields, returns_old=self._returns_old)),
            cleared,
            self._import_id,
            self._transaction,
        )
        assert found is not None, "an aggregate gives a row"
        if found["products"] < rows.num_rows:  # the other products are unchanged, or they are gone
            settled = await self._connection.fetchval(sql["settled"].format(**terms), cleared)
            if settled != rows.num_rows:
                raise Conflict
        positions = pa.array(numbers(found["positions"], ">i4"))  # in the order of what was found
        await self._write_log(updated(found, rows.take(positions)))
        return int(found["products"])

    async def _delete(self, rows: pa.RecordBatch, done: Merged) -> None:
        await self._stage(rows, ["sku_key"])
        found = await self._connection.fetchrow(statements("merge")["delete"].format(**deleting()))
        assert found is not None, "an aggregate gives a row"
        done.deleted += found["products"]
        positions = numbers(found["positions"], ">i4")
        done.leave_out(UNKNOWN_SKU, at(rows, np.setdiff1d(np.arange(rows.num_rows), positions)))
        await self._write_log(deleted(found))

    async def _deactivate(self, rows: pa.RecordBatch, done: Merged) -> None:
        new, *known = await self._divide("deactivate", rows)
        done.leave_out(UNKNOWN_SKU, new)
        rows = pa.concat_batches(known)
        if not rows.num_rows:
            return
        await self._stage(rows, ["sku_key"])
        sql = statements("merge")["deactivate_named"].format(**activating())
        found = await self._connection.fetchrow(sql, self._import_id)
        assert found is not None, "an aggregate gives a row"
        done.updated += found["products"]
        done.unchanged += rows.num_rows - found["products"]
        await self._write_log(updated(found))

    async def _write_log(self, changes: Changes) -> None:
        await self._log.write(self._connection, self._author, changes)

    async def _stage_merge(self, rows: pa.RecordBatch) -> None:
        absent = [_ABSENT] if _ABSENT in rows.schema.names else []
        await self._stage(rows, [*_columns(rows), *absent])

    async def _stage(self, rows: pa.RecordBatch, columns: list[str]) -> None:
        incoming = _numbered(rows.select(columns))
        await copy_batch(self._connection, "incoming", incoming, json=("attributes", _ABSENT))

    @staticmethod
    def _constant(value: int, rows: pa.RecordBatch, kind: type[np.signedinteger]) -> pa.Array:
        return pa.array(np.full(rows.num_rows, value, kind))


def _by_mode(rows: pa.RecordBatch, mode: Mode) -> Iterator[tuple[Mode, pa.RecordBatch]]:
    """Yields each mode with its rows. Rows without a command have the import's ``mode``."""
    if _COMMAND not in rows.schema.names:
        yield mode, rows
        return
    commands = rows.column(_COMMAND).fill_null(MODES.index(mode)).to_numpy()
    for each in np.unique(commands).tolist():
        yield MODES[each], rows.filter(pa.array(commands == each))


def at(rows: pa.RecordBatch, positions: Integers) -> pa.RecordBatch:
    """Returns the rows at these positions, in their present order."""
    return rows if len(positions) == rows.num_rows else rows.take(pa.array(np.sort(positions)))


def _numbered(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Returns the rows with their positions, counted from 0."""
    return rows.add_column(0, "position", pa.array(np.arange(rows.num_rows, dtype=np.int32)))


def _columns(rows: pa.RecordBatch) -> list[str]:
    """Returns the names of the columns to copy: columns without any value are left out."""
    filled = [name for name in NAMES if rows.column(name).null_count < rows.num_rows]
    return ["sku_key", *filled, "digest"]
