"""Reads requests strictly: anything unknown is refused, and the problem names it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, Final, NoReturn, TypeVar

from aiohttp import web
from multidict import MultiMapping

from product_importer.cells.shortening import quoted
from product_importer_web.api import decoding
from product_importer_web.declarations import FORM, JSON, MERGE_PATCH, Body, Query
from product_importer_web.keys import ROUTE_OF
from product_importer_web.problems import Problem
from product_importer_web.routing import Route
from product_importer_web.texts import check_json, check_texts

B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)

_CHARSETS: Final = ("utf-8", "utf8", "us-ascii")
_MOST_DIGITS: Final = 40
"""Maximum number of digits in a JSON number, and of places by which its exponent may move the point: far more
than any field takes, and few enough to be written out.
"""

_JSON: Final = (JSON, MERGE_PATCH)


async def body(request: web.Request, kind: type[B]) -> B:
    """Returns the body, a JSON object that the route declares.

    Raises :class:`Problem` as :func:`json_object` does, and one that names all members that don't fit.
    """
    return decoding.made(kind, await json_object(request, kind))


async def json_object(request: web.Request, kind: type[Body]) -> dict[str, Any]:
    """Returns the body, a JSON object that the route declares, without checking its members; numbers with a
    point become exact decimals.

    Raises :class:`Problem`: 415 if the content type isn't JSON, 400 if the body isn't JSON, 422 if it holds a
    text that can't be stored or a number that is out of range.
    """
    if not any(content.type is kind for content in _route(request).body):
        raise LookupError(f"The route {_route(request).name} does not declare {kind.__name__}.")
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
    """Returns the fields of the form in the body.

    Raises :class:`Problem`: 415 if the body isn't an urlencoded form in UTF-8, 400 if it can't be read, 422
    if it holds a text that can't be stored.
    """
    if await request.read() and request.content_type != FORM.media_type:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"Send the form's fields with Content-Type: {FORM.media_type}.",
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


def query(request: web.Request, kind: type[Q]) -> Q:
    """Returns the address's parameters of ``kind``, which is one of the types that the route declares.

    If it is the only one, other parameters are refused. Raises :class:`Problem` that names every parameter
    that is unknown, given twice, or has a wrong value.
    """
    declared = _route(request).query
    if kind not in declared:
        raise LookupError(f"The route {_route(request).name} does not declare {kind.__name__}.")
    names = kind.__struct_fields__
    pairs = [pair for pair in request.query.items() if pair[0] in names or len(declared) == 1]
    return of_texts(kind, pairs)


def of_texts(kind: type[Q], pairs: Iterable[tuple[str, str]]) -> Q:
    """Returns the parameters that these names and texts give. Raises as :func:`query` does."""
    given, faults = decoding.of_texts(kind, pairs)
    if faults:
        raise decoding.refused(kind.refusal, faults + decoding.taken(kind, given)[1])
    return decoding.made(kind, given)


def _route(request: web.Request) -> Route:
    return request.app[ROUTE_OF][request.match_info.route]


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number there")


def _decimal(digits: str) -> Decimal:
    """Returns the number. Raises :class:`Problem` if writing it out would take many digits."""
    if len(digits) <= 2 * _MOST_DIGITS:
        try:
            number = Decimal(digits)
        except InvalidOperation:  # the exponent exceeds the limits of Decimal
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
