"""The process that reads a workbook; a program of its own, which imports nothing of the project.

workbook_process.py tables PATH MEMORY PARENT
workbook_process.py read PATH MEMORY PARENT SHEET HEADER-ROW BATCH-ROWS WANTED-ROWS

Of a sheet it first gives the first rows, and then reads the number of the header's row from its standard
input. The rows after that one follow.

It writes frames to its standard output: 4 bytes for the length, a byte for the kind, the content. ``J`` is
JSON: what was found, or an error. ``B`` is a batch as an Arrow stream; its first column numbers the rows.

A workbook is read into memory as a whole, and it may be damaged or hostile. Here this can end neither the
import nor the server: memory and computing time are limited, and whatever happens is an error about one file.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import zipfile
import zlib
from contextlib import suppress
from itertools import compress, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple
from xml.etree import ElementTree as ET

sys.path.append(str(Path(__file__).parent))

import python_calamine as calamine
from first_part import first_part  # type: ignore[import-not-found]  # beside this file, not in a package
from lost_cells import lost_cells  # type: ignore[import-not-found]  # beside this file, not in a package

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

Row = list[Any]

_CPU_SECONDS: Final = 900
_PR_SET_PDEATHSIG: Final = 1
_LOOKED_AT: Final = 20
_SPARE: Final = 40
"""Rows that are read beside those wanted: the header, and blank ones."""

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
"""The name of the part of an encrypted workbook that holds the workbook, in a file of the old format."""

_UNREAD: Final = (None, None)
_FRAME: Final = struct.Struct(">Ic")


def main(out: BinaryIO, command: str, path: str, memory: str, parent: str, *arguments: str) -> None:
    _end_with_parent(int(parent))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    try:
        if command == "tables":
            _send(out, tables=_tables(path))
        else:
            _read(out, path, *arguments)
    except calamine.PasswordError:
        _send(out, error="password")
    except MemoryError:
        _send(out, error="memory")
    except BaseException as error:  # noqa: BLE001 - also a panic of the library, which is no Exception
        _send(out, error="damaged", words=str(error))


def _end_with_parent(parent: int) -> None:
    """Linux ends this process together with the thread that started it, however that one ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended already
        sys.exit()


