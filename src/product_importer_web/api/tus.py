"""The API at ``/api/v1/uploads``: resumable uploads by the protocol tus 1.0.0."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer.errors import ChecksumMismatch, ProductImporterError
from product_importer.model import Checksum, Upload
from product_importer.support.waiting import to_the_end
from product_importer.wire import upload_object
from product_importer_web import problems
from product_importer_web.actors import actor
from product_importer_web.api import tus_headers
from product_importer_web.api.charsets import with_declared
from product_importer_web.api.import_bodies import UploadShown
from product_importer_web.api.incoming import Incoming
from product_importer_web.declarations import Answer, Content, Header
from product_importer_web.keys import IMPORTER, REQUEST_ID, SETTINGS
from product_importer_web.problems import Problem
from product_importer_web.routing import Handler, Permission, Route

PATH: Final = "/api/v1/uploads"
UPLOAD: Final = PATH + r"/{upload:[0-9a-f]{32}}"

_CHECKSUM_MISMATCH: Final = 460
"""A status that tus defines."""

_VERSION: Final = {"Tus-Resumable": tus_headers.VERSION}


def speaks_tus(handler: Handler) -> Handler:
    """Wraps a handler, so that every response, also about a failure, has tus's version header."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        method = request.headers.get("X-HTTP-Method-Override", request.method)
        try:
            if method not in ("GET", "OPTIONS"):
                tus_headers.check_version(request)
            response = await handler(request)
        except ChecksumMismatch as error:
            response = _mismatch(request, error)
        except ProductImporterError as error:
            problem = problems.of_error(error)
            problem.headers |= _VERSION
            raise problem from error
        except Problem as problem:
            problem.headers |= _VERSION
            raise
        response.headers.update(_VERSION)
        return response

    return answer


@speaks_tus
async def describe(request: web.Request) -> web.Response:
    """Returns the supported version and extensions of the protocol tus."""
    return web.Response(
        status=HTTPStatus.NO_CONTENT,
        headers={
            "Tus-Version": tus_headers.VERSION,
            "Tus-Extension": tus_headers.EXTENSIONS,
            "Tus-Max-Size": str(request.app[SETTINGS].max_upload),
            "Tus-Checksum-Algorithm": ",".join(tus_headers.ALGORITHMS),
        },
    )


@speaks_tus
async def create(request: web.Request) -> web.Response:
    """Begins an upload, perhaps with its first bytes."""
    length = tus_headers.number(request, "Upload-Length")
    if length > request.app[SETTINGS].max_upload:
        raise problems.too_large(request.app[SETTINGS].max_upload)
    note, known = tus_headers.metadata(request)
    with_declared((), tus_headers.content_type(known))  # a wrong charset is refused before the file is sent
    brings_bytes = request.can_read_body
    if brings_bytes:
        _check_bytes(request)
    uploads = request.app[IMPORTER].uploads
    upload = await uploads.begin(
        known.get("filename") or known.get("name") or "upload.csv", length, note, actor=actor(request)
    )
    if brings_bytes:
        upload = await _first_bytes(request, upload.id)
    headers = tus_headers.of_upload(upload) | {"Location": f"{PATH}/{upload.id}"}
    return web.json_response(upload_object(upload), status=HTTPStatus.CREATED, headers=headers)


@speaks_tus
async def show(request: web.Request) -> web.Response:
    """Returns how many bytes of an upload have arrived."""
    upload = await request.app[IMPORTER].uploads.get(request.match_info["upload"])
    headers = tus_headers.of_upload(upload) | {"Cache-Control": "no-store"}
    if upload.length is not None:
        headers["Upload-Length"] = str(upload.length)
    if upload.note:
        headers["Upload-Metadata"] = upload.note
    return web.json_response(upload_object(upload), headers=headers)


@speaks_tus
async def append(request: web.Request) -> web.Response:
    """Adds the next bytes to an upload."""
    upload = await _append(
        request, request.match_info["upload"], tus_headers.number(request, "Upload-Offset")
    )
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=tus_headers.of_upload(upload))


