"""Reads the bytes of a body as they arrive, with a limit for their number and for the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from aiohttp import ClientError, web
from aiohttp.http_exceptions import PayloadEncodingError

from product_importer_web.keys import SETTINGS
from product_importer_web.problems import too_large, too_slow

T = TypeVar("T")

_LEAST_BYTES: Final = 16_384
"""Bytes that must arrive within the time limit: a very slow sender is treated as a silent one."""


class Incoming:
    """A request's body. Every method raises :class:`Problem`, 413 or 408, and ConnectionResetError if the
    sender breaks off.
    """

    def __init__(self, request: web.Request) -> None:
        settings = request.app[SETTINGS]
        self._request = request
        self._limit = settings.max_upload
        self._seconds = settings.read_timeout

    def check_length(self, slack: int = 0) -> None:
        """Refuses a body whose declared length is too large, before reading it."""
        if (self._request.content_length or 0) > self._limit + slack:
            raise too_large(self._limit)

    async def whole(self) -> bytes:
        """Returns a body that fits into memory. Raises aiohttp's own 413 if it doesn't."""
        return await self.within(self._request.read())

    def blocks(self) -> AsyncIterator[bytes]:
        """Yields the whole body in blocks."""
        return self.blocks_of(self._request.content.readany)

    async def blocks_of(self, read: Callable[[], Awaitable[bytes]]) -> AsyncIterator[bytes]:
        """Yields the blocks that ``read`` returns, until it returns an empty one."""
        total = recent = 0
        left = self._seconds
        while True:
            began = time.monotonic()
            block = await self.within(read(), left)
            left -= time.monotonic() - began
            if not block:
                return
            total += len(block)
            recent += len(block)
            if total > self._limit:
                raise too_large(self._limit)
            if recent >= _LEAST_BYTES:
                recent, left = 0, self._seconds
            yield block

    async def within(self, reading: Awaitable[T], seconds: float | None = None) -> T:
        """Returns the result, if it comes within ``seconds``, or within the time limit by default."""
        try:
            async with asyncio.timeout(self._seconds if seconds is None else max(seconds, 0.0)):
                return await reading
        except TimeoutError:
            raise too_slow(
                f"Hardly anything has arrived for {self._seconds:g} seconds, so the request was given up."
            ) from None
        except (ClientError, PayloadEncodingError) as error:  # aiohttp's errors for a body that breaks off
            raise ConnectionResetError(str(error)) from error
