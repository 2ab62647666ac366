"""The API at ``/api/v1/audit``: who did what, as JSON and as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Meta

from product_importer.delimited.csv_writing import csv_pages
from product_importer.delimited.formulas import marked
from product_importer.model.audit import AuditEntry, AuditFilter
from product_importer_web.api import reading
from product_importer_web.api.outgoing import CSV_TYPE, a_turn, attachment, send_pieces
from product_importer_web.api.product_bodies import TIME
from product_importer_web.declarations import Answer, Query, Shown
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import Permission, Route

PATH: Final = "/api/v1/audit"

_MOST: Final = 1_000
_COLUMNS: Final = ("at", "actor", "action", "subject", "products", "author")


class AuditQuery(Query, frozen=True):
    """``actor``, ``action``, ``subject``: exactly these texts. ``since`` is included, ``until`` isn't."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: TIME = None
    until: TIME = None

    def only(self) -> AuditFilter:
        return AuditFilter(self.actor, self.action, self.subject, self.since, self.until)

    def parameters(self) -> dict[str, str]:
        """Returns the parameters of an address that asks for the same entries."""
        return parameters_of(self.only())


class AuditPageQuery(AuditQuery, frozen=True):
    """``limit``: maximum number of entries. ``before``: the place of the entry after which the list goes on.
    The others tell which entries are listed.
    """

    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 100
    before: str | None = None


class AuditEntryShown(Shown, frozen=True):
    """An act, or changes of products: then ``products`` is their number, and if an import made them,
    ``author`` is who began it.
    """

    place: str
    at: datetime
    actor: str
    action: str
    subject: str
    products: int | None
    author: str | None


class AuditShown(Shown, frozen=True):
    """Entries, the latest first; ``next`` is the address of the next page."""

    entries: list[AuditEntryShown]
    next: str | None


def parameters_of(only: AuditFilter) -> dict[str, str]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(only).items()
        if value
    }


async def list_entries(request: web.Request) -> web.Response:
    """Returns the latest acts and changes of products, newest first."""
    given = reading.query(request, AuditPageQuery)
    found = await request.app[IMPORTER].actions.audit(given.limit + 1, only=given.only(), before=given.before)
    shown, following = found[: given.limit], None
    if len(found) > given.limit:
        parameters = given.parameters() | {"limit": str(given.limit), "before": shown[-1].place}
        following = f"{PATH}?{urlencode(parameters)}"
    return web.json_response({"entries": [_object(entry) for entry in shown], "next": following})


async def export(request: web.Request) -> web.StreamResponse:
    """Returns all entries as a CSV file."""
    entries = request.app[IMPORTER].actions.audit_all(reading.query(request, AuditQuery).only())
    response = web.StreamResponse(headers={"Content-Type": CSV_TYPE, **attachment("audit.csv")})
    async with a_turn(request):
        pages = csv_pages(_COLUMNS, _rows(entries))
        await send_pieces(request, response, (page.encode() async for page in pages))
    return response


async def _rows(entries: AsyncIterator[AuditEntry]) -> AsyncIterator[list[str]]:
    async for entry in entries:
        values = _object(entry)
        yield ["" if values[name] is None else marked(str(values[name])) for name in _COLUMNS]


def _object(entry: AuditEntry) -> dict[str, Any]:
    return asdict(entry) | {"at": entry.at.isoformat()}


ROUTES = (
    Route(
        "GET", PATH, list_entries, Permission.ADMINISTER, "api-audit",
        query=(AuditPageQuery,), answers=(Answer(HTTPStatus.OK, AuditShown),),
    ),
    Route(
        "GET", f"{PATH}.csv", export, Permission.ADMINISTER, "api-audit-csv",
        query=(AuditQuery,),
        answers=(Answer(HTTPStatus.OK, media_type="text/csv", headers=("Content-Disposition",)),),
    ),
)  # fmt: skip
