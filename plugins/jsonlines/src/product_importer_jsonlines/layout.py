"""Finds out how the objects of a JSON file are arranged."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import msgspec

from product_importer.cells.headers import heading
from product_importer.cells.shortening import quoted
from product_importer.errors import FileError
from product_importer.model import TableInfo
from product_importer_jsonlines.arrays import wrapper_of

if TYPE_CHECKING:
    from product_importer.ports import InputFile
    from product_importer_jsonlines.arrays import Array, Wrapper

HEAD_BYTES: Final = 1 << 20

WHOLE: Final = "the whole object"
"""In the place of an array's name: the object around the arrays, which may be a product itself."""


@dataclass(frozen=True, slots=True)
class Layout:
    """``lines``: each line is an object; otherwise the objects follow one another from byte ``start`` on.

    ``array``: they are the items of an array, with commas between them. ``key``: the name of that array in
    the object around it; None if there is no such object.
    """

    lines: bool
    start: int = 0
    array: bool = False
    key: str | None = None


def layout_of(file: InputFile, wanted: str | None) -> Layout:
    """Returns the file's layout. ``wanted``: the name of the array to be read.

    Raises :class:`FileError`: ``undecodable`` for UTF-16, ``no_list`` if there are no objects, or no array of
    the wanted name, ``damaged_file`` if the object around the array isn't closed or names it twice.
    """
    head, start = _head_of(file)
    first = head[start : start + 1]
    if first == b"[" and wanted is None:
        return Layout(lines=False, start=start + 1, array=True)
    if first != b"{":
        raise FileError(
            "The file is neither JSON Lines nor a JSON array of objects. Each product has to be an object, "
            'such as {"sku": "A1", "name": "Tea"}.',
            code="no_list",
        )
    if wanted is None and _is_lines(head[start:], complete=len(head) < HEAD_BYTES):
        return Layout(lines=True, start=start)
    wrapper = wrapper_of(file, start)
    found = [] if wrapper.followed else wrapper.arrays
    if wanted == WHOLE or (wanted is None and _names_sku(head[start:], wrapper)):
        return Layout(lines=False, start=start)
    if wanted is not None:
        found = [array for array in found if array.name == wanted]
        if not found:
            raise FileError(f"The file has no array of objects named {wanted!r}.", code="no_list")
    if not found:
        return Layout(lines=False, start=start)
    array = max(found, key=attrgetter("rows"))
    _check_wrapper(wrapper, array, complete=file.complete)
    return Layout(lines=False, start=array.start, array=True, key=array.name)


def arrays_of(file: InputFile) -> tuple[TableInfo, ...]:
    """The arrays of objects in the object that is the whole file; none if the file has another layout.

    Nothing is said of a file that can't be read, as that is said when it is opened.
    """
    try:
        head, start = _head_of(file)
        if head[start : start + 1] != b"{" or _is_lines(head[start:], complete=len(head) < HEAD_BYTES):
            return ()
        wrapper = wrapper_of(file, start)
    except FileError:
        return ()
    if wrapper.followed:
        return ()
    rows: dict[str, int] = {}
    for array in wrapper.arrays:
        rows[array.name] = rows.get(array.name, 0) + array.rows
    tables = [
        TableInfo(name, count if file.complete else None, likely=count > 0) for name, count in rows.items()
    ]
    if tables and _names_sku(head[start:], wrapper):
        tables.insert(0, TableInfo(WHOLE, 1))
    return tuple(tables)


def _names_sku(text: bytes, wrapper: Wrapper) -> bool:
    """Whether the first object of the text has a SKU of its own, so that it is a product, perhaps with its
    variants in an array. Of a text that isn't the whole object, only the names before the first array count.
    """
    tried = [text.rstrip(), *(text[: array.start - wrapper.start] + b"]}" for array in wrapper.arrays[:1])]
    for each in tried:
        try:
            found = msgspec.json.decode(each, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        named = [heading(name) for name, value in found.items() if isinstance(value, (str, int))]
        return any(each is not None and each.named.field == "sku" for each in named)
    return False


def _head_of(file: InputFile) -> tuple[bytes, int]:
    """The file's first part, and the place where its text begins."""
    with file.path.open("rb") as opened:
        head = opened.read(HEAD_BYTES)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileError("The file is UTF-16, but JSON has to be UTF-8. Export it anew.", code="undecodable")
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    return head, len(head) - len(head[start:].lstrip())


def _check_wrapper(wrapper: Wrapper, array: Array, *, complete: bool) -> None:
    if complete and array.closed and not wrapper.closed:
        raise FileError(
            f"The file ends after the array {quoted(array.name)}, before its object is closed: it was cut "
            "off. Export it anew, and check that the whole file was transferred.",
            code="damaged_file",
        )
    if sum(each.name == array.name for each in wrapper.arrays) > 1:
        raise FileError(
            f"The JSON object has several arrays named {quoted(array.name)}, so it isn't certain which one "
            "holds the products. Give them different names.",
            code="damaged_file",
        )


def _is_lines(text: bytes, *, complete: bool) -> bool:
    """Whether the first line is an object, and more than a wrapper around an array of objects."""
    line, end, rest = text.partition(b"\n")
    try:
        first = msgspec.json.decode(line, type=dict)
    except RecursionError:  # a row that is nested too deeply, which is rejected later
        return bool(rest.strip())
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    wraps = any(isinstance(each, list) and each and isinstance(each[0], dict) for each in first.values())
    alone = not rest.strip() and (complete or not end)
    return not (wraps and alone)
