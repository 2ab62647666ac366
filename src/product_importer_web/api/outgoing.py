"""Sends responses of any length in pieces, and gives up on clients that don't read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from aiohttp import web

from product_importer import Importer
from product_importer_web.keys import EXPORTS, SETTINGS
from product_importer_web.problems import Problem

MOST_EXPORTS: Final = 4
"""Maximum number of concurrent exports in one process: each holds a database connection and a snapshot."""

CSV: Final = "csv"
CSV_TYPE: Final = "text/csv; charset=utf-8; header=present"

FORMAT: Final = "{format:[a-z][a-z0-9]{1,19}}"
"""The name of an exporter, as a part of a path."""

_RETRY_SECONDS: Final = 10


def media_type_of(importer: Importer, name: str) -> str:
    """Returns the media type of a format for exports. Raises 404 if no plugin has it."""
    if name == CSV:
        return CSV_TYPE
    if (exporter := importer.plugins.exporters.get(name)) is None:
        raise web.HTTPNotFound
    return exporter.media_type


def attachment(filename: str) -> dict[str, str]:
    """Returns the header by which a browser saves the answer under this name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}"}


async def begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Returns the pieces of a file, of which the first one is there: its errors are raised here, before
    anything is sent.
    """
    first = await anext(pieces, b"")

    async def all_pieces() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_pieces()


@asynccontextmanager
async def a_turn(request: web.Request) -> AsyncIterator[None]:
    """Takes one of the turns for concurrent exports. Raises :class:`Problem`, 503, if none is free."""
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
    """Writes the response's body to its end.

    Raises ConnectionResetError if the client reads nothing for as long as an upload may pause.
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
