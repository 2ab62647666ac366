"""Gives each request an id, and logs the request when it has been answered."""

from __future__ import annotations

import logging
import re
import secrets
import time
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from product_importer.support.logs import request_id
from product_importer_web.keys import METRICS, REQUEST_ID, ROUTE_OF, STARTED

HEADER: Final = "X-Request-ID"

_ACCEPTABLE: Final = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
_logger = logging.getLogger("product_importer_web.access")


@web.middleware
async def identify_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Sets the request's id. A proxy's id is kept, so that its log and ours can be matched."""
    given = request.headers.get(HEADER, "")
    request[REQUEST_ID] = given if _ACCEPTABLE.fullmatch(given) else secrets.token_hex(8)
    token = request_id.set(request[REQUEST_ID])
    began = time.perf_counter()
    status = 0
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        _log(request, status, time.perf_counter() - began)
        request_id.reset(token)


async def head_is_sent(request: web.Request, response: web.StreamResponse) -> None:
    """Sets the response's id. Called when a response's head is about to be sent."""
    request[STARTED] = True
    if REQUEST_ID in request:
        response.headers[HEADER] = request[REQUEST_ID]


def _log(request: web.Request, status: int, seconds: float) -> None:
    route = request.app[ROUTE_OF].get(request.match_info.route)
    request.app[METRICS].answered(route.name if route else "unknown", request.method, status, seconds)
    failed = not status or status >= HTTPStatus.BAD_REQUEST
    _logger.log(
        logging.DEBUG if route is not None and route.quiet and not failed else logging.INFO,
        "%s %s → %s in %.0f ms",
        request.method,
        request.path,
        status or "connection lost",
        seconds * 1000,
        extra={
            "method": request.method,
            "path": request.path,
            "route": route.name if route else None,
            "status": status or None,
            "seconds": round(seconds, 6),
        },
    )
