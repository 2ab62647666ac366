"""Cuts an Excel workbook behind the first rows of a sheet, so that a look at these needn't read all rows.

It is used by ``workbook_process.py``, which is a program of its own, so it imports nothing of the project.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from lost_cells import part_of_sheet  # type: ignore[import-not-found]  # beside this file, not in a package

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK: Final = 1 << 20
_ROW: Final = b"<row "
_CELL: Final = re.compile(rb'<c r="([A-Z]+)[0-9]+(?:"|"[^>]*[^/>])>')
"""A cell that has content, as all usual programs write it; formatted blank cells have none."""

_ROW_OF_CELL: Final = re.compile(rb'<c r="[A-Z]+([0-9]+)(?:"|"[^>]*[^/>])>')
_ANY_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s>]")
_USUAL_CELL: Final = re.compile(rb'<c r="')
_END: Final = b"</sheetData></worksheet>"
_NEEDED: Final = ("", "_rels", "xl", "xl/_rels")
"""The folders of the parts that a sheet needs: texts, formats, and the list of the sheets."""

_NOT_NEEDED: Final = ("calcchain.xml", ".bin")


@dataclass(frozen=True)
class FirstPart:
    """A workbook whose sheet ends behind its first rows.

    ``height``: the number of the sheet's last row that has a filled cell; ``width``: the number of the last
    column that has one behind the first rows.
    """

    file: io.BytesIO
    height: int
    width: int


def first_part(path: str | Path, sheet: str, rows: int) -> FirstPart | None:
    """Returns the workbook with the first ``rows`` rows of the sheet; None if it has no more rows, or isn't
    written in the usual way. Raises what :mod:`zipfile` raises for damaged files.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        part = part_of_sheet(archive, sheet)
        if part is None:
            return None
        with archive.open(part) as file:
            head, rest = _cut(file, rows)
            if head is None or len(_ANY_CELL.findall(head)) != len(_USUAL_CELL.findall(head)):
                return None
            height, width = _extent(rest, file)
        if height == 0:
            return None
        found = io.BytesIO()
        with zipfile.ZipFile(found, "w") as shortened:
            for name in archive.namelist():
                folder, _, last = name.lower().rpartition("/")
                if folder in _NEEDED and not last.endswith(_NOT_NEEDED):
                    shortened.writestr(name, archive.read(name))
            shortened.writestr(part, head + _END)
        found.seek(0)
        return FirstPart(found, height, width)


def _cut(file: IO[bytes], rows: int) -> tuple[bytes | None, bytes]:
    """The text before the row after the first ``rows``, and what was read behind it."""
    text = bytearray()
    begins = 0
    while data := file.read(_BLOCK):
        before = max(len(text) - len(_ROW) + 1, 0)
        text += data
        for found in re.compile(re.escape(_ROW)).finditer(text, before):
            begins += 1
            if begins > rows:
                return bytes(text[: found.start()]), bytes(text[found.start() :])
    return None, b""


def _extent(rest: bytes, file: IO[bytes]) -> tuple[int, int]:
    """The number of the last row with a filled cell, and that of the last column with one."""
    last, width = b"", 0
    while True:
        data = file.read(_BLOCK)
        text = rest + data
        end = text.rfind(b"<") if data else len(text)
        columns = set(_CELL.findall(text, 0, end))
        if columns:
            last, width = text[:end], max(width, *map(_number, columns))
        if not data:
            rows = [int(each[1]) for each in _ROW_OF_CELL.finditer(last)]
            return rows[-1] if rows else 0, width
        rest = text[end:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
