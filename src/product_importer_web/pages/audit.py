"""The page that shows who did what."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from product_importer.model.audit import AuditFilter
from product_importer_web.api import audit, reading
from product_importer_web.declarations import Query
from product_importer_web.keys import IMPORTER
from product_importer_web.rendering import render
from product_importer_web.routing import Permission, Route

PATH: Final = "/audit"

_PAGE_ENTRIES: Final = 100


class AuditPage(Query, frozen=True):
    """Which entries are listed. ``first`` and ``last`` are days in UTC; ``before``: see the API."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    first: date | None = None
    last: date | None = None
    before: str | None = None

    def only(self) -> AuditFilter:
        until = self.last + timedelta(days=1) if self.last and self.last < date.max else None
        return AuditFilter(self.actor, self.action, self.subject, _midnight(self.first), _midnight(until))


async def show(request: web.Request) -> web.Response:
    given = reading.query(request, AuditPage)
    only = given.only()
    found = await request.app[IMPORTER].actions.audit(_PAGE_ENTRIES + 1, only=only, before=given.before)
    shown = found[:_PAGE_ENTRIES]
    wanted = {
        name: str(value)
        for name in given.__struct_fields__
        if name != "before" and (value := getattr(given, name))
    }
    context = {
        "entries": shown,
        "given": given,
        "filtered": bool(wanted),
        "export": f"{audit.PATH}.csv?{urlencode(audit.parameters_of(only))}",
        "first": f"{PATH}?{urlencode(wanted)}" if given.before else None,
        "next": f"{PATH}?{urlencode(wanted | {'before': shown[-1].place})}"
        if len(found) > _PAGE_ENTRIES
        else None,
    }
    return render(request, "audit.html", context)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


ROUTES = (Route("GET", PATH, show, Permission.ADMINISTER, "page-audit", query=(AuditPage,)),)
