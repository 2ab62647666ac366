"""``/healthz``: this process lives. ``/readyz``: it has all that it needs to serve."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from product_importer_web.keys import READINESS
from product_importer_web.readiness import GOOD
from product_importer_web.routing import Permission, Route


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": GOOD})


async def readyz(request: web.Request) -> web.Response:
    """503 if anything is missing; ``checks`` says what, in plain words."""
    found = await request.app[READINESS].found()
    ready = all(each == GOOD for each in found.values())
    return web.json_response(
        {"status": GOOD if ready else "unavailable", "checks": found},
        status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


ROUTES = (
    Route("GET", "/healthz", healthz, Permission.PUBLIC, "healthz", quiet=True),
    Route("GET", "/readyz", readyz, Permission.PUBLIC, "readyz", quiet=True),
)
