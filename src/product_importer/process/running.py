"""Runs commands that work until they are asked to stop: ``serve``, ``web``, ``worker``, ``relay``."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from product_importer.errors import ProductImporterError
from product_importer.process.dropping import unprivileged

Role = Callable[[], Coroutine[Any, Any, None]]

_logger = logging.getLogger(__name__)


def run_until_stopped(
    role: Role, *, database: bool = True, redis: bool = False, attached: bool = False
) -> None:
    """Runs the role without root's rights; ``database`` and ``redis`` are those of :func:`unprivileged`.

    The role ends when this process is asked to stop, and if an embedded server is gone for good.

    ``attached``: another process has started this one, watches the embedded servers, and tells the person how
    the command ends. An error of the role then goes to the log, and the exit status is 1.

    Raises the errors of :func:`unprivileged` and of the role, and :class:`EmbeddedServerError` for such a
    server.
    """
    with unprivileged(database=database, redis=redis):
        if not attached:
            asyncio.run(_watched(role))
            return
        try:
            asyncio.run(role())
        except ProductImporterError as error:
            _logger.error("%s", error)  # noqa: TRY400 - the error was expected: its sentence says all
            sys.exit(1)


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
