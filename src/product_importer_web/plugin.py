"""Adds the commands ``serve``, ``web``, ``worker`` and ``doctor``.

The rest of the shell is imported when one of these commands runs: other commands needn't load it, and the
library works if the shell's packages are not installed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from product_importer import hookimpl
from product_importer.errors import UsageError
from product_importer.ports import Command
from product_importer.process.running import run_until_stopped
from product_importer.settings import load_settings
from product_importer.support.logs import set_up_logs
from product_importer_web.settings import WebSettings, load_web_settings

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def _loopback(_: click.Context, __: click.Parameter, host: str) -> str:
    if host not in LOOPBACK:
        raise click.BadParameter(
            f"there are no accounts yet, so whoever reaches {host} could change everything. Only "
            f"{', '.join(LOOPBACK)} will do. To let others in, put a proxy with a password before it."
        )
    return host


_host = click.option(
    "--host",
    metavar="NAME",
    default=LOOPBACK[0],
    show_default=True,
    callback=_loopback,
    help="Where to listen.",
)
_port = click.option(
    "--port", type=click.IntRange(0, 65_535), help="Default: PORT, else 8000. 0: any free one."
)


@click.command("serve")
@_host
@_port
def serve(host: str, port: int | None) -> None:
    """Serve the pages and the API, and do the work behind them.

    Without DATABASE_URL and REDIS_URL, a PostgreSQL and a Valkey of its own are started, and stopped with it.
    """
    _run(
        "serve",
        lambda role, settings: role.run_serve(settings, host, settings.port if port is None else port),
    )


@click.command("web")
@_host
@_port
@click.option(
    "--socket",
    type=click.Path(path_type=Path),
    help="Listen on this Unix socket instead, for a proxy: only this user's programs can connect.",
)
def web(host: str, port: int | None, socket: Path | None) -> None:
    """Serve the pages and the API only. Workers do the work, here or on other machines."""
    _run(
        "web",
        lambda role, settings: role.run_web(settings, host, settings.port if port is None else port, socket),
    )


@click.command("worker")
@click.option("--attached", is_flag=True, hidden=True)
def worker(attached: bool) -> None:
    """Do the work behind the pages only: run imports. There may be any number of workers."""
    _run(
        "worker",
        lambda role, settings: role.run_worker(settings, attached=attached),
        attached=attached,
    )


@click.command("doctor")
def doctor() -> int:
    """Look at plugins, database, storage and Redis, change nothing, and say what to mend.

    Exit status: 0 all is well, 1 there is something to mend.
    """
    return asyncio.run(_consult(_imported("doctor").examine(load_web_settings())))


async def _consult(findings: AsyncIterator[Any]) -> int:
    status = 0
    async for finding in findings:
        click.secho("ok  " if finding.well else "BAD ", fg="green" if finding.well else "red", nl=False)
        click.echo(f"{finding.subject}: {finding.text}")
        status = status if finding.well else 1
    return status


COMMANDS: Final = (serve, web, worker, doctor)


def _run(
    name: str, start: Callable[[Any, WebSettings], Coroutine[Any, Any, None]], *, attached: bool = False
) -> None:
    load_web_settings()  # wrong settings are reported before anything is started
    role = _imported(f"roles.{name}")
    set_up_logs(load_settings().log_level)
    logging.getLogger("saq").setLevel(logging.ERROR)  # SAQ logs every stop as a warning
    # The settings are read again: by then, the environment may name servers that were started.
    run_until_stopped(lambda: start(role, load_web_settings()), redis=True, attached=attached)


def _imported(name: str) -> Any:
    """Imports a module of the shell. Raises :class:`UsageError` if one of its packages isn't installed."""
    try:
        return import_module(f"product_importer_web.{name}")
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"{missing.name} is not installed. Install what the pages need with: "
            'pip install "product-importer[all]".'
        ) from missing


@hookimpl
def product_importer_commands() -> Iterable[Command]:
    return [Command(str(command.name), command) for command in COMMANDS]
