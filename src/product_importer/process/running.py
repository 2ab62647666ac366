"""Runs commands that work until they are asked to stop: ``serve``, ``web``, ``worker``, ``relay``."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from product_importer.process.dropping import unprivileged

Role = Callable[[], Coroutine[Any, Any, None]]


def run_until_stopped(role: Role, *, database: bool = True, redis: bool = False, watch: bool = True) -> None:
    """Runs the role without root's rights; ``database`` and ``redis`` are those of :func:`unprivileged`.

    The role ends when this process is asked to stop. If ``watch``, it also ends if an embedded server is gone
    for good.

    Raises the errors of :func:`unprivileged` and of the role, and :class:`EmbeddedServerError` for such a
    server.
    """
    with unprivileged(database=database, redis=redis):
        asyncio.run(_watched(role) if watch else role())


async def _watched(role: Role) -> None:
    from product_importer.embedded.server import lost  # noqa: PLC0415 - every command loads this module

    running, losing = asyncio.create_task(role()), asyncio.create_task(lost())
    await asyncio.wait({running, losing}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        os.kill(os.getpid(), signal.SIGTERM)  # the role stops in good order, as always
        await asyncio.gather(running, return_exceptions=True)  # errors now come from the lack of that server
        raise losing.result()
    losing.cancel()
    await running
