"""Deleting all products: asked for with their number, done by a worker, watched at ``/api/v1/deletions``."""

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
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/api/v1/deletions"

_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)
_BETWEEN_THOUSANDS: Final = str.maketrans("", "", ",.' \u00a0\u2009\u202f")


async def delete_all(request: web.Request) -> web.Response:
    sent = await reading.json_object(request)
    deletion = await request.app[IMPORTER].deletions.request(_confirmed(sent), actor=actor(request))
    request.app[QUEUES].wake_soon(request.app[IMPORTER], "deletion")
    return web.json_response(
        _shown(deletion), status=HTTPStatus.ACCEPTED, headers={"Location": _path(deletion)}
    )


async def list_deletions(request: web.Request) -> web.Response:
    reading.query(request, ())
    latest = await request.app[IMPORTER].deletions.recent()
    return web.json_response({"deletions": [_shown(deletion) for deletion in latest]})


async def get_deletion(request: web.Request) -> web.Response:
    deletion_id = int(request.match_info["id"])
    return web.json_response(_shown(await request.app[IMPORTER].deletions.state(deletion_id)))


def _confirmed(sent: dict[str, object]) -> int:
    """The number that was typed; what stands between its thousands doesn't matter."""
    typed = sent.get("confirm")
    number = typed.translate(_BETWEEN_THOUSANDS) if isinstance(typed, str) else str(typed)
    if sent.keys() != {"confirm"} or isinstance(typed, bool) or not _NUMBER.fullmatch(number):
        raise UsageError('Send {"confirm": "<number of products>"} to delete all products.')
    return int(number)


def _shown(deletion: Deletion) -> dict[str, object]:
    return deletion_object(deletion, {"self": _path(deletion)})


def _path(deletion: Deletion) -> str:
    return f"{PATH}/{deletion.id}"


ROUTES = (
    Route(
        "POST", "/api/v1/products/delete-all", delete_all, Permission.ADMINISTER, "api-products-delete-all"
    ),
    Route("GET", PATH, list_deletions, Permission.VIEW, "api-deletions"),
    Route("GET", f"{PATH}/{ID}", get_deletion, Permission.VIEW, "api-deletion"),
)
