"""Parses the header Content-Type safely: the usual parsers fail at some values that can be sent."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from product_importer_web.problems import Problem

T = TypeVar("T")

_LONGEST: Final = 500
"""Maximum length in characters; the parsers' time grows with its square."""

_FAILURES: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""Errors of aiohttp's and the standard library's parsers, mostly for parameters in parts (RFC 2231)."""


def parsed(content_type: str | None, parse: Callable[[], T]) -> T:
    """Returns the result of ``parse``. Raises :class:`Problem`, 415, if it fails or the header
    is too long.
    """
    try:
        if len(content_type or "") <= _LONGEST:
            return parse()
    except _FAILURES:
        pass
    raise Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "bad_content_type",
        f"The content type can't be read, or has more than {_LONGEST} characters. Send a media type, such as "
        "text/csv; for a file that is uploaded already, name its encoding with the option 'encoding'.",
        close=True,
    )
