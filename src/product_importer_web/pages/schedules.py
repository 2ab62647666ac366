"""The pages of schedules. All of them are plain forms: none needs a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from aiohttp import web
from multidict import MultiMapping

from product_importer.errors import InvalidFields
from product_importer.model.schedules import Overlap, Schedule, ScheduleDraft, draft_of
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.options import options_of_texts
from product_importer_web.declarations import FORM, Place, Query
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.pages import words
from product_importer_web.pages.choices import choices
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/schedules"

_PAGE_RUNS: Final = 50
_TEXTS: Final = ("name", "url", "cron", "time_zone")
_OVERLAPS: Final[Mapping[str, Overlap]] = {"skip": "skip", "queue": "queue"}


class ScheduleQuery(Query, frozen=True):
    """``before``: only runs before this one are listed."""

    before: Place = 0


async def show_list(request: web.Request) -> web.Response:
    found = await request.app[IMPORTER].schedules.all()
    context = {"schedules": found, "words": words, "next_time": next_time}
    return render(request, "schedules/list.html", context)


async def show_new(request: web.Request) -> web.Response:
    return _form(request, None, ScheduleDraft("", "", "0 6 * * *"))


async def create(request: web.Request) -> web.Response:
    sent = await reading.form(request)
    draft = await _sent(request, sent, ScheduleDraft("", "", ""))
    try:
        schedule = await request.app[IMPORTER].schedules.create(draft, actor=actor(request))
    except InvalidFields as error:
        return _form(request, None, draft, faults=error)
    raise web.HTTPSeeOther(f"{PATH}/{schedule.id}")


async def show_one(request: web.Request) -> web.Response:
    schedules = request.app[IMPORTER].schedules
    before = reading.query(request, ScheduleQuery).before or None
    schedule = await schedules.get(_id(request))
    runs = await schedules.runs(schedule.id, _PAGE_RUNS + 1, before=before)
    context = {
        "schedule": schedule,
        "runs": runs[:_PAGE_RUNS],
        "more": len(runs) > _PAGE_RUNS,
        "options": words.unusual(schedule.options),
        "words": words,
        "next_time": next_time,
    }
    return render(request, "schedules/detail.html", context)


async def show_edit(request: web.Request) -> web.Response:
    schedule = await request.app[IMPORTER].schedules.get(_id(request))
    return _form(request, schedule.id, draft_of(schedule), version=schedule.version, origin=schedule.origin)


async def change(request: web.Request) -> web.Response:
    """Saves the form. A URL that is left empty stays as it is, and so do options that the form lacks."""
    schedules = request.app[IMPORTER].schedules
    before = await schedules.get(_id(request))
    sent = await reading.form(request)
    draft = await _sent(request, sent, draft_of(before))
    version = _version(sent)
    try:
        await schedules.change(before.id, version, draft, actor=actor(request))
    except InvalidFields as error:
        return _form(request, before.id, draft, version=version, origin=before.origin, faults=error)
    raise web.HTTPSeeOther(f"{PATH}/{before.id}")


async def switch(request: web.Request) -> web.Response:
    """Pauses the schedule, or lets it go on."""
    schedules = request.app[IMPORTER].schedules
    sent = await reading.form(request)
    draft = replace(draft_of(await schedules.get(_id(request))), active=sent.get("active") == "true")
    await schedules.change(_id(request), _version(sent), draft, actor=actor(request))
    raise web.HTTPSeeOther(f"{PATH}/{_id(request)}")


async def run(request: web.Request) -> web.Response:
    """Creates an import now, and shows it."""
    importer = request.app[IMPORTER]
    import_id = await importer.schedules.run(_id(request), actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    raise web.HTTPSeeOther(f"/imports/{import_id}")


async def ask_to_delete(request: web.Request) -> web.Response:
    schedule = await request.app[IMPORTER].schedules.get(_id(request))
    return render(request, "schedules/delete.html", {"schedule": schedule})


async def delete(request: web.Request) -> web.Response:
    await request.app[IMPORTER].schedules.remove(_id(request), actor=actor(request))
    raise web.HTTPSeeOther(PATH)


def next_time(schedule: Schedule) -> str:
    """Returns the schedule's next time, in its own time zone."""
    if schedule.next_at is None:
        return "Paused"
    there = schedule.next_at.astimezone(ZoneInfo(schedule.time_zone))
    return f"{there.day} {there:%B %Y, %H:%M}"


async def _sent(request: web.Request, sent: MultiMapping[Any], before: ScheduleDraft) -> ScheduleDraft:
    """Returns the values of the form, in place of those before."""
    importer = request.app[IMPORTER]
    texts = {name: str(sent.get(name, "")) for name in _TEXTS}
    overlap = _OVERLAPS.get(str(sent.get("overlap")), before.overlap)
    chosen = {name: str(sent[name]) for name in choices(importer) if name in sent}
    read = await options_of_texts(importer, chosen.items())
    options = replace(before.options, **{name: getattr(read, name) for name in chosen})
    return replace(before, active="active" in sent, overlap=overlap, options=options, **texts)


def _version(sent: Mapping[str, Any]) -> int:
    """Returns the version that the form was made from; 0, which none has, if it doesn't say."""
    text = str(sent.get("version", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _form(
    request: web.Request,
    number: int | None,
    draft: ScheduleDraft,
    *,
    version: int = 0,
    origin: str = "",
    faults: InvalidFields | None = None,
) -> web.Response:
    context = {
        "number": number,
        "draft": draft,
        "version": version,
        "origin": origin,
        "faults": {each.column: each.message for each in faults.problems} if faults else {},
        "choices": choices(request.app[IMPORTER]),
        "overlaps": words.OVERLAPS,
        "zones": sorted(available_timezones()),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "schedules/form.html", context, status=status)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_ONE: Final = f"{PATH}/{ID}"
_UNFIT: Final = (HTTPStatus.UNPROCESSABLE_ENTITY,)
_CHANGED: Final = (HTTPStatus.PRECONDITION_FAILED,)

ROUTES = (
    Route("GET", PATH, show_list, Permission.VIEW, "page-schedules"),
    Route("GET", f"{PATH}/new", show_new, Permission.EDIT, "page-schedule-new"),
    Route("POST", PATH, create, Permission.EDIT, "page-schedule-create", body=(FORM,), problems=_UNFIT),
    Route("GET", _ONE, show_one, Permission.VIEW, "page-schedule", query=(ScheduleQuery,)),
    Route("GET", f"{_ONE}/edit", show_edit, Permission.EDIT, "page-schedule-edit"),
    Route(
        "POST", f"{_ONE}/edit", change, Permission.EDIT, "page-schedule-change", body=(FORM,),
        problems=(*_UNFIT, *_CHANGED),
    ),
    Route(
        "POST", f"{_ONE}/switch", switch, Permission.EDIT, "page-schedule-switch", body=(FORM,),
        problems=_CHANGED,
    ),
    Route("POST", f"{_ONE}/run", run, Permission.EDIT, "page-schedule-run", problems=(HTTPStatus.CONFLICT,)),
    Route("GET", f"{_ONE}/delete", ask_to_delete, Permission.EDIT, "page-schedule-ask-to-delete"),
    Route("POST", f"{_ONE}/delete", delete, Permission.EDIT, "page-schedule-delete"),
)  # fmt: skip
