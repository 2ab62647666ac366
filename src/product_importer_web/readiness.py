"""Whether all is there that is needed to serve."""

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
    """Answers in time whether all is there that is needed, however many ask, and whatever hangs."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = MappingProxyType(dict(checks))
        self._running: dict[str, asyncio.Task[str]] = {}
        self._told: dict[str, str] = {}

    async def found(self) -> dict[str, str]:
        """By the check's name: ``ok``, or what is wrong.

        A check that hangs goes on without those who asked: to break off what a driver does may take longer
        than they wait. Whoever asks meanwhile joins it.
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
    """Anybody may ask: places, and other programs' words, are for the log."""
    if isinstance(error, MigrationError):
        return str(error)
    if isinstance(error, OutOfMemoryError):
        return "It is full: raise its maxmemory."
    return "It can't be used; the log says why."
