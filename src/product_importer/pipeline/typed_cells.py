"""Converts the typed cells of a format into the text cells that the rest of the pipeline reads.

This is the only such conversion, so a number looks the same whichever format it comes from:

- Numbers have no needless zeros and no exponent: 4.0 is ``4``, and 4.50 is ``4.5``.
- Floating-point numbers have 15 significant digits, as spreadsheets show them: 0.1 + 0.2 is ``0.3``.
- Dates and times are ISO 8601; booleans are ``true`` and ``false``; lists and structs are JSON.
- A null cell is absent: its text is empty, and it never clears a value. An empty text is a blank cell.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.shortening import quoted
from product_importer.errors import FileError
from product_importer.pipeline.cell_notes import CellNotes
from product_importer.pipeline.nested_cells import json_text
from product_importer.pipeline.text import any_true

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from product_importer.ports import RawBatch

_DIGITS: Final = 15
_TOO_LONG: Final = 10.0**_DIGITS
"""From here on, spreadsheets replace the last digits of a whole number by zeros."""

_LONG_FRACTION: Final = 10.0**11
"""From here on, 15 digits don't hold the 4 decimals of a price."""

_SURELY_SHORT: Final = len("0.") + _DIGITS - 1
_LARGEST_INTEGER: Final = 2.0**53
"""Beyond, floating-point numbers leave out whole numbers."""

_MOST_ZEROS: Final = 40
_CODES: Final = 128
"""Codes that the types of a union may have."""


def is_text(cells: pa.RecordBatch) -> bool:
    """Whether all cells are texts already, and none is null."""
    return all(pa.types.is_string(column.type) and not column.null_count for column in cells.columns)


def as_text(raw: RawBatch) -> tuple[RawBatch, CellNotes]:
    """Returns the batch with text cells only.

    Raises :class:`FileError` (``not_text``) for bytes that are no UTF-8.
    """
    texts: list[pa.StringArray] = []
    absent: dict[int, pa.Int64Array] = {}
    lost: dict[int, pa.Int64Array] = {}
    fractions: dict[int, pa.Int64Array] = {}
    for place, (name, column) in enumerate(zip(raw.cells.schema.names, raw.cells.columns, strict=True)):
        try:
            text, doubtful, fraction = _converted(column)
        except pa.ArrowInvalid as error:
            raise FileError(
                f"The column {quoted(name)} holds bytes that are no text in UTF-8. Leave it out of the file, "
                "or write it as text.",
                code="not_text",
            ) from error
        if text.null_count:
            absent[place] = raw.records.filter(pc.is_null(text))
            text = pc.fill_null(text, "")
        if doubtful is not None:
            lost[place] = raw.records.filter(doubtful)
        if fraction is not None:
            fractions[place] = raw.records.filter(fraction)
        texts.append(text)
    cells = pa.RecordBatch.from_arrays(texts, names=raw.cells.schema.names)
    return replace(raw, cells=cells), CellNotes(absent, lost, fractions)


class _Written(NamedTuple):
    """Cells as texts; which may have lost digits, and which are numbers with decimals (None: none)."""

    texts: pa.StringArray
    doubtful: pa.BooleanArray | None = None
    fractions: pa.BooleanArray | None = None

    def taken(self, places: pa.Array) -> _Written:
        texts, *marks = self
        return _Written(texts.take(places), *(None if mark is None else mark.take(places) for mark in marks))


def _converted(column: pa.Array) -> _Written:
    if isinstance(column, pa.ExtensionArray):
        column = _of_uuids(column) if column.type.extension_name == "arrow.uuid" else column.storage
    if pa.types.is_dictionary(column.type):
        return _converted(column.dictionary).taken(column.indices)
    if pa.types.is_union(column.type):
        return _of_union(column)
    if pa.types.is_floating(column.type):
        return _of_floats(column)
    if pa.types.is_decimal(column.type):
        texts = _of_decimals(column)
        return _Written(texts, None, _fractions(texts))
    written = next((write for fits, write in _WRITERS if fits(column.type)), None)
    return _Written(pc.cast(column, pa.string()) if written is None else written(column))


def _fractions(numbers: pa.StringArray) -> pa.BooleanArray | None:
    found = pc.fill_null(pc.match_substring(numbers, "."), False)
    return found if any_true(found) else None


def _of_union(column: pa.UnionArray) -> _Written:
    """The cells of a column whose cells have different types."""
    children = [_converted(column.field(number)) for number in range(column.type.num_fields)]
    codes = column.type_codes.to_numpy()
    dense = column.type.mode == "dense"
    within = column.offsets.to_numpy() if dense else np.arange(len(column))
    starts = np.cumsum([0, *(len(child.texts) for child in children)])
    numbers = np.zeros(_CODES, np.int64)
    numbers[list(column.type.type_codes)] = range(len(children))
    joined = _Written(
        pa.concat_arrays([child.texts for child in children]),
        _joined([(child.doubtful, len(child.texts)) for child in children]),
        _joined([(child.fractions, len(child.texts)) for child in children]),
    )
    return joined.taken(pa.array(starts[numbers[codes]] + within))


