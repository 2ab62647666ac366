"""The parser; what reads a file is loaded when one is opened."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from product_importer.model import Option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.model import ParseOptions, TableInfo
    from product_importer.ports import InputFile
    from product_importer_jsonlines.table import JsonTable

_SUFFIXES: Final = (".jsonl", ".ndjson", ".json")
_BY_NAME: Final = 0.6


class JsonParser:
    """Reads JSON Lines, an array of objects, such an array within an object, and objects in a row."""

    name = "jsonlines"
    title = "JSON"
    version = "2"
    suffixes = _SUFFIXES
    media_types = ("application/json", "application/jsonl", "application/x-ndjson")
    needs_whole_file = False
    options: tuple[Option, ...] = (
        Option(
            "path",
            "Products in",
            kind="table",
            help="The key of the array with the products, in the object around it. If several arrays hold "
            "objects, or the object has a SKU itself, the import asks which one is meant.",
        ),
    )

    def recognises(self, head: bytes, filename: str) -> float:
        """Certain if the text is JSON up to its first line's end, or begins as an object or array does."""
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text[:1] not in (b"{", b"["):
            return 0.0
        if text[:1] == b"{" and _is_object(text.partition(b"\n")[0]):
            return 1.0
        named = filename.lower().endswith(_SUFFIXES)
        inner = text[1:].lstrip()[:1]
        begins = inner in (b'"', b"}") if text[:1] == b"{" else inner in (b"{", b"]")
        return 1.0 if begins else _BY_NAME if named else 0.0

    def tables(self, file: InputFile) -> tuple[TableInfo, ...]:
        """The arrays of objects, if the file is an object around them."""
        from product_importer_jsonlines.layout import arrays_of  # noqa: PLC0415 - not needed at the start

        return arrays_of(file)

    @contextmanager
    def open(self, file: InputFile, options: ParseOptions) -> Iterator[JsonTable]:
        """Opens a file and reads the names of its columns.

        Raises :class:`FileError`: ``undecodable``, ``no_list``, ``no_header``, ``row_too_long``,
        ``damaged_file``, ``too_many_columns``.
        """
        from product_importer_jsonlines.table import JsonTable  # noqa: PLC0415 - not needed at the start

        yield JsonTable(file, options)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
