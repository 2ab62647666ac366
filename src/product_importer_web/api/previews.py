"""How a file would be read: of its first part, or of an upload that may still be going on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer.wire import preview_object
from product_importer_web.api.charsets import with_declared
from product_importer_web.api.options import options_of_texts
from product_importer_web.api.tus_headers import content_type_of
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import MAX_BODY, Permission, Route
from product_importer_web.wording import object_for_api

PATH: Final = "/api/v1/previews"

_BOOLEANS: Final[Mapping[str, bool]] = {"": False, "true": True, "false": False}


async def preview_part(request: web.Request) -> web.Response:
    """Of the body, ``?complete=true`` if that is the whole file. The other parameters are options."""
    complete = request.query.get("complete", "")
    if complete not in _BOOLEANS:
        raise UsageError(f"The parameter 'complete' is {quoted(complete)}; it has to be true or false.")
    declared = request.headers.get("Content-Type")
    return await _answer(request, await request.read(), declared, complete=_BOOLEANS[complete])


async def preview_upload(request: web.Request) -> web.Response:
    """Of what has arrived. The parameters are options."""
    uploads, upload_id = request.app[IMPORTER].uploads, request.match_info["upload"]
    head, complete = await uploads.head(upload_id, MAX_BODY)
    declared = content_type_of(await uploads.get(upload_id))
    return await _answer(request, head, declared, complete=complete)


async def _answer(request: web.Request, head: bytes, declared: str | None, *, complete: bool) -> web.Response:
    importer = request.app[IMPORTER]
    given = [(name, text) for name, text in request.query.items() if name != "complete"]
    options = options_of_texts(importer, with_declared(given, declared))
    preview = await importer.imports.preview(head, options, complete=complete)
    return web.json_response(object_for_api(preview_object(preview)))


ROUTES = (
    Route("POST", PATH, preview_part, Permission.EDIT, "api-preview"),
    Route(
        "GET", r"/api/v1/uploads/{upload:[0-9a-f]{32}}/preview", preview_upload, Permission.EDIT,
        "api-upload-preview",
    ),
)  # fmt: skip
