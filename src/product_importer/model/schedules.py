"""Schedules, which import a file from a URL at certain times, and their runs."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from product_importer.model.imports import Status
from product_importer.model.options import ImportOptions

Overlap = Literal["skip", "queue"]


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """The values of a schedule that a user decides.

    ``url``: the file's address; if it is empty in a change, the address stays. ``cron``: five fields such as
    ``0 6 * * 1-5`` (minute, hour, day of the month, month, day of the week), in the time zone ``time_zone``.
    ``overlap``: what happens at a time at which the import before hasn't ended: ``skip`` leaves that time
    out, ``queue`` begins after that import. A schedule that isn't ``active`` is paused.
    """

    name: str
    url: str
    cron: str
    time_zone: str = "UTC"
    overlap: Overlap = "skip"
    active: bool = True
    options: ImportOptions = field(default_factory=ImportOptions)


class RunResult(enum.StrEnum):
    """The result of a run: ``imported`` if it made an import, whose status tells the rest."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """One run of a schedule: ``slot`` is the time for which it was due, ``at`` when it began.

    ``actor`` asked for the run; None if it was due. ``import_id``, ``status`` and ``message`` are those of
    its import, None and empty without one: the file was still the one that was imported last, or the import
    before hadn't ended.
    """

    id: int
    slot: datetime
    at: datetime
    actor: str | None
    result: RunResult
    import_id: int | None
    status: Status | None
    message: str


@dataclass(frozen=True, slots=True)
class UnfinishedImport:
    """An import of a schedule that hasn't ended, such as one that waits for answers."""

    import_id: int
    status: Status


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule. ``origin`` is its URL without secrets; ``version`` grows with each change.

    ``next_at`` is the next time at which it is due, None while it is paused. ``last`` is the latest run.
    ``unfinished`` is the latest import that hasn't ended, of any run.
    """

    id: int
    version: int
    name: str
    origin: str
    cron: str
    time_zone: str
    overlap: Overlap
    active: bool
    options: ImportOptions
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    author: str | None
    last: ScheduleRun | None
    unfinished: UnfinishedImport | None


def draft_of(schedule: Schedule) -> ScheduleDraft:
    """Returns the schedule's present values, with an empty URL, which stays as it is."""
    return ScheduleDraft(
        name=schedule.name,
        url="",
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        overlap=schedule.overlap,
        active=schedule.active,
        options=schedule.options,
    )
