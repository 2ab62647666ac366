"""``product-importer web``: serves the pages and the API."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import click

from product_importer.errors import UsageError
from product_importer.process.stopping import stop_signal
from product_importer_web.app import create_app
from product_importer_web.connections import allow_descriptors, listening
from product_importer_web.extensions import load_web_plugins
from product_importer_web.roles.parts import Parts, opened
from product_importer_web.settings import WebSettings


async def run_web(settings: WebSettings, host: str, port: int, socket: Path | None) -> None:
    """Serves until asked to stop. Raises :class:`UsageError` if the address can't be used."""
    stop = stop_signal()
    async with opened(settings) as parts, serving(parts, host, port, socket):
        await stop.wait()


@asynccontextmanager
async def serving(parts: Parts, host: str, port: int, socket: Path | None = None) -> AsyncIterator[None]:
    """Serves, and prints the address. Port 0 is any free one; ``socket`` replaces the port."""
    disabled = parts.importer.settings.disabled_plugins
    plugins = await asyncio.to_thread(load_web_plugins, disabled)
    app = create_app(parts.importer, parts.settings, parts.queues, plugins)
    allow_descriptors()
    async with AsyncExitStack() as stack:
        try:
            taken = await stack.enter_async_context(listening(app, host, port, socket))
        except OSError as error:
            raise UsageError(_why_not(host, port, socket, error)) from error
        click.echo(f"Product Importer is at {socket or _address(host, taken)}")
        yield


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _why_not(host: str, port: int, socket: Path | None, error: OSError) -> str:
    if socket is not None:
        return f"The socket {socket} can't be listened on: {error.strerror or error}."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use. Choose another with --port, or end the program that uses it."
    if isinstance(error, PermissionError):
        return f"Port {port} is for the system's own programs. Choose one above 1023 with --port."
    return f"{host}, port {port}, can't be listened on: {error.strerror}."
