"""The parts that every role needs: the library and the queues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from product_importer import Importer
from product_importer.embedded import EmbeddedValkey
from product_importer.settings import load_settings
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.settings import WebSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts, which are open while the role runs."""

    importer: Importer
    queues: Queues
    settings: WebSettings


@asynccontextmanager
async def opened(settings: WebSettings) -> AsyncIterator[Parts]:
    """Opens the parts. Servers that DATABASE_URL and REDIS_URL don't name are started, or joined.

    Raises the errors of :meth:`product_importer.Importer.open`.
    """
    own = load_settings()
    async with AsyncExitStack() as stack:
        redis_url = settings.redis_url
        if redis_url is None:
            redis_url = (await stack.enter_async_context(EmbeddedValkey.open(own.data_dir))).url
        importer = await stack.enter_async_context(Importer.open(settings=own))
        queues = await stack.enter_async_context(Queues.open(redis_url, KINDS, own.schema))
        yield Parts(importer, queues, settings)
