"""Records, which are mappings of names to values, as batches of one Arrow table.

Records may be many and come from a generator, and which columns they have is known at their end. They are
therefore kept batch by batch in a file, each batch with the columns and types of its own records, and are
read from there as batches of one table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.errors import UsageError
from product_importer.model import CHUNK_ROWS

if TYPE_CHECKING:
    from pathlib import Path

ATTRIBUTES: Final = "attributes"
"""The member of a record whose own members become columns."""

_SHOWN: Final = 40

_NO_TYPE: Final = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError)


def batches_of(records: Iterable[object], kept: Path) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Returns the columns, one for each name that any record has, and batches of records with these columns.

    The records are kept in the file ``kept`` in the meantime. Raises :class:`UsageError` for what is no
    record.
    """
    types: dict[str, pa.DataType] = {}
    sizes: list[int] = []  # a batch of records without any name has no columns, but rows
    with pa.OSFile(str(kept), "wb") as file:
        for rows in _in_batches(_row_of(record, number) for number, record in enumerate(records, start=1)):
            batch = _batch_of(rows)
            for field in batch.schema:
                types[field.name] = _common(types.get(field.name, pa.null()), field.type)
            sizes.append(len(rows))
            with pa.ipc.new_stream(file, batch.schema) as writer:
                writer.write_batch(batch)
    if not types:
        raise UsageError("There are no records, or none of them has a value. Give at least one product.")
    for batch in _kept(kept):
        types |= {name: pa.string() for name, type_ in types.items() if not _casts(batch, name, type_)}
    schema = pa.schema(types)
    batches = zip(_kept(kept), sizes, strict=True)
    return schema, (_aligned(batch, size, schema) for batch, size in batches)


def _in_batches(rows: Iterator[Mapping[str, object]]) -> Iterator[list[Mapping[str, object]]]:
    while batch := list(islice(rows, CHUNK_ROWS)):
        yield batch


def _row_of(record: object, number: int) -> Mapping[str, object]:
    if not isinstance(record, Mapping):
        raise UsageError(
            f"Record {number:,} is a {type(record).__name__}. A record is a mapping of names to values, such "
            'as {"sku": "TEA-1", "name": "Green tea"}.'
        )
    attributes = record.get(ATTRIBUTES)
    if isinstance(attributes, Mapping):
        record = {name: value for name, value in record.items() if name != ATTRIBUTES} | dict(attributes)
    if odd := next((name for name in record if not isinstance(name, str)), None):
        raise UsageError(f"Record {number:,} has the name {odd!r}. Names are texts.")
    return record


def _batch_of(rows: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    names = list(dict.fromkeys(name for row in rows for name in row))
    try:
        return pa.record_batch([_column([row.get(name) for row in rows]) for name in names], names)
    except UnicodeEncodeError as error:
        shown = error.object[max(0, error.start - _SHOWN) : error.end]
        raise UsageError(
            f"A text of the records has half a character (a surrogate), at the end of {shown!r}. Correct it."
        ) from None


def _column(values: Sequence[object]) -> pa.Array:
    """Returns the values as an Arrow column. Values that have no common type become texts."""
    try:
        found = pa.array(values)
    except _NO_TYPE:
        return _texts(values)
    return found if _is_exact(found.type, values) else _texts(values)


def _is_exact(type_: pa.DataType, values: Sequence[object]) -> bool:
    """Returns whether the values are what they were: Arrow makes dates of times and of numbers, and numbers
    of truth values.
    """
    if pa.types.is_floating(type_):
        return not any(isinstance(value, bool) for value in values)
    if pa.types.is_date(type_) and any(isinstance(value, datetime) for value in values):
        return False
    return not (pa.types.is_temporal(type_) and any(isinstance(value, int) for value in values))


def _texts(values: Sequence[object]) -> pa.Array:
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Returns the type that holds values of both; that of texts if there is none."""
    try:
        found = pa.unify_schemas(
            [pa.schema({"": each}) for each in (one, other)], promote_options="permissive"
        )
    except _NO_TYPE:
        return pa.string()
    return found.field(0).type


def _kept(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path), "rb") as file:
        while file.tell() < file.size():
            with pa.ipc.open_stream(file) as reader:
                yield from reader


def _casts(batch: pa.RecordBatch, name: str, type_: pa.DataType) -> bool:
    """Returns whether the batch's values can be of this type without a loss."""
    if name not in batch.schema.names or batch.schema.field(name).type == type_:
        return True
    try:
        batch.column(name).cast(type_)
    except _NO_TYPE:
        return False
    return True


def _aligned(batch: pa.RecordBatch, size: int, schema: pa.Schema) -> pa.RecordBatch:
    """Returns the batch, of this number of rows, with the columns of the schema."""
    columns = []
    for field in schema:
        if field.name not in batch.schema.names:
            columns.append(pa.nulls(size, field.type))
        elif batch.schema.field(field.name).type == field.type:
            columns.append(batch.column(field.name))
        elif pa.types.is_string(field.type):
            columns.append(_texts(batch.column(field.name).to_pylist()))
        else:
            columns.append(batch.column(field.name).cast(field.type))
    return pa.record_batch(columns, schema=schema)
