"""The API at ``/api/v1/imports``: lists, shows, cancels and retries imports."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from product_importer.delimited.warnings_file import warnings_csv
from product_importer.model import ImportState, RejectedRow, Status
from product_importer.wire import import_object, reject_object, warning_object
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.import_bodies import (
    ImportShown,
    ImportsQuery,
    ImportsShown,
    RejectsShown,
    WarningsQuery,
    WarningsShown,
)
from product_importer_web.api.option_bodies import Answers
from product_importer_web.api.options import answers_of_json
from product_importer_web.api.outgoing import CSV, FORMAT, attachment, begun, media_type_of, send_pieces
from product_importer_web.declarations import Answer, json_of
from product_importer_web.keys import HUB, IMPORTER, QUEUES
from product_importer_web.progress import Snapshot
from product_importer_web.routing import ID, Permission, Route
from product_importer_web.wording import object_for_api

PATH: Final = "/api/v1/imports"

_PAGE_ROWS: Final = 500

_LINKS: Final = (
    *(
        "events",
        "rejects",
        "rejects.csv",
        "faults",
        "rejected",
        "warnings",
        "warnings.csv",
        "changes",
        "changes.csv",
    ),
    *("file", "comparison", "cancel", "retry", "apply", "undo", "again", "upload", "resubmit"),
)


async def list_imports(request: web.Request) -> web.Response:
    """Returns the latest imports, newest first; ``next`` is the address of the next page."""
    given = reading.query(request, ImportsQuery)
    limit, before, only = given.limit, given.before or None, given.only()
    states = await request.app[IMPORTER].imports.recent(limit + 1, before=before, only=only)
    shown, following = states[:limit], None
    if len(states) > limit:
        wanted = {name: value for name, value in asdict(only).items() if value}
        following = f"{PATH}?{urlencode({'limit': limit, 'before': shown[-1].id, **wanted})}"
    return web.json_response({"imports": [shown_import(state) for state in shown], "next": following})


async def get_import(request: web.Request) -> web.Response:
    """Returns one import."""
    return web.json_response(shown_import(await request.app[IMPORTER].imports.state(_id(request))))


async def cancel(request: web.Request) -> web.Response:
    """Cancels an import: 202 until its current chunk ends; an import that has ended stays as it is."""
    importer = request.app[IMPORTER]
    await importer.imports.cancel(_id(request), actor=actor(request))
    state = await importer.imports.state(_id(request))
    return web.json_response(
        shown_import(state), status=HTTPStatus.OK if state.ended else HTTPStatus.ACCEPTED
    )


async def answer(request: web.Request) -> web.Response:
    """Answers the questions of a waiting import by options; the import is then queued again."""
    importer = request.app[IMPORTER]
    parser = (await importer.imports.state(_id(request))).options.parser
    given = answers_of_json(importer, await reading.json_object(request, Answers), parser)
    await importer.imports.answer(_id(request), given, hand_over=True, actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    return web.json_response(shown_import(await importer.imports.state(_id(request))))


async def retry(request: web.Request) -> web.Response:
    """Resumes an import after the rows that are saved."""
    importer = request.app[IMPORTER]
    await importer.imports.hand_over(_id(request), actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    return web.json_response(
        shown_import(await importer.imports.state(_id(request))), status=HTTPStatus.ACCEPTED
    )


async def events(request: web.Request) -> web.WebSocketResponse:
    """Sends the import's progress over a websocket."""
    importer, import_id = request.app[IMPORTER], _id(request)

    async def read() -> Snapshot:
        state = await importer.imports.state(import_id)
        return Snapshot(shown_import(state), running=state.status is Status.RUNNING, ended=state.ended)

    return await request.app[HUB].follow(request, f"import {import_id}", read)


async def rejects_as_json(request: web.Request) -> web.StreamResponse:
    """Returns all rejected rows."""
    importer = request.app[IMPORTER]
    state = await importer.imports.state(_id(request))
    pages = _json_pages(state, importer.imports.rejects(state.id))
    return await stream(request, "application/json", pages, {})


async def rejects_as_file(request: web.Request) -> web.StreamResponse:
    """Returns all rejected rows, as a file that can be corrected and imported: CSV, or a plugin's format."""
    importer, name = request.app[IMPORTER], request.match_info.get("format", CSV)
    state = await importer.imports.state(_id(request))
    media_type = media_type_of(importer, name)
    pieces = importer.imports.rejects_file(state.id, name)
    response = web.StreamResponse(
        headers={"Content-Type": media_type, **named_after(state, f"rejected.{name}")}
    )
    async with aclosing(pieces):
        await send_pieces(request, response, await begun(pieces))
    return response


async def warnings_as_json(request: web.Request) -> web.Response:
    """Returns a page of the kept warnings; ``next`` is the address of the next page."""
    importer = request.app[IMPORTER]
    given = reading.query(request, WarningsQuery)
    limit, after, code = given.limit, given.after, given.code
    state = await importer.imports.state(_id(request))
    found = []
    async for numbered in importer.imports.warnings(state.id, code=code, after=after):
        found.append(numbered)
        if len(found) > limit:
            break
    shown = found[:limit]
    following = None
    if len(found) > limit:
        parameters = {"limit": limit, "after": shown[-1][0], **({"code": code} if code else {})}
        following = f"{PATH}/{state.id}/warnings?{urlencode(parameters)}"
    return web.json_response(
        {
            "place": state.place,
            "counts": dict(state.warnings),
            "warnings": [object_for_api(warning_object(number, warning)) for number, warning in shown],
            "next": following,
        }
    )


