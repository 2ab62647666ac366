"""Turns objects into Arrow columns with types."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from itertools import compress
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode
_NULL: Final = type(None)
_NESTED: Final = frozenset({dict, list})
_NUMBERS: Final = frozenset({int, Decimal})


_SURELY_DECIMAL: Final = 15
_MOST_ZEROS: Final = 100


def exact(number: str) -> Decimal | float | str:
    """Reads a fraction exactly, unless its many digits are only those of a calculated float.

    Its text is left as it is if its exponent is beyond all bounds.
    """
    if len(number) > _SURELY_DECIMAL and repr(float(number)) == number:
        return float(number)
    try:
        return Decimal(number)
    except InvalidOperation:
        return number


def record_batch(objects: Sequence[Mapping[str, object]], header: Sequence[str]) -> pa.RecordBatch:
    """The objects as rows. A key that an object lacks, and a value null, give null cells."""
    columns = [_column([each.get(name) for each in objects]) for name in header]
    return pa.RecordBatch.from_arrays(columns, names=list(header))


def _column(values: list[object]) -> pa.Array:
    kinds = set(map(type, values)) - {_NULL}
    if kinds & _NESTED:
        values = [_ENCODE(value).decode() if type(value) in _NESTED else value for value in values]
        kinds = kinds - _NESTED | {str}
    if not kinds:
        return pa.nulls(len(values))
    if len(kinds) > 1 and not kinds <= _NUMBERS:
        return _mixed(values, sorted({_of(kind) for kind in kinds}))
    return _alike(values)


def _of(kind: type) -> str:
    return "number" if kind in _NUMBERS else kind.__name__


def _alike(values: list[object]) -> pa.Array:
    """A column of values of one kind."""
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):  # numbers beyond all types of Arrow
        return pa.array([None if value is None else _digits(value) for value in values], pa.string())


def _digits(number: object) -> str:
    short = isinstance(number, Decimal) and abs(number.adjusted()) < _MOST_ZEROS
    return format(number, "f") if short else str(number)


def _mixed(values: list[object], kinds: list[str]) -> pa.Array:
    """A column of values of several kinds."""
    names = [kinds[0] if value is None else _of(type(value)) for value in values]
    codes = np.array([kinds.index(name) for name in names], np.int8)
    offsets = np.zeros(len(values), np.int32)
    children = []
    for code in range(len(kinds)):
        mask = codes == code
        children.append(_alike(list(compress(values, mask.tolist()))))
        offsets[mask] = np.arange(mask.sum(), dtype=np.int32)
    return pa.UnionArray.from_dense(pa.array(codes), pa.array(offsets), children, kinds)
