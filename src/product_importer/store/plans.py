"""Reads plans: what an import would change, filtered, sorted and page by page; and the numbers of that."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.sku import sku_key
from product_importer.fields import NAMES
from product_importer.model import (
    CHANGE_KINDS,
    LARGE_MOVE,
    ChangeFilter,
    ChangePage,
    ChangeSummary,
    ListedChange,
    ValueChange,
)
from product_importer.store.actions import record
from product_importer.store.changes.sets import BITS
from product_importer.store.plan_rows import (
    BLOCK_ROWS,
    CREATED,
    DEACTIVATED,
    DELETED,
    NARROW,
    UPDATED,
)
from product_importer.store.queries import statements
from product_importer.support.packing import unpack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    import asyncpg
    import numpy.typing as npt

    from product_importer.model import Actor, ChangeSort, Notable
    from product_importer.store.connect import Database

    Flags = npt.NDArray[np.bool_]

_SIZE: Final = 30
"""The lowest bit of the size in a key of the order by size. Above it is the rank, below it the place."""

_MOVES, _ENDS, _CHANGES, _COMES = np.arange(4, dtype=np.uint64) << np.uint64(62)
_RANKS: Final = np.empty(len(CHANGE_KINDS), np.uint64)
_RANKS[[CREATED, UPDATED, DEACTIVATED, DELETED]] = _COMES, _CHANGES, _ENDS, _ENDS
"""The ranks in these keys: a price moves much, a value or a product is lost, all other changes, new products;
and the rank of each kind.
"""


class Plans:
    """The plans of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def size(self, import_id: int) -> int:
        """Returns the number of changes."""
        async with self._database.connection() as connection:
            return int(await connection.fetchval(statements("plans")["size"], import_id))

    async def apply(
        self,
        import_id: int,
        *,
        whole: bool,
        background: bool,
        confirmed: int | None,
        actor: Actor | str | None,
    ) -> bool:
        """Has the plan applied, by the workers if ``background``; false if the import isn't planned."""
        async with self._database.connection() as connection, connection.transaction():
            query = statements("plans")["apply"]
            if await connection.fetchval(query, import_id, background, whole, confirmed) is None:
                return False
            await record(connection, actor, "import.applied", f"import:{import_id}")
            return True

    async def page(
        self, import_id: int, wanted: ChangeFilter, sort: ChangeSort, after: int, limit: int
    ) -> ChangePage:
        """Returns ``limit`` changes that match, after the first ``after`` of them."""
        chunks = await self._narrow(import_id)
        total, places = await asyncio.to_thread(_places, chunks, wanted, sort, after, limit)
        changes = await self._changes(import_id, chunks, places)
        following = after + len(changes)
        return ChangePage(tuple(changes), total, following if changes and following < total else None)

    async def all(self, import_id: int, wanted: ChangeFilter) -> AsyncIterator[ListedChange]:
        """Yields all changes that match, in the file's order, chunk by chunk."""
        for chunk in await self._narrow(import_id):
            _, places = await asyncio.to_thread(_places, [chunk], wanted, "line", 0, chunk["changes"])
            for change in await self._changes(import_id, [chunk], places):
                yield change

    async def summary(self, import_id: int) -> ChangeSummary:
        return await asyncio.to_thread(_summary, await self._narrow(import_id))

    async def _narrow(self, import_id: int) -> list[asyncpg.Record]:
        async with self._database.connection() as connection:
            return await connection.fetch(statements("plans")["narrow"], import_id)

    async def _changes(
        self, import_id: int, chunks: Sequence[asyncpg.Record], places: Sequence[tuple[int, int]]
    ) -> list[ListedChange]:
        """Returns the changes at these places; only the blocks with these are fetched and unpacked."""
        wanted = sorted({(chunk, position // BLOCK_ROWS) for chunk, position in places})
        bounds = [(0, *chunk["ends"]) for chunk in chunks]
        query = statements("plans").bound(
            "blocks",
            import_id=import_id,
            phases=[chunks[chunk]["phase"] for chunk, _ in wanted],
            firsts=[chunks[chunk]["first"] for chunk, _ in wanted],
            starts=[bounds[chunk][block] for chunk, block in wanted],
            lengths=[bounds[chunk][block + 1] - bounds[chunk][block] for chunk, block in wanted],
        )
        async with self._database.connection() as connection:
            rows = await connection.fetch(*query)
        blocks = {key: row["block"] for key, row in zip(wanted, rows, strict=True)}
        return await asyncio.to_thread(_listed, blocks, places)


class _Rows:
    """The narrow rows of chunks, in the file's order."""

    def __init__(self, chunks: Sequence[asyncpg.Record]) -> None:
        self.parts = [unpack(chunk["narrow"]) for chunk in chunks]
        self.starts = np.cumsum([0, *(part.num_rows for part in self.parts)])
        self.kind = self._joined("kind")
        self.changed = self._joined("changed")
        self.lost = self._joined("lost")
        self.moves = np.nan_to_num(np.abs(self._joined("moves")))

    def _joined(self, name: str) -> npt.NDArray[Any]:
        values = [part.column(name).to_numpy(zero_copy_only=False) for part in self.parts]
        return np.concatenate(values) if values else np.empty(0, NARROW.field(name).type.to_pandas_dtype())

    @property
    def kept(self) -> Flags:
        """Which products exist before and after the change."""
        kept: Flags = (self.kind != CREATED) & (self.kind != DELETED)
        return kept

    def matching(self, wanted: ChangeFilter) -> Flags:
        found: Flags = np.ones(len(self.kind), np.bool_)
        if wanted.kind is not None:
            found &= self.kind == CHANGE_KINDS.index(wanted.kind)
        if wanted.field is not None:
            found &= ((self.changed & BITS[wanted.field]) != 0) & self.kept
        if wanted.notable is not None:
            found &= _NOTABLE[wanted.notable](self)
        if wanted.sku is not None and (key := sku_key(wanted.sku)):
            keys = pa.chunked_array([part.column("sku_key") for part in self.parts], pa.string())
            found &= pc.match_substring(keys, key).to_numpy()
        return found

    def by_size(self, places: npt.NDArray[np.intp], number: int) -> npt.NDArray[np.intp]:
        """Returns the first ``number`` of these places, the largest change first; ties as in the file."""
        moves = self.moves[places]
        keys = _RANKS[self.kind[places]]
        keys[self.lost[places] != 0] = _ENDS
        keys[moves > LARGE_MOVE] = _MOVES
        size = np.uint32(0xFFFFFFFF) - moves.view(np.uint32)  # its bits are in the same order
        keys |= size.astype(np.uint64) << np.uint64(_SIZE)
        keys |= places.astype(np.uint64)
        if number < len(keys):
            keys = np.partition(keys, number)[:number]
        return (np.sort(keys) & np.uint64((1 << _SIZE) - 1)).astype(np.intp)

    def place(self, number: int) -> tuple[int, int]:
        """The chunk of a row, and the row's position there."""
        chunk = int(np.searchsorted(self.starts, number, side="right")) - 1
        return chunk, self.parts[chunk].column("position")[number - int(self.starts[chunk])].as_py()


def _price_moved(rows: _Rows) -> Flags:
    moved: Flags = rows.moves > LARGE_MOVE
    return moved


_NOTABLE: Final[Mapping[Notable, Callable[[_Rows], Flags]]] = {
    "price_moved": _price_moved,
    "value_lost": lambda rows: rows.lost != 0,
    "deactivated": lambda rows: rows.kind == DEACTIVATED,
    "deleted": lambda rows: rows.kind == DELETED,
}


def _places(
    chunks: Sequence[asyncpg.Record], wanted: ChangeFilter, sort: ChangeSort, after: int, limit: int
) -> tuple[int, list[tuple[int, int]]]:
    """Returns the number of rows that match, and the places of those on the page."""
    rows = _Rows(chunks)
    places = np.flatnonzero(rows.matching(wanted))
    page = places if sort == "line" else rows.by_size(places, after + limit)
    return len(places), [rows.place(number) for number in page[after : after + limit].tolist()]


def _summary(chunks: Sequence[asyncpg.Record]) -> ChangeSummary:
    rows = _Rows(chunks)
    kinds = np.bincount(rows.kind, minlength=len(CHANGE_KINDS)).tolist()
    notable = {name: int(np.count_nonzero(test(rows))) for name, test in _NOTABLE.items()}
    return ChangeSummary(
        kinds=_present(dict(zip(CHANGE_KINDS, kinds, strict=True))),
        fields=_by_field(rows.changed[rows.kept]),
        lost=_by_field(rows.lost),
        notable=_present(notable),
    )


def _by_field(masks: npt.NDArray[Any]) -> dict[str, int]:
    return _present({name: int(np.count_nonzero(masks & bit)) for name, bit in BITS.items()})


def _present(numbers: Mapping[Any, int]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number}


def _listed(blocks: Mapping[tuple[int, int], bytes], places: Sequence[tuple[int, int]]) -> list[ListedChange]:
    """Unpacks the changes at these places."""
    wanted: dict[tuple[int, int], list[int]] = {}
    for chunk, position in places:
        wanted.setdefault((chunk, position // BLOCK_ROWS), []).append(position)
    found: dict[tuple[int, int], ListedChange] = {}
    for key, positions in wanted.items():
        within = pa.array([position % BLOCK_ROWS for position in positions])
        for position, row in zip(positions, unpack(blocks[key]).take(within).to_pylist(), strict=True):
            found[key[0], position] = _change(row)
    return [found[place] for place in places]


_NOTHING: Final = ValueChange(None, None)


def _change(row: Mapping[str, Any]) -> ListedChange:
    changes = {
        name: ValueChange(_value(name, row[f"before_{name}"]), _value(name, row[f"after_{name}"]))
        for name in NAMES
        if row["changed"] & BITS[name]
    }
    if row["kind"] in (CREATED, DELETED):  # a field that has no value isn't shown
        changes = {name: change for name, change in changes.items() if change != _NOTHING}
    price, moves = changes.get("price"), None
    if row["kind"] == UPDATED and price and price.before and price.after is not None:
        moves = float((row["after_price"] - row["before_price"]) / row["before_price"])
    return ListedChange(CHANGE_KINDS[row["kind"]], row["product_id"], row["sku"], row["line"], changes, moves)


def _value(name: str, value: Any) -> object:
    return (json.loads(value) or None) if name == "attributes" and value is not None else value
