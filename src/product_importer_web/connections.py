"""Serves connections: bodies aren't decompressed, and idle connections are closed."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from product_importer.support.logs import Seldom
from product_importer_web.middleware.headers import HEADERS
from product_importer_web.middleware.requests import HEADER as REQUEST_ID
from product_importer_web.problems import Problem, unexpected

_BACKLOG: Final = 128
_KEEPALIVE_SECONDS: Final = 75.0
_HEAD_SECONDS: Final = 30.0
_LINGERING_SECONDS: Final = 2.0
"""How long an unwanted body is still received, so that its sender can read the response."""

_CONTINUE: Final = "100-continue"
_SERVER: Final = "Product-Importer"
_MOST_DESCRIPTORS: Final = 65_536
_SHUTDOWN_SECONDS: Final = 3.0

_NO_DESCRIPTORS: Final = Seldom("socket.accept() out of system resource", 60.0)
"""asyncio logs this a hundred times a second while there are too many connections."""

_Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_logger = logging.getLogger(__name__)


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    socket: Path | None = None,
    *,
    head_seconds: float = _HEAD_SECONDS,
) -> AsyncIterator[int]:
    """Serves the application and gives the port. Raises OSError if the address can't be used.

    With ``socket``, the application is served on that Unix socket instead, to programs of the current user
    only. A connection on which no request's head is complete within ``head_seconds`` is closed.
    """
    logging.getLogger("asyncio").addFilter(_NO_DESCRIPTORS)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        loop = asyncio.get_running_loop()
        manager = runner.server
        assert manager is not None, "it has been set up"
        manager.request_handler = _with_refusals(manager.request_handler)

        def connection() -> Connection:
            return Connection(manager, loop, head_seconds)

        if socket is None:
            server = await loop.create_server(connection, host, port, backlog=_BACKLOG)
        else:
            server = await _on_socket(loop, connection, socket)
        try:
            yield port if socket is not None else server.sockets[0].getsockname()[1]
        finally:
            server.close()
    finally:
        await runner.cleanup()


async def _on_socket(
    loop: asyncio.AbstractEventLoop, connection: Callable[[], Connection], socket: Path
) -> asyncio.Server:
    """Listens on the socket. Only programs of the current user can connect, as that needs the
    right to write.
    """
    mask = os.umask(0o177)
    try:
        return await loop.create_unix_server(connection, socket, backlog=_BACKLOG)
    finally:
        os.umask(mask)


def allow_descriptors() -> None:
    """Raises this process' limit of open files, and so of connections, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Connection(web.RequestHandler):
    """One connection, and the requests on it."""

    __slots__ = ("_head_seconds", "_head_timer")

    def __init__(self, manager: web.Server, loop: asyncio.AbstractEventLoop, head_seconds: float) -> None:
        super().__init__(
            manager,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own runner passes None, too
            auto_decompress=False,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            lingering_time=_LINGERING_SECONDS,
        )
        self._head_seconds = head_seconds
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._request_count
        super().data_received(data)
        if self._request_count > before:
            self._head_is_there()
        elif self._current_request is None:  # a new head begins on a kept connection
            self._wait_for_head()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it echoes the request
    ) -> web.StreamResponse:
        """Returns the response to malformed HTTP, and to errors outside of handlers.

        If the client has broken off, there is no response; the log has a line about every request anyway.
        """
        if self.transport is None and isinstance(exc, ConnectionError):
            raise exc
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _logger.error("A request can't be answered", exc_info=exc)
            problem = unexpected()
        else:
            _logger.info("A request can't be read (%s)", type(exc).__name__)
            problem = _unreadable(exc)
        if request.writer.output_size > 0:
            raise ConnectionError("The answer is under way already.")
        request_id = secrets.token_hex(8)
        problem.headers |= HEADERS | {REQUEST_ID: request_id, "Server": _SERVER}
        response = problem.response("/", request_id)
        response.force_close()
        return response

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self._loop.call_later(self._head_seconds, self._give_up)

    def _head_is_there(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if self._current_request is None:
            self.force_close()


def _with_refusals(handle: _Handle) -> _Handle:
    """Refuses unknown values of ``Expect``: aiohttp does it in plain text, and fails at non-ASCII values."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", _CONTINUE).lower() == _CONTINUE:
            return await handle(request)
        request_id = secrets.token_hex(8)
        detail = "The header Expect asks for what isn't done here; 100-continue is."
        headers = {REQUEST_ID: request_id, "Server": _SERVER, **HEADERS}
        problem = Problem(HTTPStatus.EXPECTATION_FAILED, "expectation_failed", detail, headers=headers)
        response = problem.response(request.path, request_id)
        response.force_close()
        return response

    return answer


def _unreadable(error: Any) -> Problem:
    if isinstance(error, LineTooLong):
        detail = "A line of the request's head is longer than 8,190 bytes. Shorten it."
        return Problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_long", detail)
    detail = "The request's head is no proper HTTP: its method, its path or a header can't be read."
    return Problem(HTTPStatus.BAD_REQUEST, "bad_http", detail)
