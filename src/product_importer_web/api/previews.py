"""Previews and inspects a file: by its first part or whole content, or by an upload still in progress."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer import ImportOptions
from product_importer.wire import inspection_object, preview_object
from product_importer_web.api import looking
from product_importer_web.api.import_bodies import InspectionShown, PreviewShown
from product_importer_web.api.option_bodies import OPTIONS_FORM, PARTS, FileQuery, OptionsQuery, PartQuery
from product_importer_web.declarations import Answer
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import Permission, Route
from product_importer_web.wording import object_for_api

PREVIEWS: Final = "/api/v1/previews"
INSPECTIONS: Final = "/api/v1/inspections"
_UPLOAD: Final = r"/api/v1/uploads/{upload:[0-9a-f]{32}}"


async def preview_part(request: web.Request) -> web.Response:
    """Returns how a file would be read whose first part, or whole content, is the body."""
    return await _preview(request, *await looking.part(request))


async def preview_upload(request: web.Request) -> web.Response:
    """Returns how an upload would be read, as far as it has arrived."""
    return await _preview(request, *await looking.upload(request))


async def inspect_part(request: web.Request) -> web.Response:
    """Returns what can be learned from a file whose first part, or whole content, is the body."""
    return await _inspect(request, *await looking.part(request))


async def inspect_upload(request: web.Request) -> web.Response:
    """Returns what can be learned from an upload, as far as it has arrived."""
    return await _inspect(request, *await looking.upload(request))


async def _preview(request: web.Request, seen: looking.Seen, options: ImportOptions) -> web.Response:
    importer = request.app[IMPORTER]
    preview = await looking.found(importer, importer.imports.preview, seen, options)
    return web.json_response(object_for_api(preview_object(preview)))


async def _inspect(request: web.Request, seen: looking.Seen, options: ImportOptions) -> web.Response:
    importer = request.app[IMPORTER]
    inspection = await looking.found(importer, importer.imports.inspect, seen, options)
    return web.json_response(object_for_api(inspection_object(inspection)))


_PREVIEW: Final = (Answer(HTTPStatus.OK, PreviewShown),)
_INSPECTION: Final = (Answer(HTTPStatus.OK, InspectionShown),)
_OF_PART: Final = (PartQuery, FileQuery, OptionsQuery)
_GONE: Final = (HTTPStatus.LOCKED, HTTPStatus.GONE)

ROUTES = (
    Route(
        "POST", PREVIEWS, preview_part, Permission.EDIT, "api-preview",
        query=_OF_PART, body=PARTS, answers=_PREVIEW, streams_body=True,
    ),
    Route(
        "GET", f"{_UPLOAD}/preview", preview_upload, Permission.EDIT, "api-upload-preview",
        query=(OptionsQuery,), answers=_PREVIEW, problems=_GONE,
    ),
    Route(
        "POST", f"{_UPLOAD}/preview", preview_upload, Permission.EDIT, "api-upload-preview-form",
        query=(OptionsQuery,), body=OPTIONS_FORM, answers=_PREVIEW, problems=_GONE,
    ),
    Route(
        "POST", INSPECTIONS, inspect_part, Permission.EDIT, "api-inspection",
        query=_OF_PART, body=PARTS, answers=_INSPECTION, streams_body=True,
    ),
    Route(
        "GET", f"{_UPLOAD}/inspection", inspect_upload, Permission.EDIT, "api-upload-inspection",
        query=(OptionsQuery,), answers=_INSPECTION, problems=_GONE,
    ),
    Route(
        "POST", f"{_UPLOAD}/inspection", inspect_upload, Permission.EDIT, "api-upload-inspection-form",
        query=(OptionsQuery,), body=OPTIONS_FORM, answers=_INSPECTION, problems=_GONE,
    ),
)  # fmt: skip
