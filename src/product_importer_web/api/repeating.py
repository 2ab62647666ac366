"""The API at ``/api/v1/imports/{id}``: downloads the file of an import, runs it again, and compares it."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from product_importer.wire import upload_object
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.comparison_bodies import ComparedShown, ComparisonQuery
from product_importer_web.api.given_options import given_options
from product_importer_web.api.import_bodies import ImportShown, UploadAgainShown
from product_importer_web.api.imports import PATH, shown_import
from product_importer_web.api.outgoing import attachment, begun, send_pieces
from product_importer_web.api.tus import PATH as UPLOADS
from product_importer_web.declarations import Answer
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.routing import ID, Permission, Route

if TYPE_CHECKING:
    from product_importer.model.import_lists import Comparison

_BYTES: Final = "application/octet-stream"


async def send_file(request: web.Request) -> web.StreamResponse:
    """Returns the import's file, as it was handed over."""
    importer = request.app[IMPORTER]
    state = await importer.imports.state(_id(request))
    pieces = importer.imports.file(state.id)
    response = web.StreamResponse(headers={"Content-Type": _BYTES, **attachment(state.filename)})
    async with aclosing(pieces):
        await send_pieces(request, response, await begun(pieces))
    return response


async def run_again(request: web.Request) -> web.Response:
    """Imports the same file again, read and merged as the first time; returns the new import."""
    importer = request.app[IMPORTER]
    import_id, _ = await importer.imports.again(_id(request), hand_over=True, actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    shown = shown_import(await importer.imports.state(import_id))
    headers = {"Location": f"{PATH}/{import_id}"}
    return web.json_response(shown, status=HTTPStatus.ACCEPTED, headers=headers)


async def upload_again(request: web.Request) -> web.Response:
    """Makes the import's file an upload again, from which it can be previewed and imported with other
    options. Returns the upload, and the options of this import.
    """
    importer = request.app[IMPORTER]
    state = await importer.imports.state(_id(request))
    upload = await importer.imports.upload_again(state.id, actor=actor(request))
    answer = {**upload_object(upload), "options": given_options(state.options)}
    headers = {"Location": f"{UPLOADS}/{upload.id}"}
    return web.json_response(answer, status=HTTPStatus.CREATED, headers=headers)


async def compare(request: web.Request) -> web.Response:
    """Compares the import with an earlier one of the same profile, URL or file name, or with the one that is
    named.
    """
    before = reading.query(request, ComparisonQuery).before or None
    found = await request.app[IMPORTER].imports.compare(_id(request), before)
    return web.json_response({"comparison": _comparison(found) if found else None})


def _comparison(found: Comparison) -> dict[str, Any]:
    values = asdict(found)
    for name in ("figures", "warnings"):
        values[name] = [asdict(each) | {"change": each.change} for each in getattr(found, name)]
    return {"import": values.pop("import_id"), **values, "unusual": found.unusual}


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_ONE: Final = f"{PATH}/{ID}"

ROUTES = (
    Route(
        "GET", f"{_ONE}/file", send_file, Permission.VIEW, "api-imports-file",
        answers=(Answer(HTTPStatus.OK, media_type=_BYTES, headers=("Content-Disposition",)),),
        problems=(HTTPStatus.GONE,),
    ),
    Route(
        "POST", f"{_ONE}/again", run_again, Permission.EDIT, "api-imports-again",
        answers=(Answer(HTTPStatus.ACCEPTED, ImportShown, headers=("Location",)),),
        problems=(HTTPStatus.CONFLICT, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    Route(
        "POST", f"{_ONE}/upload", upload_again, Permission.EDIT, "api-imports-upload",
        answers=(Answer(HTTPStatus.CREATED, UploadAgainShown, headers=("Location",)),),
        problems=(HTTPStatus.CONFLICT, HTTPStatus.GONE),
    ),
    Route(
        "GET", f"{_ONE}/comparison", compare, Permission.VIEW, "api-imports-comparison",
        query=(ComparisonQuery,), answers=(Answer(HTTPStatus.OK, ComparedShown),),
        problems=(HTTPStatus.CONFLICT,),
    ),
)  # fmt: skip
