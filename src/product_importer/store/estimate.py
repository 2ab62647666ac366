"""How fast an import gets on, and how long it will still take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from product_importer.model import Phase

PREPARING: Final = 0.15
SAVING: Final = 0.9
UNCHANGED: Final = 0.16
"""How long it takes, for each second that reading took, to get ready to save, to save all rows where all
products are new or change, and to pass over them where none does.

Measured with the benchmarks' files of 400,000 to 3,000,000 rows, getting ready included: 0.7 to 1.5 where all
are new, 0.6 to 1.7 where all change, 0.2 to 0.45 where none does.
"""

_SAMPLED_SHARE: Final = 0.07
_GUESSED_SHARE: Final = 0.02
"""The part of the rows by which the measured pace of saving outweighs the expected one; less where no rows
were sampled, so that little is known of them.
"""

_FIRST_SECONDS: Final = 1.0
"""So long the pace of reading says nothing: the file is opened and looked at first."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How far a running import is. ``reading_seconds``: how long the file was read; None while it is.
    ``saving_seconds``: since the first chunk was begun; None before that. ``bytes_per_second``: the pace of
    reading; None where it isn't known yet.

    They, ``owner_seconds`` and ``rows_by_owner`` are the present owner's: a resumed import's pause is not its
    speed. ``sampled`` rows that are to be saved were looked up, ``sampled_unchanged`` of them change nothing.
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
    """The pace of saving alone; None while nothing is being saved."""
    if timing.phase is not Phase.SAVING or not timing.saving_seconds or not timing.rows_by_owner:
        return None
    return timing.rows_by_owner / timing.saving_seconds


def seconds_left(timing: Timing) -> float | None:
    """None where nothing is known: at the beginning, and while products are being deactivated."""
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
    # The first chunks alone would make the time jump: their pace counts as much as they are.
    share = _SAMPLED_SHARE if timing.sampled else _GUESSED_SHARE
    return (share * expected + saving) / (share + done) * (1 - done)


def _saving(timing: Timing) -> float:
    """What saving all of the file's rows is expected to take, for each second that reading took."""
    unchanged = timing.sampled_unchanged / timing.sampled if timing.sampled else 0.0
    return SAVING + (UNCHANGED - SAVING) * unchanged
