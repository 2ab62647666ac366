"""``product-importer serve``: everything, in one tree of processes.

This process serves the pages. Its children, one for imports and one for events, do the work, so that they
slow one another down as little as possible.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from contextlib import suppress
from typing import Final

from product_importer.process.stopping import stop_signal
from product_importer_web.jobs.worker import DRAIN_SECONDS
from product_importer_web.roles.parts import opened
from product_importer_web.roles.web import serving
from product_importer_web.settings import WebSettings

_logger = logging.getLogger(__name__)

_CHILDREN: Final = ("worker", "relay")
_KILL_SECONDS: Final = DRAIN_SECONDS + 3.0
_SHORTEST_LIFE: Final = 10.0
_LONGEST_PAUSE: Final = 30.0


async def run_serve(settings: WebSettings, host: str, port: int) -> None:
    """Serves and works until asked to stop. Raises :class:`UsageError` if the address can't be used."""
    stop = stop_signal()
    async with opened(settings) as parts, serving(parts, host, port), asyncio.TaskGroup() as group:
        for role in _CHILDREN:
            group.create_task(_keep(role, stop))


async def _keep(role: str, stop: asyncio.Event) -> None:
    """Keeps one child running: a dead child is replaced, at once if it had lived for a while."""
    pause = 0.0
    while not stop.is_set():
        began = time.monotonic()
        status = await _run(role, stop)
        if stop.is_set():
            return
        pause = 0.0 if time.monotonic() - began > _SHORTEST_LIFE else min(2 * pause + 1, _LONGEST_PAUSE)
        _logger.error("The %s ended with status %d; another starts in %d seconds", role, status, pause)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()


async def _run(role: str, stop: asyncio.Event) -> int:
    """Runs a child and returns its exit status. If this process is killed, the child's input ends it."""
    # -P: a file in the working directory must not be imported in place of a module.
    command = (sys.executable, "-P", "-m", "product_importer", role, "--attached")
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    ending = asyncio.create_task(process.wait())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            process.terminate()
            await asyncio.wait({ending}, timeout=_KILL_SECONDS)
    finally:
        stopping.cancel()
        if process.returncode is None:
            process.kill()
    return await ending
