"""Reads bodies, with limits for their size and the time, and never decompresses them."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from product_importer.cells.shortening import quoted
from product_importer_web.content_types import parsed
from product_importer_web.keys import ROUTE_OF, SETTINGS
from product_importer_web.problems import Problem, too_large, too_slow
from product_importer_web.routing import MAX_BODY

_IDENTITY: Final = ("", "identity")


@web.middleware
async def check_content(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Checks the headers about the body, before the body is read."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in _IDENTITY:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content_encoding",
            f"Content-Encoding {quoted(coding)} is not taken. Send the content as it is.",
            headers={"Accept-Encoding": "identity"},
            close=True,
        )
    parsed(request.headers.get("Content-Type"), lambda: request.content_type)  # any handler may use it
    return await handler(request)


@web.middleware
async def read_bodies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Reads the body before the handler runs, unless the route declares that its handler streams it."""
    route = request.app[ROUTE_OF].get(request.match_info.route)
    if route is not None and not route.streams_body and request.can_read_body:
        await _read(request, request.app[SETTINGS].read_timeout)
    return await handler(request)


async def _read(request: web.Request, seconds: float) -> None:
    if (request.content_length or 0) > MAX_BODY:
        raise too_large(MAX_BODY)
    try:
        async with asyncio.timeout(seconds):
            await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise too_large(MAX_BODY) from None
    except TimeoutError:
        raise too_slow(f"The request was not complete within {seconds:g} seconds.") from None
