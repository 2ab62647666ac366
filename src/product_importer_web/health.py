"""``/healthz``: this process lives."""

from __future__ import annotations

from aiohttp import web

from product_importer_web.routing import Permission, Route


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


ROUTES = (Route("GET", "/healthz", healthz, Permission.PUBLIC, "healthz"),)
