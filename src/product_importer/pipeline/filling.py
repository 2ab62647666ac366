"""Fills blank cells of the row that wins from earlier rows of the same SKU.

So importing a whole file leaves the same products as importing its two halves in order: for each SKU
the last non-blank cell of each column counts.

:class:`Mixtures` looks once at all rows of repeated SKUs, in batches, and finds the SKUs with a column that
is blank in some rows and filled in others. Only if there are any, :class:`Fillings` reads their rows
once more, from the file's end to its start, and keeps the cells to be filled in a temporary file.

Memory: about 12 bytes for each repeated SKU, and with mixtures about 30 more.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.fields import PRODUCT
from product_importer.model import KEYS_ONLY
from product_importer.pipeline.batch_file import BatchFile
from product_importer.pipeline.commands import acts
from product_importer.pipeline.sorted_words import Flags

Integers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint16]

ATTRIBUTES: Final = "attributes"
FILLABLE: Final = tuple(field.name for field in PRODUCT if field.name != "sku")
"""Fields that may be blank in a valid row."""

_BIT: Final = {field: 1 << number for number, field in enumerate(FILLABLE)}
_ONE_VALUE: Final = np.uint16(sum(bit for field, bit in _BIT.items() if field != ATTRIBUTES))
"""The bits of the fields that hold one value each (all but the attributes)."""

_UNSEEN: Final = -1
_NO_ATTRIBUTES: Final = 0

_VALUES: Final = r'": "(?:[^"\\]|\\.)*"'
"""Matches the values in a row's attributes, a JSON object of texts."""


class Mixtures:
    """Finds the places (see :class:`~.dedupe.RepeatedHashes`) whose rows differ in which cells are blank."""

    def __init__(self, size: int) -> None:
        self._filled = np.zeros(size, np.uint16)
        self._blank = np.zeros(size, np.uint16)
        self._named = np.full(size, _UNSEEN, np.int64)
        self._mixed = np.zeros(size, np.bool_)
        self._numbers: dict[str, int] = {}

    def enter(self, places: npt.NDArray[np.intp], rows: pa.RecordBatch) -> None:
        """Takes rows, in the file's order, with their places."""
        filled = _filled_bits(rows) & _ONE_VALUE
        np.bitwise_or.at(self._filled, places, filled)
        np.bitwise_or.at(self._blank, places, ~filled & _ONE_VALUE)
        self._compare_names(places, self._names(rows.column(ATTRIBUTES)))

    def found(self, fields: Sequence[str]) -> Flags:
        """The places with a mixture in one of ``fields`` (of :data:`FILLABLE`)."""
        mixed: Flags = (self._filled & self._blank & np.uint16(_bits(fields))) != 0
        return mixed | self._mixed if ATTRIBUTES in fields else mixed

    def _names(self, attributes: pa.StringArray) -> Integers:
        """A number for each row; rows with the same attribute names have the same number."""
        if attributes.null_count == len(attributes):
            return np.full(len(attributes), _NO_ATTRIBUTES, np.int64)
        names = pc.replace_substring_regex(attributes, _VALUES, '"').dictionary_encode()
        numbers = [
            self._numbers.setdefault(text, len(self._numbers) + 1) for text in names.dictionary.to_pylist()
        ]
        codes = np.asarray(names.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False), np.intp)
        return np.array([*numbers, _NO_ATTRIBUTES], np.int64)[codes]

    def _compare_names(self, places: npt.NDArray[np.intp], named: Integers) -> None:
        order = np.argsort(places, kind="stable")
        places, named = places[order], named[order]
        starts = np.ones(len(places), np.bool_)
        starts[1:] = places[1:] != places[:-1]
        before = np.empty_like(named)
        before[1:] = named[:-1]
        before[starts] = self._named[places[starts]]
        self._mixed[places[(before != _UNSEEN) & (before != named)]] = True
        self._named[places] = named  # NumPy keeps the last assignment for each place


@dataclass(frozen=True, slots=True)
class Candidate:
    """Rows of one batch of the spool that share their SKUs with other rows.

    ``slots``: a number for each row, from 0, equal for rows of one SKU; ``winners``: the line of the row that
    wins for that SKU.
    """

    rows: pa.RecordBatch
    slots: Integers
    winners: Integers


