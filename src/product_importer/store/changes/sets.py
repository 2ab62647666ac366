"""What a transaction did to products, in columns: as it is stored, and as sinks get it.

The data of a set have a row for each product. The columns are:

- ``product_id`` and ``sku``. The SKU is the one after the change, or of a deleted product the last one.
- ``previous`` and ``version``, unless the products are new: the number of the change set that changed the
  product before, null if there is none, and the product's version before the change.
- ``changed``, if the products were changed: a bit for each changed field, in the order of the fields.
- ``before_price`` and so on: the values before the change. A column that is missing has no values. Where the
  bit of the field isn't set, the value is null and has no meaning.
- ``created_at``, ``updated_at``, ``created_by_import`` and ``updated_by_import`` of deleted products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa

from product_importer.fields import DECIMAL, FLAG, INTEGER, NAMES, OBJECT, PRODUCT, TEXT, VERBATIM
from product_importer.support.packing import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg
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


def edited(before: asyncpg.Record, after: asyncpg.Record, changed: Sequence[str]) -> Changes:
    """Returns the set of one product, of which these fields were changed. The rows are the product's."""
    data = {
        _IDS: pa.array([after["id"]], pa.int64()),
        "sku": pa.array([after["sku"]], pa.string()),
        "previous": pa.array([before["last_change"]], pa.int64()),
        "version": pa.array([before["version"]], pa.int32()),
        "changed": pa.array([sum(BITS[name] for name in changed)], pa.int16()),
        **{column_before(name): pa.array([before[name]], TYPES[name]) for name in changed},
    }
    return Changes("updated", after["last_change"], pa.RecordBatch.from_pydict(data))


def column_before(field: str) -> str:
    """Returns the name of the column of the field's values before the change."""
    return f"before_{field}"


def stored(changes: Changes) -> bytes:
    """Returns the data as the log stores them: with differences of ids, which are packed far better."""
    return pack(_with_ids(changes.data, np.diff(_ids(changes.data), prepend=0)))


def restored(payload: bytes) -> pa.RecordBatch:
    """Returns the data of a set from what the log stores."""
    data = unpack(payload)
    return _with_ids(data, np.cumsum(_ids(data)))


def restored_row(payload: bytes, product_id: int) -> dict[str, Any] | None:
    """Returns what a set tells of one product, as the set's columns; None if it isn't one of its products.
    SKUs take most of the time of unpacking and are left out, unless the product was deleted.
    """
    with pa.ipc.open_stream(payload) as reader:
        names = reader.schema.names
    without = [place for place, name in enumerate(names) if name != "sku" or "created_at" in names]
    options = pa.ipc.IpcReadOptions(included_fields=without)
    with pa.ipc.open_stream(payload, options=options) as reader:
        data = reader.read_next_batch()
    rows = np.flatnonzero(np.cumsum(_ids(data)) == product_id)
    return data.slice(int(rows[0]), 1).to_pylist()[0] if len(rows) else None


def restored_masks(payload: bytes) -> npt.NDArray[np.int16]:
    """Returns the bits of the changed fields of each product of a set of updated products."""
    with pa.ipc.open_stream(payload) as reader:
        place = reader.schema.names.index("changed")
    with pa.ipc.open_stream(payload, options=pa.ipc.IpcReadOptions(included_fields=[place])) as reader:
        masks: npt.NDArray[np.int16] = reader.read_next_batch().column(0).to_numpy()
    return masks


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
