"""The times of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from product_importer.errors import InvalidSchedule
from product_importer.model import RowError

_FIELDS: Final = 5
_LONGEST: Final = 100


def zone_of(name: str) -> ZoneInfo:
    """Returns the time zone. Raises :class:`InvalidSchedule`."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        problem = RowError("unknown_time_zone", "Give a time zone such as Europe/Berlin or UTC.", "time_zone")
        raise InvalidSchedule((problem,)) from None


def next_time(cron: str, zone: ZoneInfo, after: datetime | None = None) -> datetime:
    """Returns the first time after ``after``, or after now. Raises :class:`InvalidSchedule`.

    A time that the change to summer time skips is taken right after the change; one that comes twice, once.
    """
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - only schedules need it

    try:
        if len(cron) > _LONGEST or len(cron.split()) != _FIELDS:
            raise CronSimError
        found = next(CronSim(cron, (after or datetime.now(UTC)).astimezone(zone)))
    except CronSimError:
        raise _invalid(
            "Give five fields: minute, hour, day of the month, month, day of the week. "
            "For example: 0 6 * * 1-5, which is at six o'clock from Monday to Friday."
        ) from None
    except StopIteration:
        raise _invalid("This time never comes.") from None
    return found.astimezone(UTC)


def _invalid(message: str) -> InvalidSchedule:
    return InvalidSchedule((RowError("bad_cron", message, "cron"),))