def _joined(marks: Sequence[tuple[pa.BooleanArray | None, int]]) -> pa.BooleanArray | None:
    if all(mark is None for mark, _ in marks):
        return None
    return pa.concat_arrays([pa.repeat(False, size) if mark is None else mark for mark, size in marks])


def _of_floats(column: pa.FloatingPointArray) -> _Written:
    narrow = column.type != pa.float64()
    shortest = column if not pa.types.is_float16(column.type) else column.cast(pa.float32())
    numbers = column.cast(pa.float64())
    numbers = pc.if_else(pc.is_nan(numbers), None, numbers)  # programs write NaN where a value is missing
    sizes = pc.abs(numbers)
    whole = pc.and_(pc.equal(pc.trunc(numbers), numbers), pc.less(sizes, _LARGEST_INTEGER))
    integers = pc.if_else(whole, numbers, 0.0).cast(pa.int64(), safe=False).cast(pa.string())
    texts = pc.if_else(whole, integers, pc.if_else(pc.is_null(numbers), None, shortest.cast(pa.string())))
    long = pc.or_(pc.greater(pc.utf8_length(texts), _SURELY_SHORT), pc.match_substring(texts, "e"))
    long = pc.fill_null(pc.and_not(long, whole), False)
    if any_true(long):
        write = _narrow if narrow else _wide
        source = texts.filter(long).to_pylist() if narrow else numbers.filter(long).to_pylist()
        texts = pc.replace_with_mask(texts, long, pa.array(list(map(write, source)), pa.string()))
    return _Written(texts, None if narrow else _doubtful(numbers, sizes, texts), _fractions(texts))


def _doubtful(
    numbers: pa.DoubleArray, sizes: pa.DoubleArray, texts: pa.StringArray
) -> pa.BooleanArray | None:
    large = pc.greater_equal(sizes, _LONG_FRACTION)
    if not any_true(large):
        return None
    changed = pc.not_equal(pc.cast(texts, pa.float64()), numbers)
    doubtful = pc.or_(pc.greater_equal(sizes, _TOO_LONG), pc.and_(large, changed))
    return pc.fill_null(doubtful, False) if any_true(doubtful) else None


def _wide(number: float) -> str:
    if math.isinf(number):
        return str(number)
    whole = number == math.trunc(number)
    return _without_exponent(repr(number) if whole else f"{number:.{_DIGITS}g}")


def _narrow(text: str) -> str:
    return _without_exponent(text) if "inf" not in text else text


def _without_exponent(text: str) -> str:
    number = Decimal(text)
    if abs(number.adjusted()) > _MOST_ZEROS:
        return text
    written = format(number, "f")
    return (written.rstrip("0").rstrip(".") if "." in written else written) or "0"


def _of_decimals(column: pa.Array) -> pa.StringArray:
    texts = pc.cast(column, pa.string())
    if column.type.scale > 0:
        texts = pc.replace_substring_regex(texts, r"(\.[0-9]*?)0+$", r"\1")
        texts = pc.replace_substring_regex(texts, r"\.$", "")
    odd = pc.fill_null(pc.match_substring(texts, "E"), False)
    if any_true(odd):
        written = [_without_exponent(text) for text in pc.cast(column.filter(odd), pa.string()).to_pylist()]
        texts = pc.replace_with_mask(texts, odd, pa.array(written, pa.string()))
    return texts


def _of_timestamps(column: pa.TimestampArray) -> pa.StringArray:
    zone = column.type.tz
    if zone is not None:
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))
    texts = pc.replace_substring(pc.cast(column, pa.string()), " ", "T", max_replacements=1)
    return _without_fraction(texts, "Z" if zone is not None else "")


def _of_times(column: pa.Array) -> pa.StringArray:
    return _without_fraction(pc.cast(column, pa.string()), "")


def _without_fraction(texts: pa.StringArray, end: str) -> pa.StringArray:
    """Removes the zeros at the end of a fraction of a second, and the fraction if nothing is left."""
    texts = pc.replace_substring_regex(texts, rf"(\.[0-9]*?)0+{end}$", rf"\1{end}")
    return pc.replace_substring_regex(texts, rf"\.{end}$", end)


def _of_durations(column: pa.DurationArray) -> pa.StringArray:
    """Hours, minutes and seconds, as spreadsheets show them."""
    return pa.array(
        [None if span is None else _clock(span.total_seconds()) for span in column.to_pylist()], pa.string()
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(abs(round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hours}:{minutes:02}:{rest:02}"


def _of_nested(column: pa.Array) -> pa.StringArray:
    return pa.array(
        [None if value is None else json_text(value) for value in column.to_pylist(maps_as_pydicts="lossy")],
        pa.string(),
    )


def _of_uuids(column: pa.ExtensionArray) -> pa.StringArray:
    return pa.array([None if each is None else str(each) for each in column.to_pylist()], pa.string())


def _of_bytes(column: pa.Array) -> pa.StringArray:
    return column.cast(pa.binary()).cast(pa.string())


_WRITERS: Final[tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.StringArray]], ...]] = (
    (pa.types.is_timestamp, _of_timestamps),
    (pa.types.is_time, _of_times),
    (pa.types.is_duration, _of_durations),
    (pa.types.is_nested, _of_nested),
    (pa.types.is_fixed_size_binary, _of_bytes),
)
