"""Warns of cells that can be imported, but look damaged by another program.

All cells are scanned as bytes; only suspicious cells are then examined as texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.shortening import quoted
from product_importer.fields import TEXT, VERBATIM, of_kind
from product_importer.pipeline.column_uses import ATTRIBUTE, IGNORE
from product_importer.pipeline.decoded_twice import repaired
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.pipeline.column_uses import ColumnUse, FieldMapping
    from product_importer.ports import RawBatch

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.intp]

_TABLE: Final = 256


def _table(members: Iterable[int]) -> Flags:
    """A table of booleans by byte, true for the members: a look-up is faster than a search among them."""
    table = np.zeros(_TABLE, np.bool_)
    table[list(members)] = True
    return table


_TEXTS: Final = (*of_kind(TEXT, VERBATIM), ATTRIBUTE)

_NULL_WORDS: Final = frozenset(
    (
        "NULL",
        "null",
        "Null",
        "(null)",
        "(NULL)",
        "[NULL]",
        "<NULL>",
        "<null>",
        r"\N",
        "nan",
        "NaN",
        "None",
        "undefined",
    )
)
"""Words that programs write where a value is missing."""

_VALUES_TOO: Final = frozenset(("None", "undefined"))
"""Null words that give no warning in attributes, where they may be meant."""

_NULL_STARTS: Final = _table({ord(word[0]) for word in _NULL_WORDS})
_NULL_LENGTHS: Final = _table({len(word) for word in _NULL_WORDS})

_TOTAL_WORDS: Final = (
    "total", "totals", "grand total", "subtotal", "sub-total", "sum", "summe", "gesamt", "gesamtsumme",
    "zwischensumme", "totale", "totaal", "suma", "razem", "totaux", "total général", "total general",
    "soma", "celkem", "összesen", "yhteensä", "totalt", "итого", "всего",
    "合计", "总计", "合計", "小計", "총계", "합계",
)  # fmt: skip
_TOTALS: Final = pa.array(
    sorted(
        {
            written(word) + mark
            for word in _TOTAL_WORDS
            for written in (str.lower, str.capitalize, str.title, str.upper)
            for mark in ("", ":")
        }
    )
)

_HEAD_RECORDS: Final = 2
"""A row of labels or units stands directly under the header."""


_LEAD: Final = 0xC3
_LEAD_SECOND: Final = _table(range(0x82, 0xB5))
_LEAD_THIRD: Final = _table(b"\xc2\xc5\xc6\xcb\xe2")
"""UTF-8 of the letters from Â to ô, and how the next character begins in text that was decoded twice."""

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_ASCII: Final = 0x80
_BLANK: Final = 0x20
_CONTROLS: Final = _table(set(range(1, _BLANK)) - set(b"\t\n\r"))


def damages(raw: RawBatch, mapping: FieldMapping, skus: pa.StringArray) -> Iterator[Finding]:
    """Yields the warnings of a batch's rows. ``skus``: as they will be stored, one for each row."""
    for use in mapping.columns:
        if use.target == IGNORE:
            continue
        column = raw.cells.column(use.index)
        offsets, text = _bytes(column)
        if use.target in _TEXTS:
            if len(text) and text.max() >= _ASCII:
                yield from _decoded_twice(use, column, offsets, text)
                yield from _replaced(use, column, text)
            yield from _null_words(use, column, offsets, text)
            if use.target != "sku" and len(text) and text.min() < _BLANK:
                yield from _control_characters(use, column, offsets, text)
    yield from _totals(skus)
    if raw.first_record <= _HEAD_RECORDS:
        yield from _labels(raw, mapping)


def _decoded_twice(
    use: ColumnUse, column: pa.StringArray, offsets: npt.NDArray[np.int32], text: npt.NDArray[np.uint8]
) -> Iterator[Finding]:
    places = _suspicious(offsets, text)
    if not len(places):
        return
    # The message names the repair, so each repair is a finding of its own, up to a limit.
    by_repair: dict[str, list[int]] = {}
    for place in places.tolist():
        repair = repaired(column[place].as_py())
        if repair is not None:
            key = repair if len(by_repair) < _SENTENCES else ""
            by_repair.setdefault(key, []).append(place)
    for repair, rows in by_repair.items():
        meant = f" It would read {quoted(repair)}." if repair else ""
        message = (
            "The text looks as if it had been decoded twice: UTF-8 read in another encoding, then saved."
            f"{meant} Export the file anew as UTF-8."
        )
        yield _finding(use, WarningCode.DECODED_TWICE, message, len(column), rows)


_SENTENCES: Final = 100
"""Maximum number of repairs named in one column of a batch. Further repairs aren't named,
because each finding takes time.
"""


