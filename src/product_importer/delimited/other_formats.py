"""Recognises files that are no delimited text by their first bytes, and names their format and what to do."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Final

from product_importer.errors import FileError


@dataclass(frozen=True, slots=True)
class _Kind:
    """``what`` ends the sentence "This is …"; ``advice`` is a sentence."""

    what: str
    advice: str


_SHEET_ADVICE: Final = "Open it in the program that it comes from and save the sheet as CSV UTF-8."
_PLUGIN: Final = "The plugin product-importer-{0} reads it (pip install product-importer-{0})."
_EXCEL_PLUGIN: Final = _PLUGIN.format("excel")
_JSON_PLUGIN: Final = _PLUGIN.format("jsonlines")
_UNPACK: Final = "Unpack it and import the file in it."
_EXPORT: Final = "Export the products as CSV."

_EXCEL: Final = _Kind("an Excel workbook (.xlsx)", _EXCEL_PLUGIN)
_OLD_EXCEL: Final = _Kind("an old Office file, such as an Excel workbook (.xls)", _EXCEL_PLUGIN)
_ODS: Final = _Kind("an OpenDocument spreadsheet (.ods)", _EXCEL_PLUGIN)
_NUMBERS: Final = _Kind("an Apple Numbers or iWork document", _SHEET_ADVICE)
_DOCUMENT: Final = _Kind("a word processor's document", _SHEET_ADVICE)
_ZIP: Final = _Kind("a zip archive", _UNPACK)
_HTML: Final = _Kind(
    "an HTML page, such as a sign-in page or a table saved as a page",
    "Download the file itself, or open the page in a spreadsheet program and save it as CSV UTF-8.",
)
_XML_SHEET: Final = _Kind(
    "an XML spreadsheet of Excel 2003", "Open it in a spreadsheet program and save it as .xlsx or CSV UTF-8."
)
_XML: Final = _Kind("an XML document", _PLUGIN.format("xml"))
_JSON: Final = _Kind("JSON", _JSON_PLUGIN)
_JSON_LINES: Final = _Kind("JSON Lines", _JSON_PLUGIN)
_IMAGE: Final = _Kind("an image", "Import the file with the products instead.")

_BY_MAGIC: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_EXCEL),
    (b"\x1f\x8b\x08", _Kind("a gzip archive", _UNPACK)),
    (b"\xfd7zXZ\x00", _Kind("an xz archive", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", _Kind("a Zstandard archive", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", _Kind("a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", _Kind("a RAR archive", _UNPACK)),
    (b"%PDF-", _Kind("a PDF document", _EXPORT)),
    (b"{\\rtf", _Kind("a rich text document (RTF)", "Save the table as CSV UTF-8.")),
    (b"PAR1\x15", _Kind("a Parquet file", _PLUGIN.format("parquet"))),
    (b"SQLite format 3\x00", _Kind("an SQLite database", _EXPORT)),
    (b"\x89PNG\r\n\x1a\n", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF87a", _IMAGE),
    (b"GIF89a", _IMAGE),
    (b"II*\x00", _IMAGE),
    (b"MM\x00*", _IMAGE),
)
_BZIP2: Final = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_WEBP: Final = re.compile(rb"RIFF....WEBP", re.DOTALL)
_CUT_CHARS: Final = 8
_LONG_CHARS: Final = 60_000
_HEAD_CHARS: Final = 2_048
_TAGS: Final = re.compile(
    r"<!doctype\s+html|<(html|head|body)(\s[^<>]*)?>|<(meta|title|script|table)(\s[^<>]*)?>(?!\s*[,;\t|])",
    re.IGNORECASE,
)
_OF_EXCEL: Final = "urn:schemas-microsoft-com:office:spreadsheet"
_COMMENTS: Final = re.compile(r"(\s*<!--.*?-->)*\s*", re.DOTALL)
_XML_START: Final = re.compile(
    r"<[A-Za-z_][\w.:-]*(\s+[\w.:-]+\s*=\s*\"[^\"<]*\")*\s*>[ \t]*\r?\n\s*<[A-Za-z_][\w.:-]*[\s/>]"
)
_JSON_OBJECT: Final = re.compile(r'\{\s*("([^"\\]|\\.)*"\s*:|\}\s*\Z)')
_JSON_ARRAY: Final = re.compile(r'\[\s*(\{\s*"([^"\\]|\\.)*"\s*:|\[|\]\s*\Z)')


def refuse_other_formats(head: bytes) -> None:
    """Raises :class:`FileError` of code ``not_a_table`` if a file that begins with ``head`` is certainly
    no delimited text.
    """
    kind = _kind_of(head)
    if kind is not None:
        raise FileError(f"This is {kind.what}, not a text table. {kind.advice}", code="not_a_table")


def is_other_format(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is certainly no delimited text."""
    return _kind_of(head) is not None


def is_plain_zip(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a zip archive, and no workbook or document."""
    return _of_bytes(head) is _ZIP


def _kind_of(head: bytes) -> _Kind | None:
    return _of_bytes(head) or _of_text(head)


def _of_bytes(head: bytes) -> _Kind | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _of_zip(head)
    if _BZIP2.match(head):
        return _Kind("a bzip2 archive", _UNPACK)
    if _WEBP.match(head):
        return _IMAGE
    return next((kind for magic, kind in _BY_MAGIC if head.startswith(magic)), None)


def _of_zip(head: bytes) -> _Kind:
    """Tells the kind of a zip archive by the names of its first members."""
    if b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in head[:200]:
        return _ODS
    if b"mimetypeapplication/vnd.oasis.opendocument" in head[:200] or b"word/" in head:
        return _DOCUMENT
    if b"Index/" in head and b".iwa" in head:
        return _NUMBERS
    if b"xl/" in head or b"[Content_Types].xml" in head[:100]:
        return _EXCEL
    return _ZIP


def _of_text(head: bytes) -> _Kind | None:
    text = _text(head).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return _of_markup(text)
    if text.startswith("{") and _JSON_OBJECT.match(text):
        return _JSON_LINES if _has_json_lines(text) else _json_or_none(text)
    if text.startswith("[") and _JSON_ARRAY.match(text):
        return _json_or_none(text)
    return None


def _text(head: bytes) -> str:
    encoding = "latin-1"
    if head.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    return head.decode(encoding, "replace")


def _of_markup(text: str) -> _Kind | None:
    comments = _COMMENTS.match(text)
    start = text[comments.end() if comments else 0 :][:_HEAD_CHARS]
    if start.startswith("<?xml"):
        if _OF_EXCEL in start:
            return _XML_SHEET
        return _HTML if re.search(r"<(!doctype\s+)?html\b", start, re.IGNORECASE) else _XML
    if _TAGS.match(start):
        return _HTML
    return _XML if _XML_START.match(start) and ("</" in text or "/>" in text) else None


def _has_json_lines(text: str) -> bool:
    lines = text.splitlines()
    return len(lines) > 1 and all(_is_json_object(line) for line in lines[:2])


def _is_json_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except RecursionError:  # no table has so many brackets
        return line.startswith("{")
    except ValueError:
        return False


def _json_or_none(text: str) -> _Kind | None:
    """JSON, unless the text after the first value shows that the value was only a cell."""
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        # A head is cut off somewhere; a text that fails earlier is no JSON.
        cut = error.pos >= len(text) - _CUT_CHARS or error.msg.startswith("Unterminated string")
        return _JSON if cut and (len(text) > _LONG_CHARS or not text.startswith("[[")) else None
    except (RecursionError, ValueError):  # Python reads no number of more than 4,300 digits
        return _JSON
    return _JSON if not text[end:].strip() else None
