"""Converts the typed cells of a format into the text cells that the rest of the pipeline reads.

This is the only such conversion, so a number looks the same whichever format it comes from:

- Numbers have no needless zeros and no exponent: 4.0 is ``4``, and 4.50 is ``4.5``.
- Floating-point numbers have 15 significant digits, as spreadsheets show them: 0.1 + 0.2 is ``0.3``.
- Dates and times are ISO 8601; booleans are ``true`` and ``false``; lists and structs are JSON.
- A null cell is absent: its text is empty, and it never clears a value. An empty text is a blank cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.shortening import quoted
from product_importer.errors import FileError
from product_importer.pipeline.nested_cells import json_text
from product_importer.pipeline.text import any_true
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from product_importer.pipeline.column_uses import FieldMapping
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

_LOST: Final = (
    "The number has more digits than a spreadsheet or a floating-point number keeps (15), so its last digits "
    "may be wrong. Format the column as text where the file was made, enter the numbers again, and export it "
    "anew."
)


@dataclass(frozen=True, slots=True)
class CellNotes:
    """What the conversion of a batch found, by the columns' places in the file.

    ``absent``: the records whose cell is not there at all; ``lost``: those whose number may have lost digits.
    """

    absent: Mapping[int, pa.Int64Array]
    lost: Mapping[int, pa.Int64Array]

    def findings(self, raw: RawBatch, mapping: FieldMapping) -> Iterator[Finding]:
        """Yields the findings about lost digits. A SKU with lost digits is wrong, so its row is rejected."""
        for use in mapping.columns:
            if use.index in self.lost and use.target != "ignore":
                rows = pc.is_in(raw.records, self.lost[use.index])
                yield Finding(
                    "sku" if use.target == "sku" else None,
                    WarningCode.DIGITS_LOST,
                    _LOST,
                    rows,
                    column=use.column,
                    warning=use.target != "sku",
                )


NO_NOTES: Final = CellNotes({}, {})


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
    for place, (name, column) in enumerate(zip(raw.cells.schema.names, raw.cells.columns, strict=True)):
        try:
            text, doubtful = _converted(column)
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
        texts.append(text)
    cells = pa.RecordBatch.from_arrays(texts, names=raw.cells.schema.names)
    return replace(raw, cells=cells), CellNotes(absent, lost)


def _converted(column: pa.Array) -> tuple[pa.StringArray, pa.BooleanArray | None]:
    """Returns the cells as texts, and which of them may have lost digits (None: none has)."""
    if isinstance(column, pa.ExtensionArray):
        column = _of_uuids(column) if column.type.extension_name == "arrow.uuid" else column.storage
    if pa.types.is_dictionary(column.type):
        texts, doubtful = _converted(column.dictionary)
        return texts.take(column.indices), None if doubtful is None else doubtful.take(column.indices)
    if pa.types.is_union(column.type):
        return _of_union(column)
    if pa.types.is_floating(column.type):
        return _of_floats(column)
    written = next((write for fits, write in _WRITERS if fits(column.type)), None)
    return (pc.cast(column, pa.string()) if written is None else written(column)), None


def _of_union(column: pa.UnionArray) -> tuple[pa.StringArray, pa.BooleanArray | None]:
    """The cells of a column whose cells have different types."""
    children = [_converted(column.field(number)) for number in range(column.type.num_fields)]
    codes = column.type_codes.to_numpy()
    dense = column.type.mode == "dense"
    within = column.offsets.to_numpy() if dense else np.arange(len(column))
    starts = np.cumsum([0, *(len(texts) for texts, _ in children)])
    numbers = {code: number for number, code in enumerate(column.type.type_codes)}
    places = pa.array(starts[[numbers[code] for code in codes.tolist()]] + within)
    texts = pa.concat_arrays([texts for texts, _ in children]).take(places)
    if all(doubtful is None for _, doubtful in children):
        return texts, None
    marks = [pa.repeat(False, len(text)) if each is None else each for text, each in children]
    return texts, pc.fill_null(pa.concat_arrays(marks).take(places), False)


def _of_floats(column: pa.FloatingPointArray) -> tuple[pa.StringArray, pa.BooleanArray | None]:
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
    doubtful = pc.greater_equal(sizes, _LONG_FRACTION)
    if narrow or not any_true(doubtful):
        return texts, None
    changed = pc.not_equal(_parsed(texts), numbers)
    doubtful = pc.or_(pc.greater_equal(sizes, _TOO_LONG), pc.and_(doubtful, changed))
    return texts, pc.fill_null(doubtful, False) if any_true(doubtful) else None


def _parsed(texts: pa.StringArray) -> pa.DoubleArray:
    return pc.cast(texts, pa.float64())


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
    (pa.types.is_decimal, _of_decimals),
    (pa.types.is_timestamp, _of_timestamps),
    (pa.types.is_time, _of_times),
    (pa.types.is_duration, _of_durations),
    (pa.types.is_nested, _of_nested),
    (pa.types.is_fixed_size_binary, _of_bytes),
)
