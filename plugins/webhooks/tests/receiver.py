"""A receiver of webhooks: every request is verified by the public Standard Webhooks library."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

from aiohttp import web
from standardwebhooks import Webhook

from product_importer_webhooks.endpoints import Endpoints
from product_importer_webhooks.model import EndpointDraft
from product_importer_webhooks.queue import Queue
from product_importer_webhooks.signing import secret_text
from product_importer_webhooks.vault import Vault

PATIENCE = 30.0


async def until(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while not (value := await condition() if asyncio.iscoroutinefunction(condition) else condition()):
        assert time.monotonic() < end, f"waited {patience} s in vain until {what}"
        await asyncio.sleep(0.01)
    return value


class Receiver:
    """``answers``: handlers for the first requests; then it answers 200."""

    def __init__(self):
        self.secrets = []
        self.requests = []
        self.answers = []
        self.url = ""

    async def handle(self, request):
        body = await request.read()
        for secret in self.secrets:
            Webhook(secret).verify(body, dict(request.headers))
        self.requests.append((dict(request.headers), body))
        if self.answers:
            return await self.answers.pop(0)(request)
        return web.Response(text="thanks")

    @property
    def documents(self):
        return [json.loads(body) for _, body in self.requests]

    @property
    def events(self):
        """Every event in the order in which they came."""
        found = []
        for document in self.documents:
            found += document["events"] if document["type"] == "batch" else [document]
        return found

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _ in self.requests]


@asynccontextmanager
async def receiving(ssl_context=None):
    receiver = Receiver()
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/{tail:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context)
    await site.start()
    scheme = "https" if ssl_context else "http"
    receiver.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


class Hooks:
    """The endpoints and queues of an importer's database."""

    def __init__(self, importer):
        self.importer = importer
        self.endpoints = Endpoints(importer.database.connection, Vault.open())
        self.queue = Queue(importer.database.connection, self.endpoints)

    async def add(self, receiver, **values):
        endpoint, secret = await self.endpoints.create(EndpointDraft(receiver.url, **values), actor="user:1")
        receiver.secrets = [secret_text(secret)]
        return endpoint

    async def states(self, endpoint):
        """How many deliveries are in each state."""
        async with self.importer.database.connection() as connection:
            return dict(
                await connection.fetch(
                    "SELECT state, count(*) FROM webhook_deliveries WHERE endpoint_id = $1 GROUP BY 1",
                    endpoint.id,
                )
            )

    async def all_delivered(self, endpoint):
        """Looked at in the direction in which events move: what was seen nowhere is nowhere before."""
        if await self.importer.sinks.fresh():
            return False
        if any(state.waiting for state in await self.importer.sinks.states()):
            return False
        return {*await self.states(endpoint)} == {"delivered"}

    async def hurry(self):
        """What waits for another attempt is due now."""
        async with self.importer.database.connection() as connection:
            await connection.execute(
                "BEGIN; UPDATE webhook_endpoints SET paused_until = NULL;"
                " UPDATE webhook_deliveries SET due_at = now() WHERE state = 'waiting';"
                " UPDATE sink_deliveries SET due_at = now() WHERE due_at > now(); COMMIT"
            )

    async def execute(self, sql, *values):
        async with self.importer.database.connection() as connection:
            return await connection.fetch(sql, *values)

    @asynccontextmanager
    async def relaying(self):
        stop = asyncio.Event()
        task = asyncio.create_task(self.importer.sinks.relay(stop))
        try:
            yield
        finally:
            stop.set()
            await task
