"""Guesses the dialect of a delimited text file from its first 64 KiB, and refuses other files.

Values that the user gives (``ParseOptions.encoding``, ``.delimiter``) are taken as they are. The rest is
guessed:
*Encoding*: by :mod:`product_importer.delimited.encodings.guessing`, which reads the whole file if its head
isn't UTF-8.

*Delimiter*: comma, semicolon, tab or pipe. Each one that splits the header (outside quotes) is tried on the
first records; the one under which most of them have as many cells as the header wins, then the one that
splits the header into more cells. If none splits the header, the file has a single column, and the delimiter
is a comma.

*Header*: lines above it are left out, by :mod:`product_importer.delimited.header_line`.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from typing import TYPE_CHECKING

from product_importer.cells.shortening import quoted
from product_importer.delimited.encodings.guessing import Blocks, blocks_of, guess_encoding
from product_importer.delimited.encodings.names import known_encoding
from product_importer.delimited.header_line import DELIMITERS, OPTION, top_of
from product_importer.delimited.other_formats import refuse_other_formats
from product_importer.delimited.quotes import QuoteWatch
from product_importer.errors import FileError, UsageError
from product_importer.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from product_importer.model import ParseOptions

HEAD_BYTES = 65_536
DELIMITER_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

_SAMPLE_RECORDS = 100


def detect(path: Path, options: ParseOptions) -> Dialect:
    """Returns the dialect of the file at ``path``.

    Raises :class:`FileError` if it can't be read, is no delimited text (``not_a_table``) or is in no certain
    encoding (``encoding_unclear``), :class:`UsageError` if the options name no usable dialect, and
    :class:`QuestionsOpen` if it isn't certain which line is the header.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            complete = not file.read(1)
    except OSError as error:
        raise FileError(f"{path} can't be read: {error.strerror}.") from error
    refuse_other_formats(head)
    return _guess(head, options, blocks_of(path), complete=complete)


def guess(head: bytes, options: ParseOptions, *, complete: bool) -> Dialect:
    """Returns the dialect of a file that begins with ``head``; ``complete`` if that is the whole file.

    Raises the same errors as :func:`detect`, but doesn't check for other formats.
    """
    return _guess(head, options, lambda: (head,), complete=complete)


def _guess(head: bytes, options: ParseOptions, blocks: Blocks, *, complete: bool) -> Dialect:
    if options.encoding is not None:
        encoding = known_encoding(options.encoding)
    else:
        encoding = guess_encoding(head, blocks, complete=complete)
    text = _decoded(head, encoding, complete=complete)
    given = None if options.delimiter is None else known_delimiter(options.delimiter)
    top = top_of(text, given, options.reading.get(OPTION), complete=complete)
    text = top.left_of(text)
    delimiter = given or top.delimiter or _guess_delimiter(text, complete=complete)
    skip_blanks = QuoteWatch(delimiter, skip_blanks=True).skips_blanks(text)
    surplus = _surplus(text, delimiter, skip_blanks=skip_blanks, complete=complete)
    return Dialect(encoding, delimiter, skip_blanks=skip_blanks, surplus=surplus, header_line=top.line)


def _decoded(head: bytes, encoding: str, *, complete: bool) -> str:
    """The head's text; bytes that can't be decoded are left to the reader to refuse."""
    try:
        text = codecs.getincrementaldecoder(encoding)("replace").decode(head, final=complete)
    except UnicodeError:  # UTF-16 and UTF-32 need a byte order mark
        return ""
    return text.removeprefix("\ufeff")


def known_delimiter(delimiter: str) -> str:
    """Returns the delimiter. Raises :class:`UsageError` if it isn't one character that can separate cells."""
    if len(delimiter) != 1 or delimiter in '"\r\n\0' or "\ud800" <= delimiter <= "\udfff":
        raise UsageError(
            f"{quoted(delimiter)} can't separate cells. Name one character: a comma, semicolon, tab or pipe.",
            code="bad_delimiter",
        )
    return delimiter


def _guess_delimiter(text: str, *, complete: bool) -> str:
    unquoted = re.sub(r'"[^"]*("|\Z)', "", text).lstrip("\r\n")
    header_line = re.split(r"[\r\n]", unquoted, maxsplit=1)[0]
    best, best_score = ",", (False, 1, 0.0)
    for delimiter in [char for char in DELIMITERS if char in header_line] or DELIMITERS:
        header, *records = _first_records(text, delimiter, complete=complete) or [[]]
        if len(header) > 1:
            fitting = sum(len(record) == len(header) for record in records) / max(len(records), 1)
            score = (fitting > 0.5, len(header), fitting)
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _surplus(text: str, delimiter: str, *, skip_blanks: bool, complete: bool) -> int:
    """The number of blank cells that all first records have beyond the header, due to final delimiters."""
    header, *records = _first_records(text, delimiter, complete=complete, skip_blanks=skip_blanks) or [[]]
    surplus = [len(record) - len(header) for record in records if any(map(str.strip, record))]
    if not surplus or min(surplus) < 1:
        return 0
    blank = all(not cell.strip() for record in records for cell in record[len(header) :])
    return min(surplus) if blank else 0


def _first_records(
    text: str, delimiter: str, *, complete: bool, skip_blanks: bool = False
) -> list[list[str]]:
    """The first records that aren't blank, without one that the end of ``text`` may have cut."""
    records = list(itertools.islice(_records(text, delimiter, skip_blanks=skip_blanks), _SAMPLE_RECORDS + 1))
    cut = not complete and 1 < len(records) <= _SAMPLE_RECORDS
    return records[:-1] if cut else records


def _records(text: str, delimiter: str, *, skip_blanks: bool) -> Iterator[list[str]]:
    try:
        lines = io.StringIO(text, newline="")
        yield from filter(None, csv.reader(lines, delimiter=delimiter, skipinitialspace=skip_blanks))
    except csv.Error:  # a huge cell; the parser will report it
        return
