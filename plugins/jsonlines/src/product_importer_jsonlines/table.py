"""An open JSON file. It is read twice: first for the names of all columns, then for the rows."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
import pyarrow as pa

from product_importer.cells.shortening import quoted
from product_importer.errors import FileError
from product_importer.model import ReadAs, RowError
from product_importer.ports import MalformedRow, RawBatch
from product_importer_jsonlines.blocks import Block, blocks
from product_importer_jsonlines.brackets import nested_deeper
from product_importer_jsonlines.columns import exact, record_batch
from product_importer_jsonlines.layout import Layout, layout_of
from product_importer_jsonlines.repeats import names_repeat, repeated_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from product_importer.model import ParseOptions, PlaceWord
    from product_importer.ports import InputFile

_NAMES: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, object]], float_hook=exact)
_OBJECT: Final = msgspec.json.Decoder(dict[str, object], float_hook=exact)
_CHAR_BYTES: Final = 6
"""A character of a cell takes at most this many bytes, if it is written as an escape."""

_MOST_DEPTH: Final = 100
"""What is nested deeper than this could exhaust the stack of whoever reads it."""


class JsonTable:
    """A file whose columns are known: all names that any object has, in the order of their appearance."""

    def __init__(self, file: InputFile, options: ParseOptions) -> None:
        self._file = file
        self._options = options
        self._layout = layout_of(file, options.reading.get("path"))
        self.read_as = _read_as(self._layout)
        self.header = self._names()

    def __iter__(self) -> Iterator[RawBatch]:
        record, most = 1, self._options.batch_rows
        for block in self._blocks():
            for start in range(0, len(block.texts), most):
                part = Block(
                    block.texts[start : start + most], block.numbers[start : start + most], block.end
                )
                yield self._batch(part, record)
                record += len(part.texts)

    def _blocks(self) -> Iterator[Block]:
        with self._file.path.open("rb") as file:
            try:
                yield from blocks(file, self._layout, self._options.limits.row_chars * _CHAR_BYTES)
            except FileError as error:
                if self._file.complete or error.code != "damaged_file":
                    raise

    def _names(self) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for block in self._blocks():
            self._file.keep_alive(block.end / max(self._file.size, 1))
            try:
                decoded: Sequence[Mapping[str, object]] = _NAMES.decode(_joined(block.texts))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                decoded = [found for found in map(_decoded, block.texts) if isinstance(found, dict)]
            for found in decoded:
                if not names.keys() >= found.keys():
                    names.update(dict.fromkeys(found))
                    _check_count(names, self._options.limits.columns)
        if not names:
            raise FileError("The file holds no object with any name in it.", code="no_header")
        return tuple(names)

    def _batch(self, block: Block, first: int) -> RawBatch:
        count = len(block.texts)
        objects: list[dict[str, object]] = []
        if not any(nested_deeper(text, _MOST_DEPTH) for text in _long(block.texts)):
            with suppress(msgspec.MsgspecError, UnicodeDecodeError):
                text = _joined(block.texts)
                objects = _OBJECTS.decode(text)
                if names_repeat(text, objects):
                    objects = []
        malformed: list[MalformedRow] = []
        numbers, records = block.numbers, list(range(first, first + count))
        if len(objects) != count:
            objects, places = [], []
            for place, text in enumerate(block.texts):
                found = _decoded(text)
                if isinstance(found, RowError):
                    shown = text.decode(errors="replace").strip()
                    malformed.append(MalformedRow(numbers[place], records[place], (shown,), found))
                else:
                    objects.append(found)
                    places.append(place)
            numbers, records = [numbers[place] for place in places], [records[place] for place in places]
        return RawBatch(
            cells=record_batch(objects, self.header),
            lines=pa.array(numbers, pa.int64()),
            records=pa.array(records, pa.int64()),
            first_record=first,
            last_record=first + count - 1,
            malformed=tuple(malformed),
            end_offset=block.end,
        )


def _read_as(layout: Layout) -> ReadAs:
    place: PlaceWord = "line" if layout.lines else "item"
    if layout.lines:
        return ReadAs("JSON Lines", place=place)
    if layout.key is not None:
        return ReadAs(f"JSON, the array “{layout.key}”", {"path": layout.key}, place)
    return ReadAs("a JSON array" if layout.array else "JSON objects", place=place)


def _check_count(names: Collection[str], most: int) -> None:
    if len(names) > most:
        raise FileError(
            f"The objects have more than {most:,} different names, each of which would be a column. Are the "
            "names the same in all objects, as those of products are?",
            code="too_many_columns",
        )


def _joined(texts: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(texts) + b"]"


def _long(texts: Sequence[bytes]) -> Iterator[bytes]:
    """Yields the texts that have room for so many brackets."""
    return (text for text in texts if len(text) > _MOST_DEPTH)


def _decoded(text: bytes) -> dict[str, object] | RowError:
    if nested_deeper(text, _MOST_DEPTH):
        return RowError(
            "malformed_json",
            f"The row has more than {_MOST_DEPTH} lists and objects within one another. Export it anew.",
        )
    try:
        found = _OBJECT.decode(text)
        return _repeating(text) if names_repeat(text, [found]) else found
    except msgspec.ValidationError:
        return RowError("not_an_object", "The row is JSON, but no object. Write it with names and values.")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        words = str(error).removeprefix("JSON is malformed: ").rstrip(".")
        return RowError(
            "malformed_json", f"The row is no valid JSON: {words}. Correct it, or export it anew."
        )


def _repeating(text: bytes) -> RowError:
    return RowError(
        "malformed_json",
        f"The row has the name {quoted(repeated_name(text))} twice in one object, so it isn't certain which "
        "value counts. Leave one of them out.",
    )
