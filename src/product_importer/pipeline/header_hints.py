"""Asks whether an unusual character is the delimiter, if no SKU column was found.

That is checked against the file first: the delimiter does split a SKU column off.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from product_importer.delimited.dialect import HEAD_BYTES
from product_importer.delimited.header_line import DELIMITERS
from product_importer.errors import FileError, QuestionsOpen
from product_importer.model import Answer, Dialect, ImportOptions, Question
from product_importer.pipeline.mapping import guess_mapping

_LINES: Final = 30
_SHOWN: Final = 80
_COLUMNS_SHOWN: Final = 5
_OTHER_DELIMITERS: Final = "~^:!#*§¦·\x1f\x01"
_ANY: Final = ImportOptions()
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def explained(
    error: FileError, head: bytes, dialect: Dialect | None, options: ImportOptions
) -> FileError | QuestionsOpen:
    """Returns ``error``, or a better one if the file's beginning shows why its header has no SKU column."""
    if error.code != "missing_column" or dialect is None or options.delimiter is not None:
        return error
    try:
        text = head[:HEAD_BYTES].decode(dialect.encoding, "replace").removeprefix("\ufeff")
    except UnicodeError:
        return error
    lines = _LINE_END.split(text)[:_LINES]
    first = next((number for number, line in enumerate(lines) if line.strip(",;\t| ")), None)
    if first is None or _names_sku(_cells(lines[first], dialect.delimiter)):
        return error
    return _of_delimiter(lines[first], first + 1, dialect) or error


def head_of(path: Path) -> bytes:
    """Reads the part of the file that :func:`explained` needs."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _of_delimiter(line: str, number: int, dialect: Dialect) -> FileError | QuestionsOpen | None:
    cells = _cells(line, dialect.delimiter)
    if len(cells) == 1 and any(_names_sku(_cells(cells[0], each)) for each in DELIMITERS):
        return FileError(
            f"Line {number:,} is one quoted cell, in which the names of all columns stand. Remove the quotes "
            "around whole lines, or export the file anew.",
            code="delimiter_unclear",
            line=number,
        )
    for delimiter in _OTHER_DELIMITERS:
        if _names_sku(cells := line.split(delimiter)):
            named = delimiter if delimiter.isprintable() else f"\\x{ord(delimiter):02x}"
            question = Question(
                "delimiter_unclear",
                f"Is {named} the delimiter? It splits the header on line {number:,} into "
                f"{len(cells)} columns.",
                "delimiter",
                (
                    Answer(delimiter, f"Yes, {named} separates the cells", tuple(cells[:_COLUMNS_SHOWN])),
                    Answer(dialect.delimiter, "No, it is a part of the text", (line[:_SHOWN],)),
                ),
                line=number,
            )
            return QuestionsOpen((question,))
    if _names_sku(re.split(r" {2,}", line.strip())):
        return FileError(
            f"The columns on line {number:,} are aligned by spaces, and nothing separates them for certain. "
            "Save the table with a comma, semicolon or tab between the cells.",
            code="delimiter_unclear",
            line=number,
        )
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _names_sku(cells: Sequence[str]) -> bool:
    """Whether there are several cells and one of them names the SKU."""
    return len(cells) > 1 and guess_mapping(cells, _ANY).use_of("sku") is not None
