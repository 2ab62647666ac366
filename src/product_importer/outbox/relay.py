"""Queues fresh events for the sinks, and runs a worker for each sink."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from product_importer.errors import DatabaseError
from product_importer.outbox.delivering import TROUBLE_SECONDS, Deliverer, Pace, wait_for_any

if TYPE_CHECKING:
    from product_importer.ports import Outbox, SinkHost
    from product_importer.registry import PluginSet

__all__ = ["Pace", "Relay"]

_logger = logging.getLogger(__name__)

_HOUSEKEEPING_SECONDS: Final = 60.0
_LAST_SECONDS: Final = 5.0


class Relay:
    """Takes events to the sinks. Any number of relays may run: each sink gets each event from one.

    A relay that is killed loses nothing: unconfirmed batches are delivered again unchanged.
    """

    def __init__(
        self,
        outbox: Outbox,
        plugins: PluginSet,
        host: SinkHost,
        pace: Pace = Pace(),  # noqa: B008 - frozen
    ) -> None:
        self._outbox = outbox
        self._pace = pace
        self._workers = [
            Deliverer(sink, plugins.origin("event sink", name), outbox, host, pace)
            for name, sink in plugins.event_sinks.items()
        ]
        self._names = tuple(plugins.event_sinks)
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until ``stop`` is set. Deliveries in progress then get some seconds to end."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._fan_out(stop))]
            tasks += [group.create_task(worker.run(stop, once=False)) for worker in self._workers]
            await stop.wait()
            _, late = await asyncio.wait(tasks, timeout=_LAST_SECONDS)
            for task in late:
                task.cancel()

    async def run_once(self) -> None:
        """Delivers due batches of the sinks that no other relay holds. Raises :class:`DatabaseError`."""
        await self._outbox.register(self._names)
        while await self._outbox.fan_out(0.0):
            pass
        stop = asyncio.Event()
        await asyncio.gather(*(worker.run(stop, once=True) for worker in self._workers))
        await self._outbox.tidy()

    async def _fan_out(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._outbox.register(self._names)
                await self._outbox.tidy()
                async with self._outbox.listening(self._wake.set) as listens:
                    self._wake.set()  # there may have been notifications before
                    until = time.monotonic() + _HOUSEKEEPING_SECONDS
                    while listens() and not stop.is_set() and time.monotonic() < until:
                        await self._fan_out_now(stop)
            except DatabaseError as error:
                _logger.warning("The relay waits: %s", error)
                await wait_for_any(TROUBLE_SECONDS, stop)

    async def _fan_out_now(self, stop: asyncio.Event) -> None:
        """Queues fresh events; if there are none, waits until there may be some."""
        told = self._wake.is_set()
        self._wake.clear()
        if await self._outbox.fan_out(0.0 if told else self._pace.patience):
            self._wake.set()  # there may be more
            for worker in self._workers:
                worker.wake.set()
        else:
            await wait_for_any(self._pace.look, self._wake, stop)
