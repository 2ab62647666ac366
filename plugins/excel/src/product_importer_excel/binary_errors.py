"""Finds the errors, such as ``#N/A``, in the sheet of a binary workbook (xlsb).

It is used by ``workbook_process.py``, which is a program of its own, so it imports nothing of the project.
The records are those of Microsoft's specification [MS-XLSB].
"""

from __future__ import annotations

import posixpath
import struct
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

BOOK: Final = "xl/workbook.bin"
_RELATIONS: Final = "xl/_rels/workbook.bin.rels"
_ROW: Final = 0
_ERRORS: Final = (3, 11)
"""A cell with an error, and a formula whose result is one."""

_SHEET: Final = 156
_NUMBER: Final = struct.Struct("<I")
_PLACE_OF_ERROR: Final = 8
_TEXTS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!",
    0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
_MORE: Final = 0x80
_MOST: Final = 1_000_000


def errors_of_binary(archive: zipfile.ZipFile, sheet: str) -> Iterator[tuple[tuple[int, int], str]]:
    """The sheet's errors with their rows and columns, counted from 0. MemoryError: they are too many."""
    part = _part(archive, sheet)
    if part is None:
        return
    row = found = 0
    for kind, content in _records(archive.read(part)):
        if kind == _ROW:
            (row,) = _NUMBER.unpack_from(content)
        elif kind in _ERRORS:
            found += 1
            if found > _MOST:
                raise MemoryError
            (column,) = _NUMBER.unpack_from(content)
            yield (row, column), _TEXTS[content[_PLACE_OF_ERROR]]


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    for kind, content in _records(archive.read(BOOK)):
        if kind == _SHEET:
            relation, end = _text(content, 2 * _NUMBER.size)
            name, _ = _text(content, end)
            if name == sheet:
                with archive.open(_RELATIONS) as file:
                    root = ET.parse(file).getroot()  # noqa: S314 - memory and time are limited
                target = next((each.get("Target", "") for each in root if each.get("Id") == relation), "")
                part = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
                return posixpath.normpath(part)
    return None


def _text(content: memoryview, place: int) -> tuple[str, int]:
    (size,) = _NUMBER.unpack_from(content, place)
    end = place + _NUMBER.size + 2 * size
    return str(content[place + _NUMBER.size : end], "utf-16-le"), end


def _records(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """The kind and the content of each record. Kind and length are written in groups of 7 bits."""
    view, place = memoryview(data), 0
    while place < len(data):
        kind = data[place]
        place += 1
        if kind & _MORE:
            kind = kind & 0x7F | data[place] << 7
            place += 1
        size = shift = 0
        while True:
            byte = data[place]
            place += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & _MORE:
                break
        yield kind, view[place : place + size]
        place += size
