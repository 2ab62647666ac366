"""``product-importer worker``: does background work."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from product_importer.tuning import tune_process
from product_importer_web.jobs.worker import Worker
from product_importer_web.roles.parts import Parts, opened, stop_signal
from product_importer_web.settings import WebSettings

_logger = logging.getLogger(__name__)


async def run_worker(settings: WebSettings, *, attached: bool) -> None:
    """Works until asked to stop. If ``attached``, the end of standard input asks for it, too."""
    tune_process()
    stop = stop_signal()
    if attached:
        _stop_with_input(stop)
    async with opened(settings) as parts:
        await work(parts, stop)


async def work(parts: Parts, stop: asyncio.Event) -> None:
    _logger.info("Worker %d waits for work", os.getpid())
    await Worker(parts.importer, parts.queues).run(stop.wait)
    _logger.info("Worker %d has stopped", os.getpid())


def _stop_with_input(stop: asyncio.Event) -> None:
    """However the process at the other end of the pipe ends, the kernel closes it."""
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, read)
