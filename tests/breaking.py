"""A connection that breaks where a test wants it to."""

import asyncio
from contextlib import asynccontextmanager, suppress

BLOCK = 65_536


class Proxy:
    """Each connection breaks once so many bytes have gone through; those after the last one hold."""

    def __init__(self, port, after):
        self._target = port
        self._after = list(after)
        self.broken = 0
        self.port = 0

    async def serve(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        await bridged(self._send(reader, back), there, writer, back)

    async def _send(self, reader, writer):
        """Requests without a body, such as those that ask how far it got, don't count."""
        sent = 0
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
            sent += len(block)
            if self._after and sent > self._after[0]:
                del self._after[0]
                self.broken += 1
                return


async def bridged(sending, there, writer, back):
    """Until one side ends: what comes from ``there`` goes to ``writer``; ``sending`` writes to ``back``."""
    pumps = [asyncio.create_task(sending), asyncio.create_task(pump(there, writer))]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for end in (writer, back):
            end.transport.abort()


async def pump(reader, writer):
    while block := await reader.read(BLOCK):
        writer.write(block)
        await writer.drain()


@asynccontextmanager
async def breaking_proxy(port, after):
    proxy = Proxy(port, after)
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        with suppress(OSError):
            await proxy.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
