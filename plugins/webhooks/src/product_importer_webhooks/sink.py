"""The sink: it puts events into the endpoints' queues and runs a sender."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from product_importer_webhooks.errors import ValuesLacking

if TYPE_CHECKING:
    from product_importer.ports import EventBatch, EventValues, SinkHost
    from product_importer_webhooks.settings import WebhookSettings


class WebhookSink:
    """Takes events by storing them in its queues; its sender then sends them to the endpoints."""

    name = "webhooks"
    in_order = True
    """Ordered endpoints need it: events that are put first are sent first."""

    wanted = "EXISTS (SELECT FROM webhook_endpoints)"
    """True also while all endpoints are disabled: their events are held for them."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self.values: EventValues = "none"
        """More only while a batch comes again because an endpoint wants its values."""

    @asynccontextmanager
    async def connected(self, host: SinkHost) -> AsyncIterator[None]:
        """Runs a sender. Raises if the database can't be reached, or there is no key for secrets."""
        # Imported here, because commands that only import files needn't load aiohttp.
        from product_importer_webhooks.running import running  # noqa: PLC0415

        async with running(host, self._settings) as self._running:
            yield

    async def deliver(self, batch: EventBatch) -> None:
        """Puts the batch into the queues. Raises asyncpg's errors, and :class:`ValuesLacking`."""
        try:
            count = await self._running.queue.put(batch)
        except ValuesLacking as lacking:
            self.values = lacking.values
            raise
        self.values = "none"
        if count:
            self._running.sender.wake()
