"""Deletes all products: confirmed by their number, done by a worker, watched at ``/api/v1/deletions``."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer.errors import UsageError
from product_importer.product import Deletion
from product_importer.wire import deletion_object
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.import_bodies import Confirmation, DeletionShown, DeletionsShown
from product_importer_web.declarations import Answer, NoParameters, json_of
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/api/v1/deletions"

_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)
_BETWEEN_THOUSANDS: Final = str.maketrans("", "", ",.' \u00a0\u2009\u202f")


async def delete_all(request: web.Request) -> web.Response:
    """Deletes all products: a worker does it, at one moment, completely or not at all."""
    number = _confirmed((await reading.body(request, Confirmation)).confirm)
    deletion = await request.app[IMPORTER].deletions.request(number, actor=actor(request))
    request.app[QUEUES].wake_soon(request.app[IMPORTER], "deletion")
    return web.json_response(
        _shown(deletion), status=HTTPStatus.ACCEPTED, headers={"Location": _path(deletion)}
    )


async def list_deletions(request: web.Request) -> web.Response:
    """Returns the latest deletions of all products."""
    reading.query(request, NoParameters)
    latest = await request.app[IMPORTER].deletions.recent()
    return web.json_response({"deletions": [_shown(deletion) for deletion in latest]})


async def get_deletion(request: web.Request) -> web.Response:
    """Returns one of the deletions of all products."""
    deletion_id = int(request.match_info["id"])
    return web.json_response(_shown(await request.app[IMPORTER].deletions.state(deletion_id)))


def _confirmed(typed: str | int) -> int:
    """Returns the number that was typed; separators between its thousands are ignored."""
    number = str(typed).translate(_BETWEEN_THOUSANDS)
    if not _NUMBER.fullmatch(number):
        raise UsageError('Send {"confirm": "<number of products>"} to delete all products.')
    return int(number)


def _shown(deletion: Deletion) -> dict[str, object]:
    return deletion_object(deletion, {"self": _path(deletion)})


def _path(deletion: Deletion) -> str:
    return f"{PATH}/{deletion.id}"


ROUTES = (
    Route(
        "POST", "/api/v1/products/delete-all", delete_all, Permission.ADMINISTER, "api-products-delete-all",
        body=json_of(Confirmation),
        answers=(Answer(HTTPStatus.ACCEPTED, DeletionShown, headers=("Location",)),),
        problems=(HTTPStatus.CONFLICT,),
    ),
    Route(
        "GET", PATH, list_deletions, Permission.VIEW, "api-deletions",
        query=(NoParameters,), answers=(Answer(HTTPStatus.OK, DeletionsShown),),
    ),
    Route(
        "GET", f"{PATH}/{ID}", get_deletion, Permission.VIEW, "api-deletion",
        answers=(Answer(HTTPStatus.OK, DeletionShown),),
    ),
)  # fmt: skip