def _tables(path: str) -> list[dict[str, object]]:
    """The sheets. Only if several are visible are they read, to learn their sizes and their first rows."""
    with _loaded(path) as workbook:
        sheets = [
            (sheet.name, sheet.visible == calamine.SheetVisibleEnum.Visible)
            for sheet in workbook.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        several = sum(visible for _, visible in sheets) > 1
        found: list[dict[str, object]] = []
        for name, visible in sheets:
            table, rows = _UNREAD
            if several and visible:
                part = _part(path, name, _LOOKED_AT)
                table = workbook.get_sheet_by_name(name) if part is None else part.table
                rows = _height(table) if part is None else part.height
            head = [] if table is None else _texts(_head(_numbered(table.iter_rows(), {}), 0))
            likely = visible and rows not in (0, 1)
            found.append({"name": name, "rows": rows, "likely": likely, "head": head})
        return found


def _loaded(path: str) -> calamine.CalamineWorkbook:
    """Opens the workbook. The library goes by the file's name, which may be that of another kind of workbook;
    then it is left to find out the kind.
    """
    try:
        return calamine.load_workbook(path)
    except calamine.PasswordError:
        raise
    except calamine.CalamineError as error:
        with Path(path).open("rb") as file:
            if file.read(len(_OLE)) == _OLE and _ENCRYPTED in file.read():
                raise calamine.PasswordError from None
            file.seek(0)
            try:
                return calamine.load_workbook(file)
            except calamine.CalamineError:
                raise error from None


def _height(sheet: calamine.CalamineSheet) -> int:
    return 0 if sheet.end is None else sheet.end[0] + 1


class _Part(NamedTuple):
    """The first rows of a sheet, the number of its last row, and the shortened workbook that was read."""

    table: calamine.CalamineSheet
    height: int
    file: BinaryIO


def _part(path: str, sheet: str, wanted: int) -> _Part | None:
    """Returns the sheet's first rows, of which ``wanted`` are filled at least.

    Returns None if the whole sheet has to be read: it has no more rows, later rows are wider, as these
    widen the header, or something is wrong with the file, which the library is left to say.
    """
    with suppress(OSError, ValueError, zipfile.BadZipFile, zlib.error, ET.ParseError, calamine.CalamineError):
        part = first_part(path, sheet, wanted + _SPARE)
        if part is not None:
            table = calamine.load_workbook(part.file).get_sheet_by_name(sheet)
            wide = table.end is not None and part.width <= table.end[1] + 1
            if wide and sum(row.count("") != len(row) for row in table.iter_rows()) > wanted:
                return _Part(table, part.height, part.file)
    return None


def _read(out: BinaryIO, path: str, sheet: str, header_row: str, batch_rows: str, wanted: str) -> None:
    part = _part(path, sheet, int(wanted)) if int(wanted) else None
    if part is None:
        with _loaded(path) as workbook:
            if sheet not in workbook.sheet_names:
                _send(out, error="no_sheet", sheets=workbook.sheet_names)
                return
            table = workbook.get_sheet_by_name(sheet)
            height = _height(table)
    else:
        table, height = part.table, part.height
    rows = _numbered(table.iter_rows(), lost_cells(path if part is None else part.file, sheet))
    head = _head(rows, int(header_row))
    if not head:
        _send(out, error="empty")
        return
    _send(out, head=_texts(head))
    chosen = int(sys.stdin.readline() or 0)
    waiting = [(number, row) for number, row in head if number > chosen]
    for numbers, batch in _parts(waiting, rows, int(batch_rows)):
        columns = [_column(list(cells)) for cells in zip(*batch, strict=True)]
        _send_batch(out, columns, numbers, numbers[-1] / height)


def _numbered(rows: Iterator[Row], repaired: dict[tuple[int, int], str]) -> Iterator[tuple[int, Row]]:
    """The rows that aren't blank, with their numbers in the sheet."""
    if repaired:
        rows = _repaired(rows, repaired)
    for number, row in zip(count(1), rows, strict=False):
        if row.count("") != len(row):
            yield number, row


def _repaired(rows: Iterator[Row], repaired: dict[tuple[int, int], str]) -> Iterator[Row]:
    concerned = {row for row, _ in repaired}
    for number, row in enumerate(rows):
        if number in concerned:
            yield [repaired.get((number, place), cell) for place, cell in enumerate(row)]
        else:
            yield row


def _head(rows: Iterator[tuple[int, Row]], wanted: int) -> list[tuple[int, Row]]:
    """The first rows, among which the header is; only the header itself if its row is ``wanted``."""
    if wanted:
        return list(islice((each for each in rows if each[0] >= wanted), 1))
    return list(islice(rows, _LOOKED_AT))


def _parts(
    first: list[tuple[int, Row]], rows: Iterator[tuple[int, Row]], most: int
) -> Iterator[tuple[list[int], list[Row]]]:
    numbers: list[int] = []
    part: list[Row] = []
    for each in (first, rows):
        for number, row in each:
            numbers.append(number)
            part.append(row)
            if len(part) == most:
                yield numbers, part
                numbers, part = [], []
    if part:
        yield numbers, part


def _column(cells: Row) -> pa.Array:
    """The cells with their types. If those differ, the column is a union."""
    import pyarrow as pa  # noqa: PLC0415 - loading it takes longer than listing the sheets

    kinds = list(set(map(type, cells)))
    if len(kinds) == 1:
        return pa.array(cells)
    codes = {kind: code for code, kind in enumerate(kinds)}
    counts = [count() for _ in kinds]
    places = [codes[type(cell)] for cell in cells]
    offsets = [next(counts[code]) for code in places]
    children = [
        pa.array(list(compress(cells, [place == code for place in places]))) for code in range(len(kinds))
    ]
    return pa.UnionArray.from_dense(pa.array(places, pa.int8()), pa.array(offsets, pa.int32()), children)


def _texts(rows: list[tuple[int, Row]]) -> list[tuple[int, list[str]]]:
    return [(number, [_text(cell) for cell in row]) for number, row in rows]


def _text(cell: object) -> str:
    """A cell of the header as text."""
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return cell if isinstance(cell, str) else str(cell)


def _send(out: BinaryIO, **content: object) -> None:
    _frame(out, b"J", json.dumps(content).encode())


def _send_batch(out: BinaryIO, columns: list[pa.Array], numbers: list[int], done: float) -> None:
    import pyarrow as pa  # noqa: PLC0415 - as above

    rows = pa.RecordBatch.from_arrays(
        [pa.array(numbers, pa.int64()), *columns], names=list(map(str, range(len(columns) + 1)))
    )
    sink = pa.BufferOutputStream()
    schema = rows.schema.with_metadata({"done": str(done)})
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_batch(rows.replace_schema_metadata(schema.metadata))
    _frame(out, b"B", sink.getvalue().to_pybytes())


def _frame(out: BinaryIO, kind: bytes, content: bytes) -> None:
    out.write(_FRAME.pack(len(content), kind))
    out.write(content)
    out.flush()


if __name__ == "__main__":
    main(sys.stdout.buffer, *sys.argv[1:])
