"""``/healthz``: this process lives. ``/readyz``: it has all that it needs to serve."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from redis.exceptions import RedisError

from product_importer.errors import ProductImporterError
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.routing import Permission, Route

_SECONDS: Final = 2.0
_GOOD: Final = "ok"


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": _GOOD})


async def readyz(request: web.Request) -> web.Response:
    """503 if anything is missing; ``checks`` says what, in plain words."""
    importer, queues = request.app[IMPORTER], request.app[QUEUES]
    names = ("database", "storage", "redis")
    checks = (importer.check(), importer.storage.check(), queues.check())
    found = dict(zip(names, await asyncio.gather(*map(_tried, checks)), strict=True))
    ready = all(each == _GOOD for each in found.values())
    return web.json_response(
        {"status": _GOOD if ready else "unavailable", "checks": found},
        status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


async def _tried(check: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(_SECONDS):
            await check
    except TimeoutError:
        return f"no answer within {_SECONDS:g} seconds"
    except (ProductImporterError, RedisError) as error:
        return str(error)
    return _GOOD


ROUTES = (
    Route("GET", "/healthz", healthz, Permission.PUBLIC, "healthz", quiet=True),
    Route("GET", "/readyz", readyz, Permission.PUBLIC, "readyz", quiet=True),
)
