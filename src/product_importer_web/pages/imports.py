"""The page on which imports begin, and the page of each."""

from __future__ import annotations

from aiohttp import web

from product_importer_web.keys import IMPORTER
from product_importer_web.rendering import render
from product_importer_web.routing import Permission, Route


async def show_home(request: web.Request) -> web.Response:
    importer = request.app[IMPORTER]
    context = {
        "imports": await importer.recent(),
        "parsers": sorted(importer.plugins.parsers),
        "policies": sorted(importer.plugins.dedupe_policies),
    }
    return render(request, "home.html", context)


ROUTES = (Route("GET", "/", show_home, Permission.VIEW, "home"),)
