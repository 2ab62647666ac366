"""Previews a file: by its first part, or by an upload that may still be in progress."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer.wire import preview_object
from product_importer_web.api import reading
from product_importer_web.api.charsets import with_declared
from product_importer_web.api.import_bodies import PreviewShown
from product_importer_web.api.option_bodies import OptionsQuery, PartQuery
from product_importer_web.api.options import options_of_texts
from product_importer_web.api.tus_headers import content_type_of
from product_importer_web.declarations import ANY_TYPE, Answer, Content
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import MAX_BODY, Permission, Route
from product_importer_web.wording import object_for_api

PATH: Final = "/api/v1/previews"
_NO_OPTIONS: Final = PartQuery.__struct_fields__


async def preview_part(request: web.Request) -> web.Response:
    """Returns how a file would be read whose first part, or whole content, is the body."""
    complete = reading.query(request, PartQuery).complete
    declared = request.headers.get("Content-Type")
    return await _answer(request, await request.read(), declared, complete=complete)


async def preview_upload(request: web.Request) -> web.Response:
    """Returns how an upload would be read, as far as it has arrived."""
    uploads, upload_id = request.app[IMPORTER].uploads, request.match_info["upload"]
    head, complete = await uploads.head(upload_id, MAX_BODY)
    declared = content_type_of(await uploads.get(upload_id))
    return await _answer(request, head, declared, complete=complete)


async def _answer(request: web.Request, head: bytes, declared: str | None, *, complete: bool) -> web.Response:
    importer = request.app[IMPORTER]
    given = [(name, text) for name, text in request.query.items() if name not in _NO_OPTIONS]
    options = options_of_texts(importer, with_declared(given, declared))
    preview = await importer.imports.preview(head, options, complete=complete)
    return web.json_response(object_for_api(preview_object(preview)))


_SHOWN: Final = (Answer(HTTPStatus.OK, PreviewShown),)

ROUTES = (
    Route(
        "POST", PATH, preview_part, Permission.EDIT, "api-preview",
        query=(PartQuery, OptionsQuery), body=(Content(ANY_TYPE, required=False),), answers=_SHOWN,
    ),
    Route(
        "GET", r"/api/v1/uploads/{upload:[0-9a-f]{32}}/preview", preview_upload, Permission.EDIT,
        "api-upload-preview",
        query=(OptionsQuery,), answers=_SHOWN, problems=(HTTPStatus.LOCKED, HTTPStatus.GONE),
    ),
)  # fmt: skip