async def warnings_as_csv(request: web.Request) -> web.StreamResponse:
    """Returns all kept warnings, as a file."""
    importer = request.app[IMPORTER]
    state = await importer.imports.state(_id(request))
    pages = warnings_csv(importer.imports.warnings(state.id), state.place)
    return await stream(request, "text/csv", pages, named_after(state, "warnings.csv"))


def shown_import(state: ImportState) -> dict[str, Any]:
    """Returns the import as the API shows it, with its links."""
    path = f"{PATH}/{state.id}"
    links = {"self": path, **{name: f"{path}/{name}" for name in _LINKS}}
    return object_for_api(import_object(state, links))


async def _json_pages(state: ImportState, rejects: AsyncIterator[RejectedRow]) -> AsyncIterator[str]:
    """Yields ``{"place": …, "rejects": […]}`` in pieces of some hundred rows."""
    page = [f'{{"place": "{state.place}", "rejects": [']
    separator = ""
    async for row in rejects:
        page.append(separator + json.dumps(object_for_api(reject_object(row)), ensure_ascii=False))
        separator = ", "
        if len(page) > _PAGE_ROWS:
            yield "".join(page)
            page = []
    yield "".join([*page, "]}"])


async def stream(
    request: web.Request, content_type: str, pages: AsyncIterator[str], headers: Mapping[str, str]
) -> web.StreamResponse:
    """Sends the pages of a text one after the other."""
    response = web.StreamResponse(headers=headers)
    response.content_type, response.charset = content_type, "utf-8"
    await send_pieces(request, response, (page.encode() async for page in pages))
    return response


def named_after(state: ImportState, ending: str) -> dict[str, str]:
    """The header that names a file after the imported one."""
    return attachment(f"{re.sub(r'[.][^.]*$', '', state.filename)} {ending}")


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_ONE: Final = f"{PATH}/{ID}"
_SHOWN: Final = Answer(HTTPStatus.OK, ImportShown)
_WAITS: Final = Answer(HTTPStatus.ACCEPTED, ImportShown)
_REJECTS: Final = (Answer(HTTPStatus.OK, RejectsShown),)
_WARNINGS: Final = (Answer(HTTPStatus.OK, WarningsShown),)
_CSV: Final = (Answer(HTTPStatus.OK, media_type="text/csv", headers=("Content-Disposition",)),)
_CONFLICT: Final = (HTTPStatus.CONFLICT,)

ROUTES = (
    Route(
        "GET", PATH, list_imports, Permission.VIEW, "api-imports",
        query=(ImportsQuery,), answers=(Answer(HTTPStatus.OK, ImportsShown),),
    ),
    Route("GET", _ONE, get_import, Permission.VIEW, "api-imports-one", answers=(_SHOWN,)),
    Route(
        "PATCH", _ONE, answer, Permission.EDIT, "api-imports-answer",
        body=json_of(Answers), answers=(_SHOWN,), problems=_CONFLICT,
    ),
    Route(
        "GET", f"{_ONE}/events", events, Permission.VIEW, "api-imports-events",
        answers=(Answer(HTTPStatus.SWITCHING_PROTOCOLS, media_type=None),),
    ),
    Route(
        "GET", f"{_ONE}/rejects", rejects_as_json, Permission.VIEW, "api-imports-rejects",
        answers=_REJECTS,
    ),
    Route(
        "GET", f"{_ONE}/rejects.json", rejects_as_json, Permission.VIEW, "api-imports-rejects-json",
        answers=_REJECTS,
    ),
    Route(
        "GET", f"{_ONE}/rejects.csv", rejects_as_file, Permission.VIEW, "api-imports-rejects-csv",
        answers=_CSV,
    ),
    Route(
        "GET", f"{_ONE}/rejects.{FORMAT}", rejects_as_file, Permission.VIEW, "api-imports-rejects-file",
        answers=(
            Answer(
                HTTPStatus.OK, media_type="application/octet-stream", headers=("Content-Disposition",)
            ),
        ),
    ),
    Route(
        "GET", f"{_ONE}/warnings", warnings_as_json, Permission.VIEW, "api-imports-warnings",
        query=(WarningsQuery,), answers=_WARNINGS,
    ),
    Route(
        "GET", f"{_ONE}/warnings.json", warnings_as_json, Permission.VIEW, "api-imports-warnings-json",
        query=(WarningsQuery,), answers=_WARNINGS,
    ),
    Route(
        "GET", f"{_ONE}/warnings.csv", warnings_as_csv, Permission.VIEW, "api-imports-warnings-csv",
        answers=_CSV,
    ),
    Route(
        "POST", f"{_ONE}/cancel", cancel, Permission.EDIT, "api-imports-cancel",
        answers=(_SHOWN, _WAITS), problems=_CONFLICT,
    ),
    Route(
        "POST", f"{_ONE}/retry", retry, Permission.EDIT, "api-imports-retry",
        answers=(_WAITS,), problems=(*_CONFLICT, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
)  # fmt: skip
