"""Errors of schedules."""

from __future__ import annotations

from product_importer.errors.families import ConflictError, InvalidFields, NotFoundError


class ScheduleNotFound(NotFoundError):
    """There is no schedule with this id."""

    code = "schedule_not_found"


class InvalidSchedule(InvalidFields):
    """A schedule's values can't be accepted."""

    code = "invalid_schedule"


class ScheduleChanged(ConflictError):
    """The schedule was changed since it was read."""

    code = "schedule_changed"


class ScheduleBusy(ConflictError):
    """The import of the schedule's run before hasn't ended."""

    code = "schedule_busy"
