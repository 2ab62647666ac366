"""Sends due deliveries: each endpoint has its own channel, so a hanging endpoint doesn't slow the others."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import asyncpg

from product_importer_webhooks.channel import Channel

if TYPE_CHECKING:
    import aiohttp

    from product_importer_webhooks.model import Endpoint
    from product_importer_webhooks.queue import Queue

_logger = logging.getLogger(__name__)

OUTAGES: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The errors that a temporary outage of the database causes."""

_LOOK_SECONDS: Final = 0.25
_TROUBLE_SECONDS: Final = 2.0
_HOUSEKEEPING_SECONDS: Final = 3_600.0

_REST_SECONDS: Final = 1.0
"""How long an endpoint is skipped if a delivery is due but none may be sent: a product's earlier events may
have to come first, or another sender was faster.
"""


class Sender:
    """Sends until cancelled; :meth:`wake` says that a delivery is due. Several senders may run at once."""

    def __init__(self, queue: Queue, session: aiohttp.ClientSession, keep_days: int) -> None:
        self._queue = queue
        self._session = session
        self._keep_days = keep_days
        self._wake = asyncio.Event()
        self._channels: dict[int, asyncio.Task[None]] = {}
        self._resting: dict[int, float] = {}

    def wake(self) -> None:
        self._resting.clear()
        self._wake.set()

    async def run(self) -> None:
        try:
            kept_house: float | None = None
            while True:
                pause = _LOOK_SECONDS
                try:
                    if kept_house is None or time.monotonic() - kept_house > _HOUSEKEEPING_SECONDS:
                        await self._keep_house()
                        kept_house = time.monotonic()
                    self._wake.clear()
                    for endpoint in await self._queue.ready():
                        if endpoint.id not in self._channels and not self._rests(endpoint.id):
                            self._open(endpoint)
                except OUTAGES as error:
                    _logger.warning("Webhooks wait: the database can't be asked: %s", error)
                    pause = _TROUBLE_SECONDS
                except Exception:
                    _logger.exception("Webhooks wait: what is due is not known for now")
                    pause = _TROUBLE_SECONDS
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
        finally:
            for channel in self._channels.values():
                channel.cancel()
            await asyncio.gather(*self._channels.values(), return_exceptions=True)

    async def _keep_house(self) -> None:
        today = datetime.now(UTC).date()
        for day in (today, today + timedelta(days=1)):
            await self._queue.make_day(day)
        if dropped := await self._queue.drop_days(self._keep_days):
            _logger.info("%d days of webhooks were dropped: they are older than is kept.", dropped)

    def _rests(self, endpoint_id: int) -> bool:
        return self._resting.get(endpoint_id, 0.0) > time.monotonic()

    def _open(self, endpoint: Endpoint) -> None:
        channel = Channel(self._queue, self._session, endpoint)
        task = asyncio.create_task(channel.run())
        self._channels[endpoint.id] = task
        task.add_done_callback(lambda _: self._close(endpoint.id, channel))

    def _close(self, endpoint_id: int, channel: Channel) -> None:
        task = self._channels.pop(endpoint_id)
        if channel.in_vain:
            self._resting[endpoint_id] = time.monotonic() + _REST_SECONDS
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, OUTAGES):
            _logger.warning("Webhook %d waits: the database can't be asked: %s", endpoint_id, error)
        else:
            _logger.error("Webhook %d is interrupted: %s", endpoint_id, error, exc_info=error)
