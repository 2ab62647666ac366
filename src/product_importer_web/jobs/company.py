"""Runs tasks side by side in one process, and some tasks alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Company:
    """Admits tasks of one event loop.

    A task that must run alone waits until no other task runs; tasks that come meanwhile wait for its end.
    """

    def __init__(self) -> None:
        self._working = 0
        self._lonely = 0  # number of tasks that run alone, or wait for that
        self._waiting: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def joined(self, stop: asyncio.Event, *, alone: bool) -> AsyncIterator[bool]:
        """Waits for the task's turn. Gives True if it has come; False if ``stop`` was set before."""
        entering = asyncio.create_task(self._enter(alone=alone))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({entering, stopping}, return_when=asyncio.FIRST_COMPLETED)
            yield entering.done() and not stop.is_set()
        finally:
            stopping.cancel()
            entering.cancel()
            await asyncio.gather(entering, stopping, return_exceptions=True)
            if not entering.cancelled():
                self._working -= 1
                self._lonely -= alone
                self._look_again()

    async def _enter(self, *, alone: bool) -> None:
        self._lonely += alone
        try:
            while self._working if alone else self._lonely:
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.append(waiter)
                await waiter
        except asyncio.CancelledError:
            self._lonely -= alone
            self._look_again()
            raise
        self._working += 1

    def _look_again(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()
