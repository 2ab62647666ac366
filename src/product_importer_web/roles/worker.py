"""``product-importer worker``: runs background work."""

from __future__ import annotations

import asyncio
import logging
import os

from product_importer.process.stopping import stop_signal, stop_with_input
from product_importer.support.temporary import remove_abandoned
from product_importer_web.jobs.worker import Worker
from product_importer_web.roles.parts import Parts, opened
from product_importer_web.settings import WebSettings

_logger = logging.getLogger(__name__)


async def run_worker(settings: WebSettings, *, attached: bool) -> None:
    """Works until asked to stop. If ``attached``, the end of standard input is such a request, too."""
    stop = stop_signal()
    if attached:
        stop_with_input(stop)
    await asyncio.to_thread(remove_abandoned)
    async with opened(settings) as parts:
        await work(parts, stop)


async def work(parts: Parts, stop: asyncio.Event) -> None:
    _logger.info("Worker %d waits for work", os.getpid())
    await Worker(parts.importer, parts.queues).run(stop.wait)
    _logger.info("Worker %d has stopped", os.getpid())
