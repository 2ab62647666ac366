"""What a request brings, read strictly: whatever isn't understood is refused, with its name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, Final, NoReturn

from aiohttp import web
from multidict import MultiMapping

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer_web.problems import Problem
from product_importer_web.texts import check_json, check_texts

_BOOLEANS: Final = {"true": True, "false": False}
_FORM: Final = "application/x-www-form-urlencoded"
_CHARSETS: Final = ("utf-8", "utf8", "us-ascii")
_MOST_DIGITS: Final = 40
"""Digits that a number in JSON may have, and places that its exponent may move the point by: far more than
any field takes, and few enough to be written out.
"""

_YEARS: Final = range(1900, 3000)
_JSON: Final = ("application/json", "application/merge-patch+json")


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body, a JSON object; numbers with a point are decimals, exact.

    Raises :class:`Problem`: 415 where it doesn't say that it is JSON, 400 where it isn't, 422 where it holds
    a text that can't be stored or a number that is out of all bounds.
    """
    if request.content_type not in _JSON:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send a JSON object, with Content-Type: application/json.",
            headers={"Accept": ", ".join(_JSON)},
        )
    try:
        found = json.loads(
            await request.read(), parse_float=_decimal, parse_int=_integer, parse_constant=_no_json
        )
    except (ValueError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "not_json", f"The body isn't JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "not_json", "The body has to be a JSON object.")
    check_json(found)
    return found


async def form(request: web.Request) -> MultiMapping[Any]:
    """The fields of the form that is the body.

    Raises :class:`Problem`: 415 where it is no urlencoded form or in another charset than UTF-8, 400
    where it can't be read, 422 where it holds a text that can't be stored.
    """
    if await request.read() and request.content_type != _FORM:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"Send the form's fields with Content-Type: {_FORM}.",
        )
    if (request.charset or "utf-8").lower() not in _CHARSETS:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_charset",
            f"The charset {quoted(request.charset or '')} is not taken for forms. Send the form in UTF-8.",
        )
    try:
        sent = await request.post()
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "bad_form", f"The form can't be read: {error}.") from None
    check_texts((name, str(value)) for name, value in sent.items())
    return sent


def query(request: web.Request, known: Collection[str]) -> Mapping[str, str]:
    """The address's parameters. Raises :class:`UsageError` for an unknown one, and for one given twice."""
    given = request.query
    if unknown := sorted(given.keys() - set(known)):
        raise UsageError(f"There is no parameter {quoted(unknown[0])}. Known: {', '.join(sorted(known))}.")
    for name in given:
        if len(given.getall(name)) > 1:
            raise UsageError(f"The parameter {name!r} is given twice. Give it once.")
    return given


def whole_number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UsageError(f"The parameter {name!r} is {quoted(text)}; it has to be a whole number.")
    return int(text)


def moment(text: str) -> datetime:
    """A time with its offset, from 1900 to 2999. Raises :class:`ValueError`."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or found.year not in _YEARS:
        raise ValueError("it is no time of these centuries, or lacks its offset")
    return found


def flag(given: Mapping[str, str], name: str) -> bool | None:
    text = given.get(name, "")
    if text and text not in _BOOLEANS:
        raise UsageError(f"The parameter {name!r} is {quoted(text)}; it has to be true or false.")
    return _BOOLEANS.get(text)


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number there")


def _decimal(digits: str) -> Decimal:
    """Raises :class:`Problem` where writing the number out would take much room."""
    if len(digits) <= 2 * _MOST_DIGITS:
        try:
            number = Decimal(digits)
        except InvalidOperation:  # an exponent beyond what decimals know
            raise _out_of_bounds(digits) from None
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= -_MOST_DIGITS and number.adjusted() < _MOST_DIGITS:
            return number
    raise _out_of_bounds(digits)


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _out_of_bounds(digits)
    return int(digits)


def _out_of_bounds(digits: str) -> Problem:
    shown = digits if len(digits) <= _MOST_DIGITS else f"{digits[:_MOST_DIGITS]}…"
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "number_out_of_range",
        f"The number {shown} is out of range. Send numbers of at most {_MOST_DIGITS} digits.",
    )