class Fillings:
    """The cells to be filled into winning rows, by the batch of those rows. Use as a context manager.

    ``fields``: the fields to be filled; ``attributes``: the names of the file's attributes, in its order.
    """

    def __init__(
        self, first_records: Sequence[int], fields: Sequence[str], attributes: Sequence[str]
    ) -> None:
        self._first_records = np.array(first_records, np.int64)
        self._fields = fields
        self._order = {name: number for number, name in enumerate(attributes)}
        self._file = BatchFile()
        self._pieces: defaultdict[int, list[int]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.__exit__()

    def gather(self, batches: Iterable[Candidate], slots: int) -> None:
        """Collects fillings for this number of ``slots``. ``batches`` go from the file's end to its start."""
        gathering = _Gathering(slots, self._fields, self._order)
        for batch in batches:
            given = gathering.enter(batch)
            numbers = np.searchsorted(self._first_records, given.column("record").to_numpy(), "right") - 1
            for number in np.unique(numbers).tolist():
                piece = given.filter(pa.array(numbers == number))
                self._pieces[number].append(self._file.append(piece))

    def filled(self, number: int, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Fills blank cells of that batch's winning rows, which are given in the file's order."""
        for piece in self._pieces.get(number, ()):
            rows = _filled(rows, self._file[piece], self._order)
        return rows


class _Gathering:
    """Tracks which cells of the winning rows are still blank, from the file's end to its start."""

    def __init__(self, slots: int, fields: Sequence[str], order: Mapping[str, int]) -> None:
        self._wanted = np.uint16(_bits(fields))
        self._scalars = [field for field in fields if field != ATTRIBUTES]
        self._order = order
        self._open = np.zeros(slots, np.uint16)
        self._record = np.zeros(slots, np.int64)
        self._known: dict[int, int] = {}  # slot → the attributes that it has, as a bit set

    def enter(self, batch: Candidate) -> pa.RecordBatch:
        """Returns what the batch's rows give: the winner's record, and cells, null where nothing is given."""
        rows, slots = batch.rows, batch.slots
        lines = rows.column("line").to_numpy()
        filled = _filled_bits(rows)
        wins = np.flatnonzero(lines == batch.winners)
        self._record[slots[wins]] = rows.column("record").to_numpy()[wins]
        self._open[slots[wins]] = ~filled[wins] & self._wanted
        if self._wanted & _BIT[ATTRIBUTES]:
            self._open_attributes(slots[wins], rows.column(ATTRIBUTES).take(pa.array(wins)))
        may_give = (lines < batch.winners) & ~acts(rows, "merge", KEYS_ONLY)
        columns: dict[str, pa.Array] = {}
        gives = np.zeros(len(slots), np.bool_)
        for field in self._scalars:
            bit = np.uint16(_BIT[field])
            able = np.flatnonzero(may_give & ((filled & self._open[slots] & bit) != 0))
            _, last = np.unique(slots[able][::-1], return_index=True)
            chosen = np.zeros(len(slots), np.bool_)
            chosen[able[::-1][last]] = True
            self._open[slots[chosen]] &= ~bit
            columns[field] = pc.if_else(pa.array(chosen), rows.column(field), None)
            gives |= chosen
        if self._wanted & _BIT[ATTRIBUTES]:
            columns[ATTRIBUTES] = given = self._give_attributes(rows.column(ATTRIBUTES), slots, may_give)
            gives |= np.asarray(given.is_valid().to_numpy(zero_copy_only=False))
        given_rows = pa.RecordBatch.from_pydict({"record": pa.array(self._record[slots]), **columns})
        return given_rows.filter(pa.array(gives))

    def _open_attributes(self, slots: Integers, attributes: pa.StringArray) -> None:
        for slot, text in zip(slots.tolist(), attributes.to_pylist(), strict=True):
            self._known[slot] = self._names_in(json.loads(text)) if text is not None else 0
        self._open[slots] |= np.uint16(_BIT[ATTRIBUTES])

    def _give_attributes(
        self, attributes: pa.StringArray, slots: Integers, may_give: Flags
    ) -> pa.StringArray:
        given: list[str | None] = [None] * len(slots)
        opened = (self._open[slots] & np.uint16(_BIT[ATTRIBUTES])) != 0
        able = may_give & opened & np.asarray(attributes.is_valid().to_numpy(zero_copy_only=False))
        for row in np.flatnonzero(able)[::-1].tolist():
            slot = int(slots[row])
            known = self._known[slot]
            values = json.loads(attributes[row].as_py())
            lacking = {name: value for name, value in values.items() if not known >> self._order[name] & 1}
            if lacking:
                given[row] = json.dumps(lacking, ensure_ascii=False)
                self._known[slot] = known | self._names_in(lacking)
        return pa.array(given, pa.string())

    def _names_in(self, values: Mapping[str, str]) -> int:
        return sum(1 << self._order[name] for name in values)


def _filled(rows: pa.RecordBatch, piece: pa.RecordBatch, order: Mapping[str, int]) -> pa.RecordBatch:
    records = rows.column("record").to_numpy()
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    for field in piece.schema.names[1:]:
        given = piece.filter(piece.column(field).is_valid())
        if not given.num_rows:
            continue
        places = np.searchsorted(records, given.column("record").to_numpy())
        if field == ATTRIBUTES:
            columns[field] = _united(columns[field], places, given.column(field), order)
        else:
            origin = np.full(rows.num_rows, 0, np.int64)
            origin[places] = np.arange(given.num_rows)
            mask = np.zeros(rows.num_rows, np.bool_)
            mask[places] = True
            columns[field] = pc.if_else(
                pa.array(mask), given.column(field).take(pa.array(origin)), columns[field]
            )
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=rows.schema)


def _united(
    attributes: pa.StringArray, places: Integers, given: pa.StringArray, order: Mapping[str, int]
) -> pa.StringArray:
    """Merges the given attributes into the rows' own ones, in the order of the file's columns."""
    united = attributes.to_pylist()
    for place, text in zip(places.tolist(), given.to_pylist(), strict=True):
        values = json.loads(text) | json.loads(united[place] or "{}")
        ordered = {name: values[name] for name in sorted(values, key=order.__getitem__)}
        united[place] = json.dumps(ordered, ensure_ascii=False)
    return pa.array(united, pa.string())


def _filled_bits(rows: pa.RecordBatch) -> Bits:
    """Which of the fillable fields each row has, as bits."""
    bits = np.zeros(rows.num_rows, np.uint16)
    for field, bit in _BIT.items():
        valid = np.asarray(rows.column(field).is_valid().to_numpy(zero_copy_only=False))
        bits |= valid.astype(np.uint16) * np.uint16(bit)
    return bits


def _bits(fields: Sequence[str]) -> int:
    return sum(_BIT[field] for field in fields)
