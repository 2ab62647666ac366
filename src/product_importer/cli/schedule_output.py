"""Prints schedules and their runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from product_importer.model import Status
from product_importer.model.schedules import RunResult
from product_importer.wire import schedule_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from product_importer.model.schedules import Schedule, ScheduleRun

_RESULTS: Final = {
    RunResult.IMPORTED: "imported; the import isn't kept any more",
    RunResult.UNCHANGED: "the file had not changed",
    RunResult.SKIPPED: "left out: the import before ran",
}
"""Words for runs without an import."""


def print_json(found: Mapping[str, Any]) -> None:
    """Prints one JSON object on one line."""
    click.echo(json.dumps(found, ensure_ascii=False))


def tell(schedule: Schedule, *, as_json: bool = False) -> None:
    """Prints a schedule, for people or as JSON."""
    if as_json:
        print_json(schedule_object(schedule))
        return
    due = "paused" if schedule.next_at is None else f"next {_time(schedule.next_at, schedule)}"
    click.secho(f"{schedule.id}  {schedule.name}", bold=True)
    click.echo(f"  {schedule.origin}")
    click.echo(f"  {schedule.cron} in {schedule.time_zone}, {due}")
    if schedule.last is not None:
        click.echo(f"  latest run {outcome(schedule.last, schedule)}")
    if (unfinished := schedule.unfinished) is not None and unfinished.status is Status.WAITING:
        number = unfinished.import_id
        click.echo(f"  import {number} waits for answers: product-importer import --resume {number}")


def outcome(run: ScheduleRun, schedule: Schedule) -> str:
    """Returns the time of a run, in the schedule's time zone, and its result."""
    result = f"import {run.import_id} {run.status}" if run.status is not None else _RESULTS[run.result]
    message = f": {run.message}" if run.message else ""
    return f"{_time(run.at, schedule)}  {result}{message}"


def _time(time: datetime, schedule: Schedule) -> str:
    return f"{time.astimezone(ZoneInfo(schedule.time_zone)):%Y-%m-%d %H:%M %Z}"
