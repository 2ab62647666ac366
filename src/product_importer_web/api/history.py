"""The API at ``/api/v1/products/{id}``: what changed a product, who set its fields, and what differs between
two of its moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Meta

from product_importer.errors import UsageError
from product_importer.model import (
    ChangeCause,
    ComparedMoment,
    HistoryEntry,
    ProductComparison,
    ValueChange,
)
from product_importer.wire import field_value
from product_importer_web.api import reading
from product_importer_web.api.changes import ValueChangeShown
from product_importer_web.api.product_bodies import TIME
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


class OriginShown(Shown, frozen=True):
    """The change that set a field last: its number in the history, when, by whom and why."""

    number: int
    at: datetime
    actor: str
    cause: ChangeCause
    import_id: int | None


class OriginsShown(Shown, frozen=True):
    """Who set each field last, by field. A field that is missing was set before ``since``, when the log
    begins, or if ``deeper`` is true, more than 200 changes ago.
    """

    fields: dict[str, OriginShown]
    deeper: bool
    since: datetime


class ComparisonQuery(Query, frozen=True):
    """The moments that are compared, each by the number of a change in the history, or by a time.
    ``earlier`` or ``earlier_at`` is needed; without ``later`` and ``later_at``, it is compared with the
    present.
    """

    earlier: Place | None = None
    earlier_at: TIME = None
    later: Place | None = None
    later_at: TIME = None


class ComparedMomentShown(Shown, frozen=True):
    """A moment of a product: just after the change with this ``number``, now if ``at`` is null, too, and
    otherwise before its first change. ``exists``: whether there was such a product.
    """

    number: int | None
    at: datetime | None
    exists: bool


class ComparisonShown(Shown, frozen=True):
    """What differs between two moments: fields, with their values before and after."""

    earlier: ComparedMomentShown
    later: ComparedMomentShown
    changes: dict[str, ValueChangeShown]


async def get_origins(request: web.Request) -> web.Response:
    """Returns who set each field of the product last."""
    found = await request.app[IMPORTER].changes.origins(int(request.match_info["id"]))
    return web.json_response(
        {
            "fields": {
                name: asdict(origin) | {"at": origin.at.isoformat()} for name, origin in found.fields.items()
            },
            "deeper": found.deeper,
            "since": found.since.isoformat(),
        }
    )


async def get_comparison(request: web.Request) -> web.Response:
    """Returns what differs between two moments of a product."""
    found = await compared(request, reading.query(request, ComparisonQuery))
    return web.json_response(
        {
            "earlier": _moment(found.earlier),
            "later": _moment(found.later),
            "changes": _changes(found.changes),
        }
    )


async def compared(request: web.Request, given: ComparisonQuery) -> ProductComparison:
    """Compares the product as the query asks. Raises :class:`UsageError` without an earlier moment."""
    earlier = given.earlier_at if given.earlier is None else given.earlier
    later = given.later_at if given.later is None else given.later
    if earlier is None:
        raise UsageError("Name the earlier moment: 'earlier' is the number of a change, 'earlier_at' a time.")
    return await request.app[IMPORTER].changes.compare(int(request.match_info["id"]), earlier, later)


def _moment(moment: ComparedMoment) -> dict[str, Any]:
    return asdict(moment) | {"at": None if moment.at is None else moment.at.isoformat()}


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
        "changes": _changes(entry.changes),
    }


def _changes(changes: Mapping[str, ValueChange]) -> dict[str, Any]:
    return {
        name: {"before": field_value(each.before), "after": field_value(each.after)}
        for name, each in changes.items()
    }


ROUTES = (
    Route(
        "GET", f"{PATH}/{ID}/history", get_history, Permission.VIEW, "api-product-history",
        query=(HistoryQuery,), answers=(Answer(HTTPStatus.OK, HistoryShown),),
    ),
    Route(
        "GET", f"{PATH}/{ID}/origins", get_origins, Permission.VIEW, "api-product-origins",
        answers=(Answer(HTTPStatus.OK, OriginsShown),),
    ),
    Route(
        "GET", f"{PATH}/{ID}/comparison", get_comparison, Permission.VIEW, "api-product-comparison",
        query=(ComparisonQuery,), answers=(Answer(HTTPStatus.OK, ComparisonShown),),
        problems=(HTTPStatus.CONFLICT,),
    ),
)  # fmt: skip
