"""Sends progress by websocket: each watched object has one reader, however many watchers it has.

While there are watchers, the reader queries the library a few times a second and encodes the message once.
Each watcher gets the newest message when it is ready for it; a watcher that isn't ready for too long is
dropped.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from product_importer.errors import ProductImporterError

_logger = logging.getLogger(__name__)

READ_SECONDS: Final = 0.4
"""Seconds between two messages about a running import: half a second is promised."""

_SLOW_SECONDS: Final = 10.0
_PING_SECONDS: Final = 20.0
_LONGEST_MESSAGE: Final = 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of a watched object. ``running``: messages are sent even without a change."""

    message: Mapping[str, Any]
    running: bool
    ended: bool


Read = Callable[[], Awaitable[Snapshot]]


class Feed:
    """The newest message about one object. ``changed`` is set, and replaced, with every new message."""

    def __init__(self) -> None:
        self.message: bytes | None = None
        self.ended = False
        self.changed = asyncio.Event()
        self.watchers = 0

    def tell(self, message: bytes, *, ended: bool) -> None:
        self.message, self.ended = message, ended
        told, self.changed = self.changed, asyncio.Event()
        told.set()


class Hub:
    """All objects that are watched in this process, by name."""

    def __init__(self) -> None:
        self._feeds: dict[str, tuple[Feed, asyncio.Task[None]]] = {}
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def watchers(self) -> int:
        return len(self._sockets)

    async def follow(self, request: web.Request, name: str, read: Read) -> web.WebSocketResponse:
        """Answers the request: with the present state at once, then each change, and finally the end state.

        ``read`` reads the object of this ``name``, and raises the library's errors: before the connection
        becomes a websocket, these become ordinary responses.
        """
        await read()
        socket = web.WebSocketResponse(heartbeat=_PING_SECONDS, max_msg_size=_LONGEST_MESSAGE, compress=False)
        if not socket.can_prepare(request):
            raise web.HTTPBadRequest(
                text="Progress is told over a websocket. Connect to this address with one."
            )
        await socket.prepare(request)
        feed = self._enter(name, read)
        self._sockets.add(socket)
        sending = asyncio.create_task(_send(socket, feed, request.transport))
        try:
            async for _ in socket:  # watchers send nothing; the loop answers pings and sees the end
                pass
        finally:
            self._sockets.discard(socket)
            self._leave(name)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Closes all websockets, because this process ends; watchers may reconnect to another one."""
        going = [
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"restart", drain=False)
            for socket in self._sockets
        ]
        await asyncio.gather(*going, return_exceptions=True)

    def _enter(self, name: str, read: Read) -> Feed:
        if name not in self._feeds:
            feed = Feed()
            self._feeds[name] = feed, asyncio.create_task(_keep_reading(feed, name, read))
        feed, _ = self._feeds[name]
        feed.watchers += 1
        return feed

    def _leave(self, name: str) -> None:
        feed, reading = self._feeds[name]
        feed.watchers -= 1
        if feed.watchers == 0:
            reading.cancel()
            del self._feeds[name]


async def _keep_reading(feed: Feed, name: str, read: Read) -> None:
    last: Mapping[str, Any] | None = None
    failing = False
    while not feed.ended:
        try:
            snapshot = await read()
        except Exception as error:
            if not failing:
                ours = not isinstance(error, ProductImporterError)
                _logger.warning("How %s stands is not known for now: %s", name, error, exc_info=ours)
            failing = True
        else:
            failing = False
            if snapshot.running or snapshot.message != last:
                last = snapshot.message
                feed.tell(json.dumps(last, ensure_ascii=False).encode(), ended=snapshot.ended)
        await asyncio.sleep(READ_SECONDS)


async def _send(socket: web.WebSocketResponse, feed: Feed, transport: asyncio.Transport | None) -> None:
    """Sends messages until the end state; messages for which the watcher wasn't ready are skipped."""
    told: bytes | None = None
    while True:
        changed = feed.changed
        if feed.message is not None and feed.message is not told:
            told = feed.message
            ended = feed.ended
            try:
                async with asyncio.timeout(_SLOW_SECONDS):
                    await socket.send_frame(told, WSMsgType.TEXT)
            except TimeoutError:
                if transport is not None:
                    transport.abort()
                return
            except ConnectionError:
                return
            if ended:
                await socket.close()
                return
        await changed.wait()
