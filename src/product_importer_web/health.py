"""``/healthz``: this process is alive. ``/readyz``: it has everything that it needs to serve."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from product_importer_web.declarations import Answer, Shown
from product_importer_web.keys import READINESS
from product_importer_web.readiness import GOOD
from product_importer_web.routing import Permission, Route


class HealthShown(Shown, frozen=True):
    """This process is alive."""

    status: str


class ReadinessShown(Shown, frozen=True):
    """Whether everything that is needed works; ``checks`` has ``ok``, or what is wrong, for each part."""

    status: str
    checks: dict[str, str]


async def healthz(_: web.Request) -> web.Response:
    """Tells that this process is alive."""
    return web.json_response({"status": GOOD})


async def readyz(request: web.Request) -> web.Response:
    """Tells whether this process has everything that it needs to serve; 503 if anything is missing."""
    found = await request.app[READINESS].found()
    ready = all(each == GOOD for each in found.values())
    return web.json_response(
        {"status": GOOD if ready else "unavailable", "checks": found},
        status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


ROUTES = (
    Route(
        "GET", "/healthz", healthz, Permission.PUBLIC, "healthz", quiet=True,
        answers=(Answer(HTTPStatus.OK, HealthShown),),
    ),
    Route(
        "GET", "/readyz", readyz, Permission.PUBLIC, "readyz", quiet=True,
        answers=(
            Answer(HTTPStatus.OK, ReadinessShown), Answer(HTTPStatus.SERVICE_UNAVAILABLE, ReadinessShown),
        ),
    ),
)  # fmt: skip
