"""Runs the sink; a module of its own, because its imports take time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import asyncpg

from product_importer.support.connections import pooled
from product_importer.support.namespace import session_name
from product_importer_webhooks.client import http_session
from product_importer_webhooks.endpoints import Endpoints
from product_importer_webhooks.queue import Queue
from product_importer_webhooks.sender import Sender
from product_importer_webhooks.vault import Vault

if TYPE_CHECKING:
    from product_importer.ports import SinkHost
    from product_importer_webhooks.settings import WebhookSettings

_CONNECTIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Running:
    """The queue, and the sender that empties it."""

    queue: Queue
    sender: Sender


@asynccontextmanager
async def running(host: SinkHost, settings: WebhookSettings) -> AsyncIterator[Running]:
    """Runs a sender while the context is open. Raises asyncpg's errors, and SettingsError if
    there is no key.
    """
    vault = await asyncio.to_thread(Vault.open)
    async with (
        asyncpg.create_pool(
            host.database_url,
            min_size=0,
            max_size=_CONNECTIONS,
            server_settings={"application_name": session_name(host.schema, "webhooks")},
        ) as pool,
        http_session(settings.allow) as session,
    ):
        connect = partial(pooled, pool)
        queue = Queue(connect, Endpoints(connect, vault))
        sender = Sender(queue, session, settings.keep_days)
        sending = asyncio.create_task(sender.run())
        try:
            yield Running(queue, sender)
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
