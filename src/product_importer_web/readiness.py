"""Checks whether everything works that is needed to serve."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from redis.exceptions import OutOfMemoryError, RedisError

from product_importer.errors import MigrationError, ProductImporterError

_logger = logging.getLogger(__name__)

GOOD: Final = "ok"
_SECONDS: Final = 2.0
_LATE: Final = f"no answer within {_SECONDS:g} seconds"

Check = Callable[[], Awaitable[None]]


class Readiness:
    """Runs the checks within a time limit, however many clients ask, and even if a check hangs."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = MappingProxyType(dict(checks))
        self._running: dict[str, asyncio.Task[str]] = {}
        self._told: dict[str, str] = {}

    async def found(self) -> dict[str, str]:
        """Returns for each check's name ``ok``, or what is wrong.

        A check that hangs continues after the time limit: cancelling a driver's call may take longer than
        clients wait. Later requests join the running check.
        """
        for name, check in self._checks.items():
            if name not in self._running or self._running[name].done():
                self._running[name] = asyncio.create_task(self._tried(name, check))
        running = dict(self._running)
        await asyncio.wait(running.values(), timeout=_SECONDS)
        return {name: task.result() if task.done() else _LATE for name, task in running.items()}

    async def close(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _tried(self, name: str, check: Check) -> str:
        try:
            async with asyncio.timeout(_SECONDS):
                await check()
        except TimeoutError:
            reason = told = _LATE
        except (ProductImporterError, RedisError) as error:
            reason, told = str(error), _for_strangers(error)
        else:
            reason = told = GOOD
        if reason not in (GOOD, self._told.get(name)):
            _logger.warning("Not ready, %s: %s", name, reason)
        self._told[name] = reason
        return told


def _for_strangers(error: Exception) -> str:
    """Returns the reason for the public: paths, and other programs' messages, appear in the log only."""
    if isinstance(error, MigrationError):
        return str(error)
    if isinstance(error, OutOfMemoryError):
        return "It is full: raise its maxmemory."
    return "It can't be used; the log says why."
