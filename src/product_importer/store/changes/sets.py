"""What a transaction did to products, in columns: as it is stored, and as sinks get it.

The data of a set have a row for each product. The columns are:

- ``product_id`` and ``sku``. The SKU is the one after the change, or of a deleted product the last one.
- ``previous`` and ``version``, unless the products are new: the number of the change set that changed the
  product before, null if there is none, and the product's version before the change.
- ``changed``, if the products were changed: a bit for each changed field, in the order of the fields.
- ``lost`` and ``moves``, if any product was changed so: bits of the fields whose value was lost, and the
  share of its old value by which the price moved.
- ``before_price`` and so on: the values before the change. A column that is missing has no values. Where the
  bit of the field isn't set, the value is null and has no meaning.
- ``created_at``, ``updated_at``, ``created_by_import`` and ``updated_by_import`` of deleted products.

A set is stored in two parts: lists of changes are filtered and sorted by the first one. The second part,
which has the values before, is read for the changes that are shown only. A small set has one part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa

from product_importer.fields import DECIMAL, FLAG, INTEGER, NAMES, OBJECT, PRODUCT, TEXT, VERBATIM
from product_importer.support.packing import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy.typing as npt

    from product_importer.fields import Kind
    from product_importer.model import ChangeCause

    Integers = npt.NDArray[np.int64]

ChangeKind = Literal["created", "updated", "deleted"]
"""What happened to the products of a set. Deactivated products are updated."""

BITS: Final = {name: 1 << place for place, name in enumerate(NAMES)}
"""The bit of each field in ``changed``."""

ALL: Final = sum(BITS.values())

_KINDS: Final[Mapping[Kind, pa.DataType]] = {
    TEXT: pa.string(),
    VERBATIM: pa.string(),
    DECIMAL: pa.decimal128(19, 4),
    INTEGER: pa.int64(),
    FLAG: pa.bool_(),
    OBJECT: pa.string(),  # JSON
}

TYPES: Final = {field.name: _KINDS[field.kind] for field in PRODUCT}
"""The Arrow type of each field's values in a set."""

_IDS: Final = "product_id"

_NARROW: Final = frozenset((_IDS, "sku", "previous", "version", "changed", "lost", "moves", "before_active"))
"""The columns of the first part."""

_FEW: Final = 100
"""Number of products below which a set has one part: each part has a head of some hundred bytes."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed products, and why. ``actor`` is the text of an :class:`~product_importer.model.Actor`;
    ``import_id`` is None unless an import did it.
    """

    actor: str
    cause: ChangeCause
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a transaction did to products. ``number``: the number that these products got as their
    ``last_change``; None if they are deleted: the set gets a number when it is written.
    """

    kind: ChangeKind
    number: int | None
    data: pa.RecordBatch

    def __len__(self) -> int:
        return int(self.data.num_rows)


def created(number: int, first_id: int, skus: pa.StringArray) -> Changes:
    """Returns the set of new products with consecutive ids."""
    ids = pa.array(np.arange(first_id, first_id + len(skus)))
    return Changes("created", number, pa.RecordBatch.from_arrays([ids, skus], [_IDS, "sku"]))


def column_before(field: str) -> str:
    """Returns the name of the column of the field's values before the change."""
    return f"before_{field}"


def stored(changes: Changes) -> tuple[bytes, int]:
    """Returns the data as the log stores them, and how many bytes of that are the first part. Ids are stored
    as differences, which are packed far better.
    """
    data = _with_ids(changes.data, np.diff(_ids(changes.data), prepend=0))
    wide = [name for name in data.schema.names if name not in _NARROW]
    if not wide or data.num_rows < _FEW:
        payload = pack(data)
        return payload, len(payload)
    first = pack(data.drop_columns(wide))
    return first + pack(data.select(wide)), len(first)


def restored(payload: bytes, *, skus: bool = True) -> pa.RecordBatch:
    """Returns the data of a set from what the log stores.

    SKUs take most of the time of unpacking. Without ``skus``, those of changed products are left out.
    """
    source, parts = pa.BufferReader(payload), []
    while source.tell() < len(payload):
        parts.append(_part(source, lambda name, names: skus or name != "sku" or "changed" not in names))
    arrays = [array for part in parts for array in part.columns]
    data = pa.RecordBatch.from_arrays(arrays, [name for part in parts for name in part.schema.names])
    return _with_ids(data, np.cumsum(_ids(data)))


def restored_part(payload: bytes, columns: Collection[str]) -> pa.RecordBatch:
    """Returns those of these columns that a set has, from the bytes of its first part. Ids aren't there."""
    return _part(pa.BufferReader(payload), lambda name, _: name in columns)


def restored_row(payload: bytes, product_id: int) -> dict[str, Any] | None:
    """Returns what a set tells of one product, as the set's columns; None if it isn't one of its products.
    The SKU is left out as :func:`restored` does it.
    """
    data = restored(payload, skus=False)
    rows = np.flatnonzero(_ids(data) == product_id)
    return data.slice(int(rows[0]), 1).to_pylist()[0] if len(rows) else None


def _part(source: pa.BufferReader, wanted: Callable[[str, Sequence[str]], bool]) -> pa.RecordBatch:
    """Reads the next part, with the columns that are wanted."""
    start = source.tell()
    names = pa.ipc.open_stream(source).schema.names
    source.seek(start)
    places = [place for place, name in enumerate(names) if wanted(name, names)]
    (batch,) = pa.ipc.open_stream(source, options=pa.ipc.IpcReadOptions(included_fields=places))
    return batch


def event_data(kind: ChangeKind, data: pa.RecordBatch, import_id: int | None) -> pa.RecordBatch:
    """Returns the data of the events of a set: a row for each product."""
    columns = {name: data.column(name) for name in (_IDS, "sku")}
    if kind == "updated":
        columns["changed"] = _names(data.column("changed").to_numpy())
    columns["import_id"] = pa.repeat(pa.scalar(import_id, pa.int64()), data.num_rows)
    return pa.RecordBatch.from_pydict(columns)


def _names(masks: npt.NDArray[np.int16]) -> pa.DictionaryArray:
    """Returns the names of the changed fields, from their bits."""
    kinds, places = np.unique(masks, return_inverse=True)
    names = [[name for name, bit in BITS.items() if mask & bit] for mask in kinds.tolist()]
    return pa.DictionaryArray.from_arrays(
        pa.array(places.astype(np.int16)), pa.array(names, pa.list_(pa.string()))
    )


def _ids(data: pa.RecordBatch) -> Integers:
    ids: Integers = data.column(_IDS).to_numpy()
    return ids


def _with_ids(data: pa.RecordBatch, ids: Integers) -> pa.RecordBatch:
    return data.set_column(data.schema.get_field_index(_IDS), _IDS, pa.array(ids, pa.int64()))
