"""Sends to one endpoint: with limited concurrency and rate, and more slowly once it fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from product_importer.support.waiting import to_the_end
from product_importer_webhooks.bodies import NO_PAYLOADS
from product_importer_webhooks.client import send
from product_importer_webhooks.queue import Outcome
from product_importer_webhooks.schedule import delay

if TYPE_CHECKING:
    import aiohttp

    from product_importer_webhooks.bodies import Payloads
    from product_importer_webhooks.model import Delivery, Endpoint
    from product_importer_webhooks.queue import Queue

_logger = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.25
_AT_ONCE: Final = 100
"""Maximum number of deliveries that are claimed and settled together."""

_AHEAD: Final = _AT_ONCE // 2
"""When this many are left, more deliveries are claimed, so that no receiver waits for the database."""

_NOTE_SECONDS: Final = 0.2
"""Seconds between two writes of outcomes. A crash repeats deliveries whose outcome wasn't stored."""

_LEASE_SECONDS: Final = 60.0

_BREAK_AFTER: Final = 10
"""Number of failures in a row after which an endpoint is paused."""

WARN_AFTER: Final = timedelta(days=2)
DISABLE_AFTER: Final = timedelta(days=5)
"""How long every attempt at an endpoint must fail until it is disabled."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A delivery that this process has claimed ``until`` that time (``time.monotonic``)."""

    delivery: Delivery
    payloads: Payloads
    until: float


