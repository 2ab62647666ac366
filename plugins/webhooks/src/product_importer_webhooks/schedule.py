"""The delays before retries."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MINUTE, HOUR, DAY = 60, 3_600, 86_400

DELAYS: Final = (
    5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
"""Seconds before the second attempt, the third, …; after the tenth a delivery is given up."""

LONGEST: Final = float(DAY)
"""The longest delay in seconds, also for a receiver's ``Retry-After``."""

JITTER: Final = 0.2


def delay(attempts: int, retry_after: float | None) -> float | None:
    """Returns the seconds to wait after so many attempts; None if there are no more.

    A receiver may ask for a longer delay, up to :data:`LONGEST`.
    """
    if attempts > len(DELAYS):
        return None
    seconds = DELAYS[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - not for secrets
    return min(LONGEST, max(seconds, retry_after or 0.0))


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Returns the seconds that a Retry-After header asks for, in either form; None if it can't be read."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(LONGEST, float(text[:12]))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, min(LONGEST, (until - (now or datetime.now(UTC))).total_seconds()))
