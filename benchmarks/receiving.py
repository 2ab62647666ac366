"""A receiver of webhooks that verifies every request, beside one that never answers."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from standardwebhooks import Webhook

from benchmarks.database import WrongResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Receiver:
    """``address``/well answers at once, ``address``/hanging never. ``secret``: what well verifies with."""

    def __init__(self) -> None:
        self.address = ""
        self.secret: str | None = None
        self.requests = 0
        self.seen: dict[str, float] = {}
        """When each event arrived for the first time (``time.perf_counter``)."""
        self.over = asyncio.Event()
        self._arrived = asyncio.Event()

    async def well(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.secret is not None:
            Webhook(self.secret).verify(body, dict(request.headers))
        document = json.loads(body)
        now = time.perf_counter()
        self.requests += 1
        for event in document["events"] if document["type"] == "batch" else (document,):
            self.seen.setdefault(event["id"], now)
        self._arrived.set()
        return web.Response()

    async def hanging(self, request: web.Request) -> web.Response:
        await request.read()
        await self.over.wait()
        return web.Response(status=503)

    async def until(self, events: int, seconds: float) -> None:
        """Returns once it has so many events. Raises WrongResult if that takes longer."""
        end = time.perf_counter() + seconds
        while len(self.seen) < events:
            self._arrived.clear()
            try:
                async with asyncio.timeout(end - time.perf_counter()):
                    await self._arrived.wait()
            except TimeoutError:
                raise WrongResult(
                    f"{len(self.seen):,} events of {events:,} arrived in {seconds:g} s."
                ) from None

    async def all(self, events: int, seconds: float) -> None:
        """The same, but it may not have more, either."""
        await self.until(events, seconds)
        if len(self.seen) > events:
            raise WrongResult(f"{len(self.seen):,} events arrived, not {events:,}.")

    def forget(self) -> None:
        self.seen.clear()
        self.requests = 0


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/well", receiver.well)
    app.router.add_post("/hanging", receiver.hanging)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield receiver
    finally:
        receiver.over.set()
        await runner.cleanup()