class Channel:
    """Sends to one endpoint until nothing is due, or it fails too often in a row."""

    def __init__(self, queue: Queue, session: aiohttp.ClientSession, endpoint: Endpoint) -> None:
        self._queue = queue
        self._session = session
        self._endpoint = endpoint
        self._failures = endpoint.failures
        # An endpoint that was paused is first tried with one request.
        self._probes = 1 if self._broken else 0
        self._next_at = 0.0
        self._left: list[_Claimed] = []
        self._payloads = NO_PAYLOADS
        self._ahead: asyncio.Task[None] | None = None
        self._outcomes: list[Outcome] = []
        self._settling = asyncio.Lock()
        self._claiming = asyncio.Lock()
        self._dry_at = float("-inf")
        self.in_vain = True
        """Whether no delivery could be claimed."""

    async def run(self) -> None:
        noting = asyncio.create_task(self._note())
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._start(running)
                if not running:
                    return
                done, running = await asyncio.wait(
                    running, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
        finally:
            for task in (noting, *running):
                task.cancel()
            # Deliveries that are just being claimed can be released at once only if claiming comes to its
            # end.
            await to_the_end(self._finish(noting, *running, *([self._ahead] if self._ahead else [])))

    @property
    def _broken(self) -> bool:
        return self._failures >= _BREAK_AFTER

    async def _start(self, running: set[asyncio.Task[None]]) -> None:
        """Starts as many workers as the endpoint allows, if there are deliveries for them."""
        if len(running) < self._endpoint.draft.concurrency and await self._more():
            free = self._endpoint.draft.concurrency - len(running)
            for _ in range(min(free, len(self._left))):
                running.add(asyncio.create_task(self._work()))

    async def _more(self) -> bool:
        """Returns whether there is a delivery that may be sent now."""
        if len(self._left) == _AHEAD and not self._endpoint.draft.ordered:
            self._claim_ahead()
        if not self._left:
            await self._claim_up_to(0)
        return bool(self._left) and self._willing

    def _claim_ahead(self) -> None:
        """Begins to claim more deliveries during sending. Raises the error of the last such attempt."""
        if self._ahead is not None and self._ahead.done():
            self._ahead.result()
            self._ahead = None
        if self._ahead is None:
            self._ahead = asyncio.create_task(self._claim_up_to(_AHEAD))

    async def _claim_up_to(self, left: int) -> None:
        """Claims more deliveries, if at most ``left`` are left."""
        async with self._claiming:
            dry = time.monotonic() - self._dry_at < _LOOK_SECONDS
            if len(self._left) <= left and self._willing and not dry:
                await self._claim()

    @property
    def _willing(self) -> bool:
        return not self._broken or self._probes > 0

    async def _claim(self) -> None:
        if self._endpoint.draft.ordered:
            await self._settle()  # other deliveries may wait for those that have arrived
        endpoint = await self._queue.current(self._endpoint.id)
        if endpoint is None:
            self._dry_at = time.monotonic()
            return
        self._endpoint = endpoint  # a user may have changed it
        draft = endpoint.draft
        most = self._probes or _AT_ONCE
        lease = _LEASE_SECONDS + draft.timeout_seconds * (most / draft.concurrency + 1)
        if draft.rate_limit is not None:
            lease += most / draft.rate_limit
        until = time.monotonic() + lease
        claimed = await self._queue.claim(endpoint.id, most, lease)
        if claimed:
            self.in_vain = False
            self._payloads = payloads = await self._queue.payloads(claimed, self._payloads)
            self._left[:0] = [_Claimed(delivery, payloads, until) for delivery in reversed(claimed)]
        else:
            self._dry_at = time.monotonic()

    async def _work(self) -> None:
        while await self._more():
            one = self._left.pop()
            self._probes = 0
            try:
                await self._in_turn()
                if time.monotonic() + self._endpoint.draft.timeout_seconds > one.until:
                    continue  # this process was stopped for long: another one may have claimed the delivery
                outcome = await self._try(one.delivery, one.payloads)
            except BaseException:
                self._left.append(one)
                raise
            self._outcomes.append(outcome)
            if one.delivery.products is not None:
                self._dry_at = float("-inf")
            self._failures = 0 if outcome.attempt.succeeded else self._failures + 1
            if outcome.attempt.kind == "gone":
                self._failures = max(self._failures, _BREAK_AFTER)

    async def _note(self) -> None:
        """Stores outcomes at regular intervals."""
        while True:
            await asyncio.sleep(_NOTE_SECONDS)
            await to_the_end(self._settle())

    async def _in_turn(self) -> None:
        """Waits until the rate limit allows another request."""
        rate = self._endpoint.draft.rate_limit
        if rate is not None:
            now = time.monotonic()
            self._next_at = max(self._next_at, now) + 1 / rate
            await asyncio.sleep(self._next_at - 1 / rate - now)

    async def _try(self, delivery: Delivery, payloads: Payloads) -> Outcome:
        body = payloads.body(delivery)
        number = delivery.attempts + 1
        attempt = await send(
            self._session, self._endpoint, self._endpoint.secrets, delivery.message_id, body, number
        )
        seconds = None
        if not attempt.succeeded and attempt.kind != "gone":
            seconds = delay(attempt.number, attempt.retry_after)
        return Outcome(delivery, attempt, seconds)

    async def _finish(self, *ending: asyncio.Task[None]) -> None:
        """Releases the deliveries that weren't tried, and stores the outcomes of the others."""
        await asyncio.gather(*ending, return_exceptions=True)
        await self._queue.release(self._endpoint.id, [one.delivery for one in self._left])
        await self._settle()

    async def _settle(self) -> None:
        async with self._settling:
            if not self._outcomes:
                return
            noted = tuple(self._outcomes)
            await self._queue.settle(self._endpoint.id, noted)
            del self._outcomes[: len(noted)]
            await self._judge(noted)

    async def _judge(self, outcomes: Sequence[Outcome]) -> None:
        """Updates the endpoint's own state by these outcomes: pauses, warns of or disables it."""
        endpoint = self._endpoint.id
        if any(outcome.attempt.succeeded for outcome in outcomes):
            await self._queue.fare(endpoint, 0, _BREAK_AFTER)
        failures = 0
        for outcome in reversed(outcomes):
            if outcome.attempt.succeeded:
                break
            failures += 1
        if not failures:
            return
        row = await self._queue.fare(endpoint, failures, _BREAK_AFTER)
        if row is None:
            return
        if any(outcome.attempt.kind == "gone" for outcome in outcomes):
            await self._disable("It answered 410: it wants no more webhooks.")
            return
        failing = datetime.now(UTC) - row["failing_since"]
        if failing >= DISABLE_AFTER:
            await self._disable("Every attempt failed for five days.")
        elif failing >= WARN_AFTER and row["warned_at"] is None:
            await self._queue.warn(endpoint)
            _logger.warning(
                "Every attempt at webhook %d has failed for %d days; after %d it will be disabled.",
                endpoint, failing.days, DISABLE_AFTER.days,
            )  # fmt: skip

    async def _disable(self, reason: str) -> None:
        if await self._queue.disable(self._endpoint.id, reason):
            _logger.warning("Webhook %d is disabled. %s What it missed is kept.", self._endpoint.id, reason)
