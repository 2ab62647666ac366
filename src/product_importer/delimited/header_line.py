"""Finds the line of a delimited text that holds the names of the columns, where lines stand above it.

Line ends in quoted cells end no line here: the lines are those that the parsers read as records. A line such
as ``sep=;``, by which Excel learns the delimiter, is left out.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain, count, islice, pairwise
from typing import TYPE_CHECKING, Final

from product_importer.delimited.header_rows import HeaderRow, header_among
from product_importer.delimited.quotes import QuoteWatch
from product_importer.delimited.textfile import start_of_line
from product_importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITERS: Final = ",;\t|"

OPTION: Final = "header_line"
"""The option by which the line can be given."""

_BLANK: Final = f"{DELIMITERS} \ufeff"
_LINES: Final = 30
_LINE_END: Final = r"\r\n|\r|\n"
_SEPARATOR: Final = r'(?i)"?sep=([^"\r\n])"?[,;\t| ]*'
_THREE_LINES: Final = r'"?TemplateType=|"?version [0-9]'
_THIRD: Final = 3
"""Amazon's and Taobao's files begin with a line about themselves; the third line has the names."""


@dataclass(frozen=True, slots=True)
class Top:
    """Where the table begins. ``delimiter``: the one that a line above it names for spreadsheets."""

    line: int = 1
    delimiter: str | None = None

    def left_of(self, text: str) -> str:
        """The text from the table's first line on."""
        return text[start_of_line(text, self.line) :] if self.line > 1 else text


def top_of(text: str, delimiter: str | None, given: str | None, *, complete: bool) -> Top:
    """Returns where the table begins in a file that begins with ``text``; ``complete`` if that is all of it.

    ``delimiter`` and ``given`` (the header's line) are what the options say. Raises :class:`QuestionsOpen` if
    several lines may be the header, and :class:`UsageError` if the given line isn't there.
    """
    named = re.fullmatch(_SEPARATOR, re.split(_LINE_END, text, maxsplit=1)[0])
    separator = None if named is None else named[1]
    if given is not None:
        if int(given) > 1 and start_of_line(text, int(given)) >= len(text):
            raise UsageError(
                f"The header can't be on line {int(given):,}: the file, or the part in which the header "
                "is looked for, has fewer lines.",
                code="wrong_reading_option",
            )
        return Top(int(given), separator)
    start = 1 if named is None else 2
    table, delimiter = text[start_of_line(text, start) :], delimiter or separator
    first = re.split(_LINE_END, table.lstrip(f"{_BLANK}\r\n"), maxsplit=1)[0]
    if "sku" in _read(start, first, delimiter).fields:
        return Top(start, separator)  # as in most files, whose quotes needn't be followed
    found = _header(_records(table, start, delimiter, complete=complete), delimiter)
    return Top(start if found is None else found, separator)


def _records(text: str, first: int, delimiter: str | None, *, complete: bool) -> list[tuple[int, str]]:
    """The first whole records of a text whose first line has the number ``first``, with their lines' numbers.

    No record begins within a quoted cell, whichever delimiter is tried.
    """
    ends = islice(re.finditer(_LINE_END, text), _LINES + 2 - first)
    starts = [0, *(end.end() for end in ends)]
    numbers = dict(zip(starts, count(first)))
    looked_at = text[: starts[-1]]
    for each in _tried(looked_at, delimiter) if '"' in looked_at else ():
        skips = ' "' in looked_at and _skips(text, each)  # it is the whole text that takes long
        for opening, closing in QuoteWatch(each, skip_blanks=skips).quoted(looked_at):
            for start in starts[bisect_right(starts, opening) : bisect_right(starts, closing)]:
                numbers.pop(start, None)
    bounds = [*numbers, len(text)] if complete and len(starts) <= _LINES + 2 - first else [*numbers]
    return [(numbers[start], text[start:end].rstrip("\r\n")) for start, end in pairwise(bounds)]


def _header(records: Sequence[tuple[int, str]], delimiter: str | None) -> int | None:
    """The header's line, unless it is the first one with text."""
    filled = ((number, text) for number, text in records if text.strip(_BLANK))
    lines = (_read(number, text, delimiter) for number, text in filled)
    first = next(lines, None)
    if first is None or "sku" in first.fields:
        return None
    if re.match(_THREE_LINES, first.text) and _THIRD in dict(records):
        return _THIRD
    return header_among(chain([first], lines), OPTION, "line")


def _read(number: int, text: str, delimiter: str | None) -> HeaderRow:
    """The line, split by the delimiter under which it names most fields."""
    readings = [_cells(text, each) for each in _tried(text, delimiter)]
    lines = [HeaderRow.of(number, text, cells) for cells in readings]
    return max(lines, key=lambda line: (len(line.fields), line.filled))


def _tried(text: str, delimiter: str | None) -> Sequence[str]:
    return [delimiter] if delimiter else [each for each in DELIMITERS if each in text] or [","]


def _skips(text: str, delimiter: str) -> bool:
    return QuoteWatch(delimiter, skip_blanks=True).skips_blanks(text)


def _cells(text: str, delimiter: str) -> tuple[str, ...]:
    lines, skips = io.StringIO(text, newline=""), _skips(text, delimiter)
    try:
        return tuple(next(csv.reader(lines, delimiter=delimiter, skipinitialspace=skips), ()))
    except csv.Error:
        return ()
