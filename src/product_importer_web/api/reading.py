"""What a request brings, read strictly: whatever isn't understood is refused, with its name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final, NoReturn

from aiohttp import web

from product_importer.errors import UsageError
from product_importer_web.problems import Problem

_BOOLEANS: Final = {"true": True, "false": False}
_JSON: Final = ("application/json", "application/merge-patch+json")


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body, a JSON object; numbers with a point are decimals, exact.

    Raises :class:`Problem`: 415 where it doesn't say that it is JSON, 400 where it isn't.
    """
    if request.content_type not in _JSON:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send a JSON object, with Content-Type: application/json.",
            headers={"Accept": ", ".join(_JSON)},
        )
    try:
        found = json.loads(await request.read(), parse_float=Decimal, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "not_json", f"The body isn't JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "not_json", "The body has to be a JSON object.")
    return found


def query(request: web.Request, known: Collection[str]) -> Mapping[str, str]:
    """The address's parameters. Raises :class:`UsageError` for an unknown one, and for one given twice."""
    given = request.query
    if unknown := sorted(given.keys() - set(known)):
        raise UsageError(f"There is no parameter {unknown[0]!r}. Known: {', '.join(sorted(known))}.")
    for name in given:
        if len(given.getall(name)) > 1:
            raise UsageError(f"The parameter {name!r} is given twice. Give it once.")
    return given


def whole_number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UsageError(f"The parameter {name!r} is {text!r}; it has to be a whole number.")
    return int(text)


def flag(given: Mapping[str, str], name: str) -> bool | None:
    text = given.get(name, "")
    if text and text not in _BOOLEANS:
        raise UsageError(f"The parameter {name!r} is {text!r}; it has to be true or false.")
    return _BOOLEANS.get(text)


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number there")
