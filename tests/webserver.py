"""A web server with a few files, for what fetches them."""

import asyncio
from contextlib import asynccontextmanager
from ipaddress import ip_network
from urllib.parse import unquote

from aiohttp import web

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
CSV = b"sku,name\nA,Apple\nB,Pear\n"


class Site:
    """Answers by ``handlers``, by path; ``requests`` are the ones that came, ``url`` is where it is."""

    def __init__(self):
        self.handlers = {}
        self.requests = []
        self.url = ""

    def add(self, path, answer):
        """Answers with a function of the request, with a response's bytes, or a redirection's address."""
        self.handlers[unquote(path)] = answer
        return f"{self.url}{path}"

    async def handle(self, request):
        self.requests.append(request)
        answer = self.handlers.get(request.path)
        if answer is None:
            raise web.HTTPNotFound
        if isinstance(answer, str):
            raise web.HTTPFound(answer)
        return web.Response(body=answer) if isinstance(answer, bytes) else await answer(request)


class Slow:
    """Sends the beginning of a file, and the rest once ``go`` is set."""

    def __init__(self, content=CSV):
        self.content = content
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, request):
        response = web.StreamResponse(headers={"Content-Length": str(len(self.content))})
        await response.prepare(request)
        await response.write(self.content[:5])
        self.begun.set()
        await self.go.wait()
        await response.write(self.content[5:])
        return response


@asynccontextmanager
async def site(ssl_context=None):
    """A running :class:`Site` on loopback."""
    made = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context).start()
        scheme = "https" if ssl_context else "http"
        made.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
