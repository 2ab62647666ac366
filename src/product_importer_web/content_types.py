"""The header Content-Type, read with care: what parses it fails at some of what can be sent."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from product_importer_web.problems import Problem

T = TypeVar("T")

_LONGEST: Final = 500
"""Characters; the time that the parsers take grows with their square."""

_FAILURES: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""How the parsers of aiohttp and of the standard library fail, mostly at parameters in parts (RFC 2231)."""


def parsed(content_type: str | None, parse: Callable[[], T]) -> T:
    """What ``parse`` makes of the header. Raises :class:`Problem`, 415, where it can't, or it is too long."""
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
