"""Previews and inspects a file: by its first part or whole content, or by an upload still in progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, NamedTuple, TypeVar

from aiohttp import web

from product_importer import ImportOptions
from product_importer.model import Inspection, Preview
from product_importer.wire import inspection_object, preview_object
from product_importer_web.api import reading
from product_importer_web.api.charsets import with_declared
from product_importer_web.api.import_bodies import InspectionShown, PreviewShown
from product_importer_web.api.option_bodies import FileQuery, OptionsQuery, PartQuery
from product_importer_web.api.options import options_of_texts
from product_importer_web.api.tus_headers import content_type_of
from product_importer_web.declarations import ANY_TYPE, Answer, Content
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import MAX_BODY, Permission, Route
from product_importer_web.wording import object_for_api

PREVIEWS: Final = "/api/v1/previews"
INSPECTIONS: Final = "/api/v1/inspections"
_UPLOAD: Final = r"/api/v1/uploads/{upload:[0-9a-f]{32}}"
_NO_OPTIONS: Final = (*PartQuery.__struct_fields__, *FileQuery.__struct_fields__)


Found = TypeVar("Found", Preview, Inspection)


class _Seen(NamedTuple):
    """The first part of a file, ``complete`` if it is all, and the options to read it with."""

    head: bytes
    options: ImportOptions
    filename: str
    complete: bool
    upload: str | None = None


async def preview_part(request: web.Request) -> web.Response:
    """Returns how a file would be read whose first part, or whole content, is the body."""
    return await _preview(request, await _part(request))


async def preview_upload(request: web.Request) -> web.Response:
    """Returns how an upload would be read, as far as it has arrived."""
    return await _preview(request, await _upload(request))


async def inspect_part(request: web.Request) -> web.Response:
    """Returns what can be learned from a file whose first part, or whole content, is the body."""
    return await _inspect(request, await _part(request))


async def inspect_upload(request: web.Request) -> web.Response:
    """Returns what can be learned from an upload, as far as it has arrived."""
    return await _inspect(request, await _upload(request))


async def _part(request: web.Request) -> _Seen:
    complete = reading.query(request, PartQuery).complete
    filename = reading.query(request, FileQuery).filename
    options = await _options(request, request.headers.get("Content-Type"))
    return _Seen(await request.read(), options, filename, complete)


async def _upload(request: web.Request) -> _Seen:
    uploads, upload_id = request.app[IMPORTER].uploads, request.match_info["upload"]
    head, complete = await uploads.head(upload_id, MAX_BODY)
    upload = await uploads.get(upload_id)
    whole = upload_id if upload.complete else None
    options = await _options(request, content_type_of(upload))
    return _Seen(head, options, upload.filename, complete, whole)


async def _options(request: web.Request, declared: str | None) -> ImportOptions:
    given = [(name, text) for name, text in request.query.items() if name not in _NO_OPTIONS]
    return await options_of_texts(request.app[IMPORTER], with_declared(given, declared))


async def _preview(request: web.Request, seen: _Seen) -> web.Response:
    preview = await _found(request, request.app[IMPORTER].imports.preview, seen)
    return web.json_response(object_for_api(preview_object(preview)))


async def _inspect(request: web.Request, seen: _Seen) -> web.Response:
    found = await _found(request, request.app[IMPORTER].imports.inspect, seen)
    return web.json_response(object_for_api(inspection_object(found)))


async def _found(request: web.Request, look: Callable[..., Awaitable[Found]], seen: _Seen) -> Found:
    """Looks into the first part of the file, or into all of it where its format needs that."""
    found = await look(seen.head, seen.options, complete=seen.complete, filename=seen.filename)
    if seen.upload is None or found.problem is None or found.problem.code != "whole_file_needed":
        return found
    async with request.app[IMPORTER].uploads.local(seen.upload) as path:
        return await look(path, seen.options, filename=seen.filename)


_PREVIEW: Final = (Answer(HTTPStatus.OK, PreviewShown),)
_INSPECTION: Final = (Answer(HTTPStatus.OK, InspectionShown),)
_BODY: Final = (Content(ANY_TYPE, required=False),)
_OF_PART: Final = (PartQuery, FileQuery, OptionsQuery)
_GONE: Final = (HTTPStatus.LOCKED, HTTPStatus.GONE)

ROUTES = (
    Route(
        "POST", PREVIEWS, preview_part, Permission.EDIT, "api-preview",
        query=_OF_PART, body=_BODY, answers=_PREVIEW,
    ),
    Route(
        "GET", f"{_UPLOAD}/preview", preview_upload, Permission.EDIT, "api-upload-preview",
        query=(OptionsQuery,), answers=_PREVIEW, problems=_GONE,
    ),
    Route(
        "POST", INSPECTIONS, inspect_part, Permission.EDIT, "api-inspection",
        query=_OF_PART, body=_BODY, answers=_INSPECTION,
    ),
    Route(
        "GET", f"{_UPLOAD}/inspection", inspect_upload, Permission.EDIT, "api-upload-inspection",
        query=(OptionsQuery,), answers=_INSPECTION, problems=_GONE,
    ),
)  # fmt: skip
