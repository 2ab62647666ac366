"""Fans fresh events out to the sinks' queues, and has each sink served by a worker of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from product_importer.errors import DatabaseError
from product_importer.outbox.delivering import Pace, SinkWorker

if TYPE_CHECKING:
    from product_importer.ports import Outbox, SinkHost
    from product_importer.registry import PluginSet

__all__ = ["Pace", "Relay"]

_logger = logging.getLogger(__name__)

_HOUSEKEEPING_SECONDS: Final = 60.0
_TROUBLE_SECONDS: Final = 2.0
_LAST_SECONDS: Final = 5.0


class Relay:
    """Any number of relays may run, anywhere: each event goes to each sink, whichever takes it there.

    Killed at any moment, it loses nothing: what a sink hadn't confirmed is delivered again, as it was.
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
            SinkWorker(sink, plugins.origin("event sink", name), outbox, host, pace)
            for name, sink in plugins.event_sinks.items()
        ]
        self._names = tuple(plugins.event_sinks)

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set. What is being delivered then gets some seconds to end."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._fan_out(stop))]
            tasks += [group.create_task(worker.run(stop, once=False)) for worker in self._workers]
            await stop.wait()
            _, late = await asyncio.wait(tasks, timeout=_LAST_SECONDS)
            for task in late:
                task.cancel()

    async def run_once(self) -> None:
        """Delivers what is due, as far as no other relay is at it. Raises :class:`DatabaseError`."""
        await self._outbox.register(self._names)
        while await self._outbox.fan_out():
            pass
        stop = asyncio.Event()
        await asyncio.gather(*(worker.run(stop, once=True) for worker in self._workers))
        await self._outbox.tidy()

    async def _fan_out(self, stop: asyncio.Event) -> None:
        kept_house: float | None = None
        while not stop.is_set():
            pause = self._pace.look
            try:
                if kept_house is None or time.monotonic() - kept_house > _HOUSEKEEPING_SECONDS:
                    await self._outbox.register(self._names)
                    await self._outbox.tidy()
                    kept_house = time.monotonic()
                if await self._outbox.fan_out():
                    pause = 0.0
                    for worker in self._workers:
                        worker.wake.set()
            except DatabaseError as error:
                _logger.warning("The relay waits: %s", error)
                pause = _TROUBLE_SECONDS
            if pause:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await stop.wait()
