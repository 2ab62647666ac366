"""Measures how fast a file is read."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Bytes per second since the first batch; the time before that is spent on opening the file."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None

    def at(self, bytes_done: int) -> float | None:
        """Returns the average pace after ``bytes_done`` bytes; None while it is unknown."""
        now = self._clock()
        if self._first is None:
            self._first = now, bytes_done
        seconds, more = now - self._first[0], bytes_done - self._first[1]
        return more / seconds if seconds > 0 and more > 0 else None
