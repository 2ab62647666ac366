"""How an event sink is served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SinkState:
    """How an event sink is served.

    ``waiting``: batches that it is still to get, the oldest of them from ``oldest_at``. ``given_up``: batches
    that it failed to take until the last attempt; they are kept, to be tried again when somebody says so.
    ``error``: why it fails now. ``seen_at``: when a relay that knows the sink was last there.
    """

    name: str
    waiting: int
    oldest_at: datetime | None
    given_up: int
    error: str | None
    seen_at: datetime
