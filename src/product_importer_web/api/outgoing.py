"""Answers of any length, sent piece by piece, but not to somebody who doesn't read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer_web.keys import EXPORTS, SETTINGS
from product_importer_web.problems import Problem

MOST_EXPORTS: Final = 4
"""Exports of one process at once: each holds a connection to the database, and a view of one moment."""

_RETRY_SECONDS: Final = 10


@asynccontextmanager
async def a_turn(request: web.Request) -> AsyncIterator[None]:
    """One of the exports that may be under way at once. Raises :class:`Problem`, 503, where all are."""
    turns = request.app[EXPORTS]
    if turns.locked():
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "too_many_exports",
            f"{MOST_EXPORTS} exports are under way. Try again when one of them has ended.",
            headers={"Retry-After": str(_RETRY_SECONDS)},
        )
    async with turns:
        yield


async def send_pieces(
    request: web.Request, response: web.StreamResponse, pieces: AsyncIterable[bytes]
) -> None:
    """Writes the answer's body to its end.

    Raises ConnectionResetError where nothing of it is read for as long as an upload may stand still.
    """
    await response.prepare(request)
    if request.method != "HEAD":
        async for piece in pieces:
            await _read_in_time(request, response.write(piece))
    await _read_in_time(request, response.write_eof())


async def _read_in_time(request: web.Request, writing: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(request.app[SETTINGS].read_timeout):
            await writing
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("Whoever asked doesn't read the answer.") from None
