"""The API at ``/api/v1/products/{id}/history``: what changed a product, and from what to what."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Meta

from product_importer.model import ChangeCause, HistoryEntry
from product_importer.wire import field_value
from product_importer_web.api import reading
from product_importer_web.api.changes import ValueChangeShown
from product_importer_web.api.products import PATH
from product_importer_web.declarations import Answer, Place, Query, Shown
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import ID, Permission, Route

_MOST: Final = 200


class HistoryQuery(Query, frozen=True):
    """``field``: only changes of this field. ``before``: only changes behind the one with this number.
    ``limit``: maximum number of changes.
    """

    field: str | None = None
    before: Place | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 20


class HistoryEntryShown(Shown, frozen=True):
    """One change: when, by whom, why and what. ``import_id`` is null unless an import did it."""

    number: int
    at: datetime
    actor: str
    cause: ChangeCause
    import_id: int | None
    kind: str
    changes: dict[str, ValueChangeShown]


class HistoryShown(Shown, frozen=True):
    """Changes of a product, newest first. ``next``: the address of the changes that follow, or null.
    ``complete`` is false at the end if the log begins, at ``since``, after the product was created.
    """

    entries: list[HistoryEntryShown]
    next: str | None
    complete: bool
    since: datetime


async def get_history(request: web.Request) -> web.Response:
    """Returns the changes of a product, newest first."""
    given = reading.query(request, HistoryQuery)
    product_id = int(request.match_info["id"])
    history = await request.app[IMPORTER].changes.history(
        product_id, field=given.field, before=given.before, limit=given.limit
    )
    following = None
    if history.next is not None:
        only = {} if given.field is None else {"field": given.field}
        parameters = {**only, "limit": given.limit, "before": history.next}
        following = f"{PATH}/{product_id}/history?{urlencode(parameters)}"
    return web.json_response(
        {
            "entries": [_shown(entry) for entry in history.entries],
            "next": following,
            "complete": history.complete,
            "since": history.since.isoformat(),
        }
    )


def _shown(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "cause": entry.cause,
        "import_id": entry.import_id,
        "kind": entry.kind,
        "changes": {
            name: {"before": field_value(each.before), "after": field_value(each.after)}
            for name, each in entry.changes.items()
        },
    }


ROUTES = (
    Route(
        "GET", f"{PATH}/{ID}/history", get_history, Permission.VIEW, "api-product-history",
        query=(HistoryQuery,), answers=(Answer(HTTPStatus.OK, HistoryShown),),
    ),
)  # fmt: skip
