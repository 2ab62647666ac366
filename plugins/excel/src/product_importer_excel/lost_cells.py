"""Finds the cells of which the library for spreadsheets gives nothing: errors, and formulas without a result.

It is used by ``workbook_process.py``, which is a program of its own, so it imports nothing of the project.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from itertools import product
from typing import IO, TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from binary_errors import BOOK, errors_of_binary  # type: ignore[import-not-found]  # beside this file

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK: Final = 1 << 20
_MOST: Final = 1_000_000
_ERROR_TYPES: Final = (b't="e"', b"t='e'")
_FORMULA_BEGINS: Final = (b"<f", b":f")
_FORMULA_TAGS: Final = (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
_CELL_TAGS: Final = (b"<c ", b":c ")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE: Final = re.compile(rb"""\br=["']([A-Z]+)([0-9]+)["']""")
_IS_ERROR: Final = re.compile(rb"""\bt=["']e["']""")
_VALUE: Final = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)<")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f\b")
_VALUE_TAG: Final = re.compile(rb"<(?:\w+:)?v\b")
_IS_TEXT: Final = re.compile(rb"""\bt=["']str["']""")
_NOT_CALCULATED: Final = "#CALC!"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LETTERS: Final = 26
_ODS_CONTENT: Final = "content.xml"
_ODS_ERROR: Final = b'value-type="error"'
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def lost_cells(path: str | IO[bytes], sheet: str) -> dict[tuple[int, int], str]:
    """The sheet's errors, such as ``#N/A``, by row and column, counted from 0.

    A formula without a result, which a spreadsheet program has never calculated, counts as ``#CALC!``.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if _ODS_CONTENT in archive.namelist():
                return dict(_lost_of_ods(archive, sheet))
            if BOOK in archive.namelist():
                return dict(errors_of_binary(archive, sheet))
            part = part_of_sheet(archive, sheet)
            return {} if part is None else dict(_lost(archive, part))
    return _lost_of_xls(path, sheet) if isinstance(path, str) else {}


def part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the sheet's part in an Excel workbook; None in other files, whose errors are texts."""
    names = {name.lower(): name for name in archive.namelist()}
    book, relations = names.get("xl/workbook.xml"), names.get("xl/_rels/workbook.xml.rels")
    if book is None or relations is None:
        return None
    with archive.open(relations) as file:
        targets = {each.get("Id"): each.get("Target", "") for each in ET.parse(file).getroot()}  # noqa: S314
    with archive.open(book) as file:
        for each in ET.parse(file).getroot().iter():  # noqa: S314 - memory and time are limited
            if each.tag.rpartition("}")[2] == "sheet" and each.get("name") == sheet:
                relation = next((v for k, v in each.attrib.items() if k.endswith("}id")), None)
                target = targets.get(relation, "")
                part = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
                return names.get(posixpath.normpath(part).lower())
    return None


def _lost(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[tuple[int, int], str]]:
    found = 0
    rest = b""
    with archive.open(part) as file:
        while data := file.read(_BLOCK):
            text = rest + data
            last = next((place for tag in _CELL_TAGS if (place := text.rfind(tag)) > 0), 0)
            whole, rest = (text[: last - 1], text[last - 1 :]) if last > 0 else (text, b"")
            for each in _of_text(whole):
                found += 1
                if found > _MOST:
                    raise MemoryError
                yield each
    yield from _of_text(rest)


def _of_text(text: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    formulas = _FORMULA_TAGS if any(sign in text for sign in _FORMULA_BEGINS) else ()  # two are sought faster
    if not any(sign in text for sign in (*_ERROR_TYPES, *formulas)):
        return
    for attributes, content in _CELL.findall(text):
        place = _PLACE.search(attributes)
        if place is None:
            continue
        if _IS_ERROR.search(attributes):
            value = _VALUE.search(content)
            yield _numbers(place), _NOT_CALCULATED if value is None else value[1].decode(errors="replace")
        elif _FORMULA.search(content) and not _has_result(attributes, content):
            yield _numbers(place), _NOT_CALCULATED


def _has_result(attributes: bytes, content: bytes) -> bool:
    """Whether a formula was calculated. An empty value is a result only if it is a text; some libraries write
    one for each formula.
    """
    value = _VALUE.search(content)
    if value is not None and value[1]:
        return True
    return _IS_TEXT.search(attributes) is not None and _VALUE_TAG.search(content) is not None


def _numbers(place: re.Match[bytes]) -> tuple[int, int]:
    column = 0
    for letter in place[1]:
        column = column * _LETTERS + letter - ord("A") + 1
    return int(place[2]) - 1, column - 1


def _lost_of_ods(archive: zipfile.ZipFile, sheet: str) -> Iterator[tuple[tuple[int, int], str]]:
    """The errors that LibreOffice marks as such; the value that it writes beside them is a blank text."""
    with archive.open(_ODS_CONTENT) as file:
        if not any(_ODS_ERROR in block for block in _overlapping(file)):
            return
    row, rows, column, inside, found = 0, 1, 0, False, 0
    with archive.open(_ODS_CONTENT) as file:
        for event, each in ET.iterparse(file, ("start", "end")):  # noqa: S314 - memory and time are limited
            tag = each.tag.removeprefix(_TABLE)
            if tag == "table":
                inside = event == "start" and each.get(f"{_TABLE}name") == sheet
            elif tag == "table-row" and event == "start":
                column, rows = 0, int(each.get(f"{_TABLE}number-rows-repeated", 1))
            elif event == "end" and tag == "table-row":
                row += rows if inside else 0
                each.clear()
            elif event == "end" and tag in ("table-cell", "covered-table-cell"):
                columns = int(each.get(f"{_TABLE}number-columns-repeated", 1))
                if inside and any(
                    value == "error" and key.endswith("}value-type") for key, value in each.items()
                ):
                    found += rows * columns
                    if found > _MOST:
                        raise MemoryError
                    text = "".join(each.itertext()) or _NOT_CALCULATED
                    places = product(range(row, row + rows), range(column, column + columns))
                    yield from ((place, text) for place in places)
                column += columns


def _overlapping(file: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while data := file.read(_BLOCK):
        yield rest + data
        rest = data[-len(_ODS_ERROR) :]


def _lost_of_xls(path: str, sheet: str) -> dict[tuple[int, int], str]:
    import xlrd  # noqa: PLC0415 - for old workbooks only

    with xlrd.open_workbook(path, on_demand=True) as book:
        table = book.sheet_by_name(sheet)
        return {
            (row, column): xlrd.error_text_from_code.get(int(table.cell_value(row, column)), _NOT_CALCULATED)
            for row in range(table.nrows)
            for column, kind in enumerate(table.row_types(row))
            if kind == xlrd.XL_CELL_ERROR
        }
