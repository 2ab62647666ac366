"""The state of an event sink."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SinkState:
    """The state of an event sink's queue and of its service.

    ``waiting``: the number of batches in its queue, the oldest of them from ``oldest_at``. ``given_up``: the
    number of batches that failed until the last attempt; they are kept, and are retried only on request.
    ``error``: why the sink fails now. ``seen_at``: when a relay that knows the sink last ran.
    """

    name: str
    waiting: int
    oldest_at: datetime | None
    given_up: int
    error: str | None
    seen_at: datetime
