"""Delivers events to one sink: failed batches are retried, and finally given up."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from product_importer.errors import DatabaseError
from product_importer.outbox.isolation import IsolatedSink, SinkFailed, SinkTooSlow
from product_importer.ports import DetailedSink, LimitedSink, MoreValuesWanted, OrderedSink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.ports import (
        EventBatch,
        EventSink,
        EventValues,
        Outbox,
        QueuedBatch,
        SinkHost,
        SinkQueue,
    )

_logger = logging.getLogger(__name__)

TROUBLE_SECONDS: Final = 2.0
"""Seconds before the database is queried again after a failure."""

MOST_EVENTS: Final = 10_000
"""Maximum number of events in one call of a sink, unless the sink has a lower limit."""

_SLOWER: Final = 4
"""After a timeout, the sink gets this many times fewer events of that batch per call."""

_JITTER: Final = 0.2

_UNKNOWN: Final = object()
"""The state of the sink is unknown: an earlier relay may have stored an error."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The relay's times, in seconds.

    ``look``: between polls of the outbox without notifications. ``patience``: how long events without a
    notification may wait for the end of their import. ``deliver``: the time limit of one delivery.
    ``retry``: before the second attempt at a batch, the third, …; after the last one the batch is given up.
    ``pause`` (first, longest): how long a failing sink is left alone; doubled each time.
    """

    look: float = 1.0
    patience: float = 10.0
    deliver: float = 60.0
    retry: tuple[float, ...] = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400)
    pause: tuple[float, float] = (1.0, 60.0)


class Deliverer:
    """Delivers to ``sink`` of the package ``origin``. ``wake`` is set when batches may be due."""

    def __init__(self, sink: EventSink, origin: str, outbox: Outbox, host: SinkHost, pace: Pace) -> None:
        self.wake = asyncio.Event()
        self._sink = sink
        self._in_order = isinstance(sink, OrderedSink) and sink.in_order
        most = sink.most_events if isinstance(sink, LimitedSink) else MOST_EVENTS
        self._most = max(1, min(most, MOST_EVENTS))
        self._origin = origin
        self._outbox = outbox
        self._host = host
        self._pace = pace
        self._failures = 0
        self._told: object = _UNKNOWN

    async def run(self, stop: asyncio.Event, *, once: bool) -> None:
        """Delivers until ``stop`` is set or, if ``once``, until no batch is due."""
        while not stop.is_set():
            try:
                await self._connected(stop, once=once)
            except SinkFailed as failure:
                await self._tell(str(failure))
                _logger.warning(
                    "The event sink %r (%s) isn't ready: %s", self._sink.name, self._origin, failure
                )
                self._failures += 1
                pause = self._pause()
            except DatabaseError as error:
                _logger.warning("The event sink %r waits: %s", self._sink.name, error)
                pause = TROUBLE_SECONDS
            else:
                return
            if once:
                return
            await wait_for_any(pause, stop)

    async def _connected(self, stop: asyncio.Event, *, once: bool) -> None:
        async with (
            IsolatedSink.open(self._sink, self._host, self._pace.deliver) as isolated,
            self._outbox.queue(self._sink.name, wait=not once, in_order=self._in_order) as queue,
        ):
            while queue is not None and not stop.is_set():
                isolated.check()
                if isolated.busy:
                    await self._tell("It is still at a batch that took too long.")
                    if once:
                        return
                    await wait_for_any(self._pause(), stop)
                    continue
                self.wake.clear()
                queued = await queue.next(self._values())
                if queued is not None:
                    if not await self._deliver(isolated, queue, queued) and not once:
                        await wait_for_any(self._pause(), stop)
                elif once:
                    return
                else:
                    await wait_for_any(self._pace.look, self.wake, stop)

    def _values(self) -> EventValues:
        return self._sink.values if isinstance(self._sink, DetailedSink) else "none"

    async def _deliver(self, isolated: IsolatedSink, queue: SinkQueue, queued: QueuedBatch) -> bool:
        most = min(self._most, queued.most or self._most)
        total, taken = queued.batch.data.num_rows, queued.taken
        try:
            for part in _parts(queued.batch, taken, most):
                await isolated.deliver(part)
                taken += part.data.num_rows
                if taken < total:
                    await queue.taken(queued.batch.id, taken)
        except MoreValuesWanted:
            if self._values() != queued.batch.values:
                return True  # the batch is still due, and has these values when it is read again
            await self._failed(queue, queued, "it wants more values, but doesn't name them.", None)
            return False
        except SinkFailed as failure:
            slow = isinstance(failure, SinkTooSlow) and min(most, total - taken) > 1
            fewer = max(1, min(most, total - taken) // _SLOWER) if slow else None
            attempts = queued.attempts if taken == queued.taken else 0
            await self._failed(queue, replace(queued, attempts=attempts), str(failure), fewer)
            return False
        self._failures = 0
        await queue.delivered(queued.batch.id)
        await self._tell(None)
        return True

    async def _failed(self, queue: SinkQueue, queued: QueuedBatch, reason: str, most: int | None) -> None:
        retry = self._pace.retry
        seconds = None
        then = "it is given up."
        if queued.attempts < len(retry):
            seconds = retry[queued.attempts] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
            then = f"it is tried again in {seconds:.0f} s."
        _logger.warning(
            "The event sink %r (%s) failed on batch %s; %s Reason: %s",
            self._sink.name, self._origin, queued.batch.id, then, reason,
        )  # fmt: skip
        self._failures += 1
        await queue.failed(queued.batch.id, reason, seconds, most)
        await self._tell(reason)

    async def _tell(self, reason: str | None) -> None:
        if reason != self._told:
            with suppress(DatabaseError):  # the reason is in the log, too
                await self._outbox.tell(self._sink.name, reason)
                self._told = reason

    def _pause(self) -> float:
        first, longest = self._pace.pause
        return min(longest, first * 2.0 ** min(self._failures - 1, 30))


async def wait_for_any(seconds: float, *events: asyncio.Event) -> None:
    """Waits until one of the events is set, for ``seconds`` at most."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def _parts(batch: EventBatch, taken: int, most: int) -> Iterator[EventBatch]:
    """Yields the events of the batch that the sink hasn't taken, at most ``most`` at a time.

    The data are cut at the same places each time, until the sink turns out to be too slow: then they are cut
    into smaller parts, never into larger ones.
    """
    for first in range(taken, batch.data.num_rows, most):
        yield replace(batch, data=batch.data.slice(first, most), first=first)
