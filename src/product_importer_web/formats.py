"""Formats numbers, sizes and times for pages. ``static/js/formats.js`` does the same in the browser."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_UNITS: Final = (
    ("year", 365 * 86_400),
    ("month", 30 * 86_400),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)
_SIZES: Final = ("bytes", "kB", "MB", "GB", "TB")


def grouped(number: float) -> str:
    """Returns a number with separators: ``1,234,567``."""
    return f"{round(number):,}"


def moved(share: float) -> str:
    """Returns by which share of its old value a number moves: ``+200 %``, ``−67 %``."""
    percent = round(100 * share)
    return f"{'−' if percent < 0 else '+'}{abs(percent):,} %"


def size(count: int) -> str:
    """Returns a number of bytes in a readable unit: ``84.5 MB``."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:,.1f} {_SIZES[unit]}" if unit else f"{count:,} {_SIZES[0]}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Returns the time since then: ``3 minutes ago``."""
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    for unit, length in _UNITS:
        if (count := seconds // length) > 0:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def exact(moment: datetime) -> str:
    """Returns the time in UTC: ``24 November 2026, 22:41:38 UTC``."""
    there = moment.astimezone(UTC)
    return f"{there.day} {there:%B %Y, %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """Returns a duration: ``2 min 5 s``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60} min"
