"""Removes expired uploads, files that are no longer needed, and old changes, at regular intervals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from product_importer import Importer
from product_importer.errors import ProductImporterError
from product_importer_web.keys import IMPORTER

_logger = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 600.0


async def tidying(app: web.Application) -> AsyncIterator[None]:
    """Removes them while the application runs; any number of processes may do so at the same time."""
    task = asyncio.create_task(_tidy(app[IMPORTER]))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _tidy(importer: Importer) -> None:
    while True:
        try:
            await importer.uploads.tidy()
            await importer.changes.tidy()
        except ProductImporterError as error:
            _logger.warning("What has expired stays for now: %s", error)
        except Exception:
            _logger.exception("What has expired stays for now")
        await asyncio.sleep(PAUSE_SECONDS)
