"""Estimates an import's speed and its remaining time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from product_importer.model import Phase

PREPARING: Final = 0.15
SAVING: Final = 0.9
UNCHANGED: Final = 0.16
"""Expected durations in seconds, for each second of reading: of preparing to save, of saving all rows if all
products are new or change, and of skipping all rows if none changes.

Measured with the benchmarks' files of 400,000 to 3,000,000 rows, preparation included: 0.7 to 1.5 if all
are new, 0.6 to 1.7 if all change, 0.2 to 0.45 if none changes.
"""

_SAMPLED_SHARE: Final = 0.07
_GUESSED_SHARE: Final = 0.02
"""The share of the rows at which the measured speed of saving counts as much as the expected one. It is
smaller if no rows were sampled, since the expectation is less certain then.
"""

_FIRST_SECONDS: Final = 1.0
"""The first second of reading tells nothing about the speed: the file is opened and examined first."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The progress of a running import. ``reading_seconds``: the duration of reading; None until it ends.
    ``saving_seconds``: the time since the first chunk was begun; None before that. ``bytes_per_second``: the
    speed of reading; None while it isn't known.

    These values, ``owner_seconds`` and ``rows_by_owner`` belong to the present owner, so that the pause of a
    resumed import doesn't count. Of the rows to be saved, ``sampled`` were looked up, and
    ``sampled_unchanged`` of these change nothing.
    """

    phase: Phase
    bytes_total: int
    bytes_done: int
    rows_total: int | None
    rows_done: int
    rows_by_owner: int
    owner_seconds: float
    saving_seconds: float | None
    reading_seconds: float | None = None
    bytes_per_second: float | None = None
    sampled: int = 0
    sampled_unchanged: int = 0


def rows_per_second(timing: Timing) -> float | None:
    """Returns the speed of saving alone; None while no rows are being saved."""
    if timing.phase is not Phase.SAVING or not timing.saving_seconds or not timing.rows_by_owner:
        return None
    return timing.rows_by_owner / timing.saving_seconds


def seconds_left(timing: Timing) -> float | None:
    """Returns the remaining seconds; None at the beginning and while products are being deactivated."""
    if timing.phase is Phase.READING:
        return _while_reading(timing)
    if timing.phase is Phase.SAVING:
        return _while_saving(timing)
    return None


def _while_reading(timing: Timing) -> float | None:
    if timing.owner_seconds < _FIRST_SECONDS or not timing.bytes_done:
        return None
    left = max(0, timing.bytes_total - timing.bytes_done)
    pace = timing.bytes_per_second or timing.bytes_done / timing.owner_seconds
    reading = left / pace
    unsaved = max(0.0, 1 - timing.rows_done / timing.rows_total) if timing.rows_total else 1.0
    return reading + (timing.owner_seconds + reading) * (PREPARING + _saving(timing) * unsaved)


def _while_saving(timing: Timing) -> float | None:
    left = (timing.rows_total or 0) - timing.rows_done
    if left <= 0:
        return 0.0
    rows = left + timing.rows_by_owner
    saving = timing.saving_seconds or 0.0
    before = max(0.0, timing.owner_seconds - saving)
    reading = before if timing.reading_seconds is None else timing.reading_seconds
    expected = reading * _saving(timing) * rows / (timing.rows_total or rows)
    done = timing.rows_by_owner / rows
    if not done:
        return max(0.0, reading * (1 + PREPARING) - before) + expected
    # The first chunks alone would make the estimate jump: their speed is weighted by their share of the rows.
    share = _SAMPLED_SHARE if timing.sampled else _GUESSED_SHARE
    return (share * expected + saving) / (share + done) * (1 - done)


def _saving(timing: Timing) -> float:
    """Returns the expected duration of saving all rows of the file, for each second of reading."""
    unchanged = timing.sampled_unchanged / timing.sampled if timing.sampled else 0.0
    return SAVING + (UNCHANGED - SAVING) * unchanged
