"""A wire between browser and server that a test can narrow, cut and mend."""

import asyncio
from contextlib import asynccontextmanager, suppress

from breaking import BLOCK, bridged


class Wire:
    """Lets ``allowed`` bytes through to the server, and of each connection the first few in any case.

    What is too much waits. While it is ``cut``, nothing gets through at all.
    """

    def __init__(self, port):
        self._target = port
        self._more = asyncio.Event()
        self._waiting = asyncio.Event()
        self._open = set()
        self._cut = False
        self.allowed = 0
        self.url = ""

    def allow(self, count):
        self.allowed += count
        self._waiting.clear()
        self._more.set()

    async def used_up(self):
        """Returns once more than what is allowed wants to get through."""
        await self._waiting.wait()

    def cut(self):
        self._cut = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self):
        self._cut = False

    async def serve(self, reader, writer):
        if self._cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, back}
        try:
            await bridged(self._send(reader, back), there, writer, back)
        finally:
            self._open -= {writer, back}

    async def _send(self, reader, writer):
        sent = 0
        while block := await reader.read(BLOCK):
            sent += len(block)
            if sent > BLOCK:
                while self.allowed < len(block):
                    self._more.clear()
                    self._waiting.set()
                    await self._more.wait()
                self.allowed -= len(block)
            writer.write(block)
            await writer.drain()


@asynccontextmanager
async def wire_to(url):
    """A wire to the server at ``url``, which is reached at the wire's own ``url`` then."""
    wire = Wire(int(url.rsplit(":", 1)[1]))
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        with suppress(OSError):
            await wire.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield wire
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
