"""The API that plans undos: of an import, a deletion, a single change, and of all changes after a moment."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.deletions import PATH as DELETIONS
from product_importer_web.api.import_bodies import ImportShown
from product_importer_web.api.imports import PATH, shown_import
from product_importer_web.declarations import Answer, Body, Moment, json_of
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.routing import ID, Permission, Route


class UndoBody(Body, frozen=True):
    """Which part of the import is undone: ``products`` by their ids, ``skus`` and ``fields``; all if they are
    missing.
    """

    products: list[int] | None = None
    skus: list[str] | None = None
    fields: list[str] | None = None


class RestoreBody(Body, frozen=True):
    """``to``: the moment whose products come back."""

    to: Moment


async def undo(request: web.Request) -> web.Response:
    """Has an undo of the import planned by the workers: a new import."""
    given = await reading.body(request, UndoBody)
    number = await request.app[IMPORTER].imports.undo(
        _id(request),
        products=given.products,
        skus=given.skus,
        fields=given.fields,
        hand_over=True,
        actor=actor(request),
    )
    return await _accepted(request, number)


async def undo_deletion(request: web.Request) -> web.Response:
    """Has an undo of a deletion of all products planned by the workers: a new import."""
    imports = request.app[IMPORTER].imports
    number = await imports.undo_deletion(_id(request), hand_over=True, actor=actor(request))
    return await _accepted(request, number)


async def undo_change(request: web.Request) -> web.Response:
    """Has an undo of one change, by its number in the log, planned by the workers: a new import."""
    imports = request.app[IMPORTER].imports
    number = await imports.undo_change(_id(request), hand_over=True, actor=actor(request))
    return await _accepted(request, number)


async def restore(request: web.Request) -> web.Response:
    """Has the way back to a moment planned by the workers: a new import."""
    given = await reading.body(request, RestoreBody)
    imports = request.app[IMPORTER].imports
    return await _accepted(request, await imports.restore(given.to, hand_over=True, actor=actor(request)))


async def _accepted(request: web.Request, number: int) -> web.Response:
    importer = request.app[IMPORTER]
    request.app[QUEUES].wake_soon(importer, "import")
    shown = shown_import(await importer.imports.state(number))
    return web.json_response(shown, status=HTTPStatus.ACCEPTED, headers={"Location": f"{PATH}/{number}"})


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_ACCEPTED: Final = (Answer(HTTPStatus.ACCEPTED, ImportShown, headers=("Location",)),)
_CONFLICT: Final = (HTTPStatus.CONFLICT,)

ROUTES = (
    Route(
        "POST", f"{PATH}/{ID}/undo", undo, Permission.EDIT, "api-imports-undo",
        body=json_of(UndoBody), answers=_ACCEPTED, problems=_CONFLICT,
    ),
    Route(
        "POST", f"{DELETIONS}/{ID}/undo", undo_deletion, Permission.EDIT, "api-deletion-undo",
        answers=_ACCEPTED, problems=_CONFLICT,
    ),
    Route(
        "POST", f"/api/v1/changes/{ID}/undo", undo_change, Permission.EDIT, "api-change-undo",
        answers=_ACCEPTED, problems=_CONFLICT,
    ),
    Route(
        "POST", "/api/v1/restore", restore, Permission.EDIT, "api-restore",
        body=json_of(RestoreBody), answers=_ACCEPTED, problems=_CONFLICT,
    ),
)  # fmt: skip
