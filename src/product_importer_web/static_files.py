"""Serves the assets under ``/static``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer_web.declarations import ANY_TYPE, Answer
from product_importer_web.keys import ASSETS
from product_importer_web.routing import Permission, Route

_FOR_EVER: Final = "public, max-age=31536000, immutable"


async def serve(request: web.Request) -> web.Response:
    """Returns a static file.

    For another version (a page from before an upgrade), the present file is returned, and not cached.
    """
    assets = request.app[ASSETS]
    asset = assets.files.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    packed = asset.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    kept = request.match_info["version"] == assets.version
    response = web.Response(
        body=asset.packed if packed else asset.content,
        content_type=asset.content_type,
        charset="utf-8" if asset.content_type.startswith("text/") else None,
        headers={"Cache-Control": _FOR_EVER if kept else "no-cache", "Vary": "Accept-Encoding"},
    )
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


ROUTES = (
    Route(
        "GET", r"/static/{version:[0-9a-f]+}/{name:.+}", serve, Permission.PUBLIC, "static", quiet=True,
        answers=(Answer(HTTPStatus.OK, media_type=ANY_TYPE),),
    ),
)  # fmt: skip
