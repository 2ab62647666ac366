"""The encoding that a sender declares for a file: ``text/csv; charset=windows-1250``."""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from http import HTTPStatus
from typing import Final

from product_importer.cells.shortening import quoted
from product_importer.delimited.encodings.names import known_encoding
from product_importer.errors import UsageError
from product_importer_web.content_types import parsed
from product_importer_web.problems import Problem

_OPTION: Final = "encoding"
_NO_NEWS: Final = frozenset({"utf-8", "utf-8-sig", "ascii"})
"""Programs often declare these without checking; files in them are recognised by their bytes."""

_MEANT: Final = {"iso8859-1": "cp1252"}
"""Encodings that are often meant instead of the declared ones; they have more printable characters."""


def with_declared(fields: Iterable[tuple[str, str]], content_type: str | None) -> list[tuple[str, str]]:
    """Returns the options, with the declared encoding if they name none.

    Raises :class:`Problem`, 415, for a charset that files can't be read in, and for a content type that can't
    be parsed.
    """
    given = list(fields)
    if any(name == _OPTION and text for name, text in given):
        return given
    charset = parsed(content_type, lambda: _charset(content_type))
    if charset is None:
        return given
    try:
        encoding = known_encoding(charset)
    except UsageError as error:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unknown_charset",
            f"The file is declared to be in the charset {quoted(charset)}, in which files can't be read. "
            "Leave the charset out, or name the file's encoding with the option 'encoding'.",
        ) from error
    if encoding in _NO_NEWS:
        return given
    return [*(pair for pair in given if pair[0] != _OPTION), (_OPTION, _MEANT.get(encoding, encoding))]


def _charset(content_type: str | None) -> str | None:
    message = Message()
    message["Content-Type"] = content_type or ""
    charset = message.get_param("charset")
    return charset.strip() or None if isinstance(charset, str) else None
