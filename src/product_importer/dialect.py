"""Guesses how a delimited text file is written, from no more than its first 64 KiB.

What the user names (``ParseOptions.encoding``, ``.delimiter``) is taken as it is. The rest is guessed:

*Encoding*, the first that holds: a byte order mark of UTF-8 or UTF-16; NUL bytes on every other place
(UTF-16 without a mark); valid UTF-8, or UTF-8 with less damage than good characters, so that a damaged file
is refused rather than misread; else what charset-normalizer says, asked about the legacy encodings that
people still use. It often calls cp1252 (Western Windows) by the name of a sibling, so cp1252 wins where it
does nearly as well, and where there is too little to tell.

*Delimiter*: comma, semicolon, tab or pipe. Each one that splits the header (outside quotes) is tried on the
first records; the one under which most of them have as many cells as the header wins, then the one that
splits the header into more cells. A header that none of them splits is a single column: comma.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from typing import TYPE_CHECKING

from charset_normalizer import from_bytes

from product_importer.errors import FileError, UsageError
from product_importer.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from product_importer.model import ParseOptions

HEAD_BYTES = 65_536
DELIMITERS = ",;\t|"

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LEGACY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
_SAMPLE_BYTES = 8_192
_SAMPLE_RECORDS = 100


def detect(path: Path, options: ParseOptions) -> Dialect:
    """The dialect of the file at ``path``.

    Raises :class:`FileError` if it can't be read, :class:`UsageError` if the options name no usable dialect.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            complete = not file.read(1)
    except OSError as error:
        raise FileError(f"{path} can't be read: {error.strerror}.") from error
    return guess(head, options, complete=complete)


def guess(head: bytes, options: ParseOptions, *, complete: bool) -> Dialect:
    """The dialect of a file that begins with ``head``; ``complete`` if that is the whole file."""
    if options.encoding is not None:
        encoding = known_encoding(options.encoding)
    else:
        encoding = _guess_encoding(head, complete=complete)
    if options.delimiter is not None:
        return Dialect(encoding, known_delimiter(options.delimiter))
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    try:
        text = decoder.decode(head, final=complete).removeprefix("\ufeff")
    except UnicodeError:  # utf-16 without its mark, for one; reading the file will say where
        text = ""
    return Dialect(encoding, _guess_delimiter(text, complete=complete))


def known_encoding(name: str) -> str:
    """Python's own name of a text encoding, or :class:`UsageError`."""
    try:
        b"  ".decode(name, "replace")  # fails for what isn't a text codec, such as base64
        codecs.getincrementaldecoder(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"There is no text encoding {name!r}. Usual ones are utf-8, utf-16, cp1252 and cp1250.",
            code="unknown_encoding",
        ) from error


def known_delimiter(delimiter: str) -> str:
    """The delimiter if it is one character that can separate cells, or :class:`UsageError`."""
    if len(delimiter) != 1 or delimiter in '"\r\n\0' or "\ud800" <= delimiter <= "\udfff":
        raise UsageError(
            f"{delimiter!r} can't separate cells. Name one character: a comma, semicolon, tab or pipe.",
            code="bad_delimiter",
        )
    return delimiter


def _guess_encoding(head: bytes, *, complete: bool) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if utf16 := _utf16_without_mark(head):
        return utf16
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head, final=complete)
    damaged = text.count("\ufffd")
    if damaged == 0 or damaged < sum(not char.isascii() for char in text) - damaged:
        return "utf-8"
    return _guess_legacy_encoding(head)


def _utf16_without_mark(head: bytes) -> str | None:
    """Latin text in UTF-16 has a NUL in nearly every character's high byte, and hardly any in the low one."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    enough = len(head) // 8
    if odd > enough and even <= odd // 20:
        return "utf-16-le"
    if even > enough and odd <= even // 20:
        return "utf-16-be"
    return None


def _guess_legacy_encoding(head: bytes) -> str:
    lines = b"".join(line for line in head.splitlines(keepends=True) if not line.isascii())
    sample = lines[:_SAMPLE_BYTES]
    telling = sum(byte > 127 for byte in sample)
    if telling >= 4 and (matches := from_bytes(sample, cp_isolation=_LEGACY)):
        best = matches[0]
        western = next((match for match in matches if "cp1252" in match.could_be_from_charset), None)
        nearly = western and western.chaos < best.chaos + 0.15 and western.coherence > best.coherence - 0.02
        return "cp1252" if nearly else codecs.lookup(best.encoding).name
    # Where nothing fits, utf-8 lets the reader name the first byte that makes no sense.
    return "cp1252" if _is_text(sample) else "utf-8"


def _is_text(sample: bytes) -> bool:
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return all(char >= " " or char in "\t\r\n\f" for char in text)


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


def _first_records(text: str, delimiter: str, *, complete: bool) -> list[list[str]]:
    """The first records that aren't blank, without one that the end of ``text`` may have cut."""
    records = list(itertools.islice(_records(text, delimiter), _SAMPLE_RECORDS + 1))
    cut = not complete and 1 < len(records) <= _SAMPLE_RECORDS
    return records[:-1] if cut else records


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:  # a huge cell; the parser will say so
        return