def _replaced(use: ColumnUse, column: pa.StringArray, text: npt.NDArray[np.uint8]) -> Iterator[Finding]:
    if not (text == _REPLACEMENT.encode()[0]).any():
        return
    rows = _flags(pc.match_substring(column, _REPLACEMENT))
    if rows.any():
        message = (
            "The text holds the sign � where another program could not read a letter; the letter is lost. "
            "Export the file anew as UTF-8."
        )
        yield _finding(use, WarningCode.REPLACEMENT, message, len(column), np.flatnonzero(rows))


def _control_characters(
    use: ColumnUse, column: pa.StringArray, offsets: npt.NDArray[np.int32], text: npt.NDArray[np.uint8]
) -> Iterator[Finding]:
    found = np.flatnonzero(text < _BLANK)
    found = found[_CONTROLS[text[found]]]
    if len(found):
        rows = _cells_at(offsets, found)
        message = (
            "The text holds control characters, which can't be seen and belong to no text. It was imported "
            "as it stands; remove them, or export the file anew as UTF-8."
        )
        yield _finding(use, WarningCode.CONTROL, message, len(column), rows)


def _suspicious(offsets: npt.NDArray[np.int32], text: npt.NDArray[np.uint8]) -> Integers:
    """The cells in which a letter such as Ã, Â or â stands before a continuation of its UTF-8."""
    leads = np.flatnonzero(text[:-2] == _LEAD)
    leads = leads[_LEAD_SECOND[text[leads + 1]] & _LEAD_THIRD[text[leads + 2]]]
    return _cells_at(offsets, leads) if len(leads) else leads


def _cells_at(offsets: npt.NDArray[np.int32], places: Integers) -> Integers:
    """The cells, each once, that contain the bytes at these places."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    found[np.searchsorted(offsets, places + offsets[0], side="right") - 1] = True
    return np.flatnonzero(found)


def _null_words(
    use: ColumnUse, column: pa.StringArray, offsets: npt.NDArray[np.int32], text: npt.NDArray[np.uint8]
) -> Iterator[Finding]:
    places = np.flatnonzero(_NULL_LENGTHS[np.minimum(np.diff(offsets), _TABLE - 1)])
    if len(places):
        places = places[_NULL_STARTS[text[offsets[places] - offsets[0]]]]
    if not len(places):
        return
    words = _NULL_WORDS - _VALUES_TOO if use.target == "attribute" else _NULL_WORDS
    rows = places[_flags(pc.is_in(column.take(pa.array(places)), pa.array(sorted(words))))]
    if len(rows):
        message = (
            "Programs write this word where there is no value; it was kept as a text. Leave such cells blank "
            "in the export."
        )
        yield _finding(use, WarningCode.NULL_WORD, message, len(column), rows)


def _totals(skus: pa.StringArray) -> Iterator[Finding]:
    rows = pc.is_in(skus, _TOTALS)
    if pc.any(rows).as_py():
        message = "The row looks like a sum of the rows above it, not like a product. Remove it if it is one."
        yield Finding("sku", WarningCode.TOTAL_ROW, message, rows, warning=True)


def _labels(raw: RawBatch, mapping: FieldMapping) -> Iterator[Finding]:
    """Warns of a row right under the header that is blank in all value columns, while no later row is."""
    values = [use.index for use in mapping.columns if use.target in ("price", "active")]
    sku, name = mapping.index_of("sku"), mapping.index_of("name")
    if not values or sku is None or name is None or raw.cells.num_rows < 2:
        return
    first = [column[0].as_py().strip() for column in raw.cells.columns]
    if (
        raw.records[0].as_py() != 1
        or any(first[index] for index in values)
        or not (first[sku] and first[name])
    ):
        return
    digits = any(character.isdigit() for character in first[sku] + first[name])
    others = raw.cells.slice(1, _LOOKED_AT)
    filled = all(
        not pc.any(pc.equal(pc.utf8_trim_whitespace(others.column(index)), "")).as_py() for index in values
    )
    if filled and not digits and _have_digits(others.column(sku)):
        message = (
            "The row under the header has no value where the others have one; it looks like a second line of "
            "names or of units, not like a product. Remove it if it is no product."
        )
        yield _finding(mapping.use_of("sku"), WarningCode.LABEL_ROW, message, raw.cells.num_rows, [0])


_LOOKED_AT: Final = 100


def _have_digits(skus: pa.StringArray) -> bool:
    return bool(pc.all(pc.match_substring_regex(skus, "[0-9]")).as_py())


def _finding(
    use: ColumnUse | None, code: str, message: str, size: int, rows: Sequence[int] | Integers
) -> Finding:
    mask = np.zeros(size, np.bool_)
    mask[rows] = True
    column = None if use is None else use.column
    return Finding(None, code, message, pa.array(mask), column=column, warning=True)


def _flags(mask: pa.BooleanArray) -> Flags:
    return np.asarray(mask.to_numpy(zero_copy_only=False))


def _bytes(column: pa.StringArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """The cells' bounds as offsets, and their UTF-8 bytes one after the other, without a copy."""
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    if data is None or not len(bounds):
        return np.zeros(len(column) + 1, np.int32), np.empty(0, np.uint8)
    return bounds, np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