@speaks_tus
async def remove(request: web.Request) -> web.Response:
    """Gives an upload up."""
    await request.app[IMPORTER].uploads.remove(request.match_info["upload"], actor=actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def override(request: web.Request) -> web.StreamResponse:
    """Accepts PATCH and DELETE as POST, for networks that let only POST through."""
    method = request.headers.get("X-HTTP-Method-Override", "")
    if method not in ("PATCH", "DELETE"):
        raise web.HTTPMethodNotAllowed("POST", ("DELETE", "GET", "HEAD", "PATCH"))
    return await (append if method == "PATCH" else remove)(request)


async def _first_bytes(request: web.Request, upload_id: str) -> Upload:
    """Stores the first bytes. If that fails, the upload is removed, since its sender doesn't
    get its address.
    """
    try:
        return await _append(request, upload_id, 0)
    except BaseException:
        with suppress(ProductImporterError):  # if this fails, the upload expires
            await to_the_end(request.app[IMPORTER].uploads.remove(upload_id))
        raise


async def _append(request: web.Request, upload_id: str, offset: int) -> Upload:
    checksum = _check_bytes(request)
    blocks = Incoming(request).blocks()
    return await request.app[IMPORTER].uploads.append(
        upload_id, offset, blocks, checksum, actor=actor(request)
    )


def _check_bytes(request: web.Request) -> Checksum | None:
    """Returns the declared checksum. Raises :class:`Problem`, 415 or 400, if the body can't be accepted."""
    if request.content_type != tus_headers.CONTENT_TYPE:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"Send bytes of an upload with Content-Type: {tus_headers.CONTENT_TYPE}.",
        )
    return tus_headers.checksum(request)


def _mismatch(request: web.Request, error: ChecksumMismatch) -> web.Response:
    problem = Problem(HTTPStatus.BAD_REQUEST, error.code, str(error))
    document = problem.document(request.path, request[REQUEST_ID])
    document |= {"status": _CHECKSUM_MISMATCH, "title": "Checksum Mismatch"}
    return web.Response(
        status=_CHECKSUM_MISMATCH,
        reason="Checksum Mismatch",
        content_type=problems.CONTENT_TYPE,
        text=json.dumps(document),
    )


_TUS: Final = Header("Tus-Resumable", "The protocol's version.", required=True, pattern="1[.]0[.]0")
_LENGTH: Final = Header("Upload-Length", "The file's bytes.", required=True, pattern="[0-9]{1,18}")
_METADATA: Final = Header("Upload-Metadata", "Names and values in base64, such as filename and filetype.")
_CHECKSUM: Final = Header("Upload-Checksum", "An algorithm, and the digest of this body in base64.")
_OFFSET: Final = Header("Upload-Offset", "Where the body goes on.", required=True, pattern="[0-9]{1,18}")
_BYTES: Final = (Content(tus_headers.CONTENT_TYPE),)
_DONE: Final = Answer(HTTPStatus.NO_CONTENT, media_type=None, headers=("Tus-Resumable",))
_STANDS: Final = ("Tus-Resumable", "Upload-Offset", "Upload-Expires")
_OF_BYTES: Final = (
    HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.LOCKED, HTTPStatus.GONE,
    HTTPStatus.INSUFFICIENT_STORAGE, _CHECKSUM_MISMATCH,
)  # fmt: skip

ROUTES = (
    Route(
        "OPTIONS", PATH, describe, Permission.PUBLIC, "api-uploads",
        answers=(
            Answer(
                HTTPStatus.NO_CONTENT, media_type=None,
                headers=("Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
            ),
        ),
    ),
    Route(
        "POST", PATH, create, Permission.EDIT, "api-upload-create", streams_body=True,
        body=(Content(tus_headers.CONTENT_TYPE, required=False),),
        headers=(_TUS, _LENGTH, _METADATA, _CHECKSUM),
        answers=(Answer(HTTPStatus.CREATED, UploadShown, headers=("Location", *_STANDS)),),
        problems=(*_OF_BYTES, HTTPStatus.TOO_MANY_REQUESTS),
    ),
    Route(
        "GET", UPLOAD, show, Permission.EDIT, "api-upload", problems=(HTTPStatus.PRECONDITION_FAILED,),
        answers=(Answer(HTTPStatus.OK, UploadShown, headers=("Upload-Length", "Upload-Metadata", *_STANDS)),),
    ),
    Route(
        "PATCH", UPLOAD, append, Permission.EDIT, "api-upload-append", streams_body=True,
        body=_BYTES,
        headers=(_TUS, _OFFSET, _CHECKSUM),
        answers=(Answer(HTTPStatus.NO_CONTENT, media_type=None, headers=_STANDS),), problems=_OF_BYTES,
    ),
    Route(
        "POST", UPLOAD, override, Permission.EDIT, "api-upload-override", streams_body=True,
        body=_BYTES,
        headers=(
            _TUS, replace(_OFFSET, required=False), _CHECKSUM,
            Header(
                "X-HTTP-Method-Override", "The method that is meant.", required=True,
                pattern="PATCH|DELETE",
            ),
        ),
        answers=(_DONE,), problems=(*_OF_BYTES, HTTPStatus.METHOD_NOT_ALLOWED),
    ),
    Route(
        "DELETE", UPLOAD, remove, Permission.EDIT, "api-upload-remove",
        headers=(_TUS,), answers=(_DONE,),
        problems=(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.LOCKED),
    ),
)  # fmt: skip
