"""Lists of changes: filters, orders and numbers of plans, and of what the log of changes tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
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
from product_importer.store.changes.sets import BITS
from product_importer.store.plan_rows import CREATED, DEACTIVATED, DELETED, NARROW, UPDATED
from product_importer.store.sku_order import page_by_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from product_importer.model import ChangeSort, Notable

    Flags = npt.NDArray[np.bool_]

_SIZE: Final = 30
"""The lowest bit of the size in a key of the order by size. Above it is the rank, below it the place."""

_MOVES, _ENDS, _CHANGES, _COMES = np.arange(4, dtype=np.uint64) << np.uint64(62)
_RANKS: Final = np.empty(len(CHANGE_KINDS), np.uint64)
_RANKS[[CREATED, UPDATED, DEACTIVATED, DELETED]] = _COMES, _CHANGES, _ENDS, _ENDS
"""The ranks in these keys: a price moves much, a value or a product is lost, all other changes, new products;
and the rank of each kind.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the numbers of all rows, how many match, and the places of those on the page that
    comes after the first ``after`` of them: the part and the position there.
    """

    summary: ChangeSummary
    total: int
    after: int
    places: Sequence[tuple[int, int]]

    def page(self, changes: Sequence[ListedChange]) -> ChangePage:
        """Returns the page with these changes."""
        following = self.after + len(changes)
        more = bool(changes) and following < self.total
        return ChangePage(tuple(changes), self.summary, self.total, following if more else None)


class NarrowRows:
    """Changes as filters and orders need them: the columns of :data:`NARROW`, part by part."""

    def __init__(self, parts: Sequence[pa.RecordBatch]) -> None:
        self.parts = parts
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
            found &= pc.match_substring(self._keys(), key).to_numpy()
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

    def by_sku(self, places: npt.NDArray[np.intp], after: int, limit: int) -> npt.NDArray[np.intp]:
        """Returns ``limit`` of these places, after the first ``after`` of them in the order of their SKUs."""
        keys = pa.concat_arrays(self._keys().take(pa.array(places)).chunks or [pa.array([], pa.string())])
        return places[page_by_key(keys, after, limit)]

    def _keys(self) -> pa.ChunkedArray:
        return pa.chunked_array([part.column("sku_key") for part in self.parts], pa.string())

    def place(self, number: int) -> tuple[int, int]:
        """The part of a row, and the row's position there."""
        part = int(np.searchsorted(self.starts, number, side="right")) - 1
        return part, self.parts[part].column("position")[number - int(self.starts[part])].as_py()

    def found(self, wanted: ChangeFilter, sort: ChangeSort, after: int, limit: int) -> Found:
        """Finds the rows that match, and the places of those on one page."""
        matching = np.flatnonzero(self.matching(wanted))
        if sort == "sku":
            page = self.by_sku(matching, after, limit)
        elif sort == "-size":
            page = self.by_size(matching, after + limit)[after : after + limit]
        else:
            page = matching[after : after + limit]
        return Found(self.summary(), len(matching), after, [self.place(number) for number in page.tolist()])

    def summary(self) -> ChangeSummary:
        kinds = np.bincount(self.kind, minlength=len(CHANGE_KINDS)).tolist()
        notable = {name: int(np.count_nonzero(test(self))) for name, test in _NOTABLE.items()}
        return ChangeSummary(
            kinds=_present(dict(zip(CHANGE_KINDS, kinds, strict=True))),
            fields=_by_field(self.changed[self.kept]),
            lost=_by_field(self.lost),
            notable=_present(notable),
        )


def _price_moved(rows: NarrowRows) -> Flags:
    moved: Flags = rows.moves > LARGE_MOVE
    return moved


_NOTABLE: Final[Mapping[Notable, Callable[[NarrowRows], Flags]]] = {
    "price_moved": _price_moved,
    "value_lost": lambda rows: rows.lost != 0,
    "deactivated": lambda rows: rows.kind == DEACTIVATED,
    "deleted": lambda rows: rows.kind == DELETED,
}


def _by_field(masks: npt.NDArray[Any]) -> dict[str, int]:
    return _present({name: int(np.count_nonzero(masks & bit)) for name, bit in BITS.items()})


def _present(numbers: Mapping[Any, int]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number}


_NOTHING: Final = ValueChange(None, None)


def listed_change(row: Mapping[str, Any]) -> ListedChange:
    """Returns the change of a row with the columns of :data:`~product_importer.store.plan_rows.SCHEMA`."""
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
