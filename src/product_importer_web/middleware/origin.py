"""Prevents other web sites from acting in the name of a user who visits them."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from product_importer.cells.shortening import quoted
from product_importer_web.keys import SETTINGS
from product_importer_web.problems import Problem

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[\w.-]+)(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@web.middleware
async def check_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Accepts our own host names only: foreign names for our address are attacks (DNS rebinding)."""
    name = _host_name(request.headers.get("Host", ""))  # without the header, aiohttp would make up a name
    if name not in LOOPBACK_NAMES and name not in map(str.lower, request.app[SETTINGS].hosts):
        raise Problem(
            HTTPStatus.MISDIRECTED_REQUEST,
            "unknown_host",
            f"This server is not known as {quoted(name)}. If it should be, add the name to the setting "
            "PRODUCT_IMPORTER_HOSTS.",
        )
    return await handler(request)


@web.middleware
async def refuse_foreign_origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses changes from other sites' pages; programs, which send no origin, are accepted."""
    upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
    if (request.method not in SAFE_METHODS or upgrade) and is_foreign(request):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "foreign_origin",
            "Another web site has sent this request, so it was not carried out.",
        )
    return await handler(request)


def is_foreign(request: web.Request) -> bool:
    """Returns whether the browser says that the request comes from another site's page."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and _place(origin) != request.host.lower()


def _place(origin: str) -> str | None:
    """Returns the host and port of an origin; None if the origin is invalid."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _host_name(host: str) -> str:
    """Returns the host's name without the port, in lower case; empty if it is invalid."""
    found = _HOST.fullmatch(host)
    return found["name"].strip("[]").lower() if found else ""
