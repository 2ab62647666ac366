"""The commands ``relay`` and ``sinks``."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option
from product_importer.model import Actor, ActorKind
from product_importer.process.running import run_until_stopped
from product_importer.process.stopping import stop_signal, stop_with_input
from product_importer.settings import load_settings
from product_importer.support.logs import set_up_logs

if TYPE_CHECKING:
    from product_importer.model import SinkState

_PATIENCE: Final = 10
"""The niceness of the relay: on a busy machine, pages and imports take precedence over events."""


@click.command("relay")
@database_url_option
@click.option("--once", is_flag=True, help="Deliver what waits and is due, then end.")
@click.option("--attached", is_flag=True, hidden=True)
def relay_command(database_url: str | None, once: bool, attached: bool) -> None:
    """Deliver events to the event sinks that plugins bring.

    Any number of relays may run, on any machine; ``serve`` runs one.
    """
    os.nice(_PATIENCE)
    set_up_logs(load_settings().log_level)
    run_until_stopped(
        lambda: _relay(database_url, once=once, attached=attached),
        database=database_url is None,
        attached=attached,
    )


async def _relay(database_url: str | None, *, once: bool, attached: bool) -> None:
    stop = stop_signal()
    if attached:
        stop_with_input(stop)
    async with open_importer(database_url) as importer:
        if once:
            await importer.sinks.relay_once()
        else:
            await importer.sinks.relay(stop)


@click.command("sinks")
@database_url_option
@click.option("--retry", metavar="NAME", help="Try again now what this sink failed to take.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def sinks_command(database_url: str | None, retry: str | None, as_json: bool) -> None:
    """List the event sinks that are or were served, and what they still have to get."""
    asyncio.run(_sinks(database_url, retry, as_json=as_json))


async def _sinks(database_url: str | None, retry: str | None, *, as_json: bool) -> None:
    async with open_importer(database_url) as importer:
        if retry is not None:
            batches = await importer.sinks.retry(retry, actor=Actor(ActorKind.COMMAND_LINE))
            click.echo(f"{batches:,} batches will be tried again.", err=as_json)
        states, fresh = await importer.sinks.states(), await importer.sinks.fresh()
    if as_json:
        click.echo(json.dumps({"fresh": fresh, "sinks": [_as_object(state) for state in states]}))
    else:
        _print(states, fresh)


def _print(states: Sequence[SinkState], fresh: int) -> None:
    if fresh:
        click.echo(f"{fresh:,} batches of events wait for a relay.")
    if not states:
        click.echo("No event sink was served yet. `product-importer relay` does that.")
    for state in states:
        click.secho(state.name, bold=True, nl=False)
        click.echo(f"  {state.waiting:,} batches wait, {state.given_up:,} were given up")
        if state.oldest_at is not None:
            click.echo(f"  the oldest is of {state.oldest_at:%Y-%m-%d %H:%M:%S %Z}")
        if state.error is not None:
            click.echo(f"  fails: {state.error}")


def _as_object(state: SinkState) -> dict[str, object]:
    times = {
        name: None if (time := getattr(state, name)) is None else time.isoformat()
        for name in ("oldest_at", "seen_at")
    }
    return asdict(state) | times
