"""The event sink: puts events into the endpoints' queues, and keeps a sender at work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.ports import EventBatch, SinkHost
    from product_importer_webhooks.settings import WebhookSettings


class WebhookSink:
    """Has got events once they stand in its queues; its sender then takes them to the endpoints."""

    name = "webhooks"
    in_order = True
    """For the endpoints that need it: what is put first is sent first."""

    wanted = "EXISTS (SELECT FROM webhook_endpoints)"
    """Also while they are all disabled: what they miss is kept for them."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def connected(self, host: SinkHost) -> AsyncIterator[None]:
        """Sends meanwhile. Raises where the database can't be reached, or there is no key for secrets."""
        # Whoever only imports files need not wait for aiohttp.
        from product_importer_webhooks.running import running  # noqa: PLC0415

        async with running(host, self._settings) as self._running:
            yield

    async def deliver(self, batch: EventBatch) -> None:
        """Raises what asyncpg raises."""
        if await self._running.queue.put(batch):
            self._running.sender.wake()
