"""The API at ``/api/v1/schedules``: imports of a URL at certain times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from product_importer.model.schedules import Schedule, ScheduleDraft, draft_of
from product_importer.wire import schedule_object, schedule_run_object
from product_importer_web.actors import actor
from product_importer_web.api import decoding, reading
from product_importer_web.api.import_bodies import ImportShown
from product_importer_web.api.imports import PATH as IMPORTS
from product_importer_web.api.imports import shown_import
from product_importer_web.api.options import options_of_json
from product_importer_web.api.preconditions import expected_version
from product_importer_web.api.schedule_bodies import (
    RunsQuery,
    RunsShown,
    ScheduleFields,
    ScheduleShown,
    SchedulesShown,
)
from product_importer_web.declarations import Answer, Header, NoParameters, json_of
from product_importer_web.etags import etag
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.routing import ID, Permission, Route
from product_importer_web.wording import object_for_api

PATH: Final = "/api/v1/schedules"

_REQUIRED: Final = ("name", "url", "cron")


async def list_schedules(request: web.Request) -> web.Response:
    """Returns all schedules, by name."""
    reading.query(request, NoParameters)
    found = await request.app[IMPORTER].schedules.all()
    return web.json_response({"schedules": [_shown(each) for each in found]})


async def create_schedule(request: web.Request) -> web.Response:
    """Creates a schedule."""
    draft = await _draft(request, ScheduleDraft("", "", ""))
    schedule = await request.app[IMPORTER].schedules.create(draft, actor=actor(request))
    return _answer(schedule, HTTPStatus.CREATED, {"Location": f"{PATH}/{schedule.id}"})


async def get_schedule(request: web.Request) -> web.Response:
    """Returns one schedule."""
    return _answer(await request.app[IMPORTER].schedules.get(_id(request)))


async def change_schedule(request: web.Request) -> web.Response:
    """Changes the fields that are sent, or pauses the schedule, or lets it go on."""
    schedules = request.app[IMPORTER].schedules
    version = await expected_version(request, "schedule", schedules.get)
    draft = await _draft(request, draft_of(await schedules.get(_id(request))))
    return _answer(await schedules.change(_id(request), version, draft, actor=actor(request)))


async def delete_schedule(request: web.Request) -> web.Response:
    """Deletes the schedule and its history; its imports stay."""
    await request.app[IMPORTER].schedules.remove(_id(request), actor=actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def run_schedule(request: web.Request) -> web.Response:
    """Creates an import of the schedule's file now; the import waits for a worker."""
    importer = request.app[IMPORTER]
    import_id = await importer.schedules.run(_id(request), actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    return web.json_response(
        shown_import(await importer.imports.state(import_id)),
        status=HTTPStatus.ACCEPTED,
        headers={"Location": f"{IMPORTS}/{import_id}"},
    )


async def list_runs(request: web.Request) -> web.Response:
    """Returns the latest runs of a schedule, the latest first."""
    given = reading.query(request, RunsQuery)
    runs = await request.app[IMPORTER].schedules.runs(
        _id(request), given.limit + 1, before=given.before or None
    )
    shown, more = runs[: given.limit], len(runs) > given.limit
    here = f"{PATH}/{_id(request)}/runs?limit={given.limit}"
    following = f"{here}&before={shown[-1].id}" if more else None
    return web.json_response(
        {"runs": [object_for_api(schedule_run_object(run)) for run in shown], "next": following}
    )


async def _draft(request: web.Request, before: ScheduleDraft) -> ScheduleDraft:
    """Returns the values before, with those that were sent in their place; options are sent all at once."""
    given = await reading.json_object(request, ScheduleFields)
    options = before.options
    if isinstance(sent := given.get("options"), dict):
        options = await options_of_json(request.app[IMPORTER], sent, ())
    values = decoding.made(ScheduleFields, given).values()
    return replace(before, options=options, **values)


def _shown(schedule: Schedule) -> dict[str, Any]:
    path = f"{PATH}/{schedule.id}"
    links = {"self": path, "runs": f"{path}/runs", "run": f"{path}/run"}
    return object_for_api(schedule_object(schedule, links))


def _answer(
    schedule: Schedule, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.json_response(
        _shown(schedule), status=status, headers={"ETag": etag(schedule), **(headers or {})}
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_ONE: Final = f"{PATH}/{ID}"
_SHOWN: Final = (Answer(HTTPStatus.OK, ScheduleShown, headers=("ETag",)),)

ROUTES = (
    Route(
        "GET", PATH, list_schedules, Permission.VIEW, "api-schedules",
        query=(NoParameters,), answers=(Answer(HTTPStatus.OK, SchedulesShown),),
    ),
    Route(
        "POST", PATH, create_schedule, Permission.EDIT, "api-schedule-create",
        body=json_of(ScheduleFields, needs=_REQUIRED),
        answers=(Answer(HTTPStatus.CREATED, ScheduleShown, headers=("ETag", "Location")),),
        problems=(HTTPStatus.BAD_REQUEST,),
    ),
    Route("GET", _ONE, get_schedule, Permission.VIEW, "api-schedule", answers=_SHOWN),
    Route(
        "PATCH", _ONE, change_schedule, Permission.EDIT, "api-schedule-change",
        body=json_of(ScheduleFields), answers=_SHOWN,
        headers=(Header("If-Match", "The ETag of the state that is to be changed, or *.", required=True),),
        problems=(HTTPStatus.BAD_REQUEST, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
    ),
    Route(
        "DELETE", _ONE, delete_schedule, Permission.EDIT, "api-schedule-delete",
        answers=(Answer(HTTPStatus.NO_CONTENT, media_type=None),),
    ),
    Route(
        "POST", f"{_ONE}/run", run_schedule, Permission.EDIT, "api-schedule-run",
        answers=(Answer(HTTPStatus.ACCEPTED, ImportShown, headers=("Location",)),),
        problems=(HTTPStatus.CONFLICT,),
    ),
    Route(
        "GET", f"{_ONE}/runs", list_runs, Permission.VIEW, "api-schedule-runs",
        query=(RunsQuery,), answers=(Answer(HTTPStatus.OK, RunsShown),),
    ),
)  # fmt: skip
