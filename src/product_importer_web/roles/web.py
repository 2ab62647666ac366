"""``product-importer web``: pages and API."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import click
from aiohttp import web

from product_importer.errors import UsageError
from product_importer.stopping import stop_signal
from product_importer_web.app import create_app
from product_importer_web.extensions import load_web_plugins
from product_importer_web.roles.parts import Parts, opened
from product_importer_web.settings import WebSettings

_SHUTDOWN_SECONDS: Final = 3.0
_BACKLOG: Final = 1024


async def run_web(settings: WebSettings, host: str, port: int, socket: Path | None) -> None:
    """Serves until asked to stop. Raises :class:`UsageError` where the address can't be had."""
    stop = stop_signal()
    async with opened(settings) as parts, serving(parts, host, port, socket):
        await stop.wait()


@asynccontextmanager
async def serving(parts: Parts, host: str, port: int, socket: Path | None = None) -> AsyncIterator[None]:
    """Serves meanwhile, and tells where. Port 0 is any free one; with ``socket``, there is no port."""
    disabled = parts.importer.settings.disabled_plugins
    plugins = await asyncio.to_thread(load_web_plugins, disabled)
    app = create_app(parts.importer, parts.settings, parts.queues, plugins)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        if socket is None:
            click.echo(f"Product Importer is at {_address(host, await _listening(runner, host, port))}")
        else:
            await _listening_on(runner, socket)
            click.echo(f"Product Importer is at {socket}")
        yield
    finally:
        await runner.cleanup()


async def _listening(runner: web.AppRunner, host: str, port: int) -> int:
    """The port."""
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
    except OSError as error:
        raise UsageError(_why_not(host, port, error)) from error
    found: int = runner.addresses[0][1]
    return found


async def _listening_on(runner: web.AppRunner, socket: Path) -> None:
    """Only programs of our own user can connect: for that, one has to have the right to write."""
    mask = os.umask(0o177)
    try:
        await web.UnixSite(runner, socket, backlog=_BACKLOG).start()
    except OSError as error:
        raise UsageError(f"The socket {socket} can't be listened on: {error.strerror or error}.") from error
    finally:
        os.umask(mask)


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use. Choose another with --port, or end the program that uses it."
    if isinstance(error, PermissionError):
        return f"Port {port} is for the system's own programs. Choose one above 1023 with --port."
    return f"{host}, port {port}, can't be listened on: {error.strerror}."
