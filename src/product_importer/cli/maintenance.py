"""``migrate`` and ``plugins``."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from product_importer.app import Importer
from product_importer.plugins import load_plugins
from product_importer.settings import load_settings


def migrate_command(
    database_url: Annotated[str | None, typer.Option(help="Default: DATABASE_URL, else embedded.")] = None,
) -> None:
    """Bring the database's schema up to date."""

    async def migrate() -> None:
        async with Importer.open(database_url):
            Console().print("The schema is up to date.")

    asyncio.run(migrate())


def plugins_command(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the plugins in use, what they bring, and those that could not be loaded and why."""
    plugins = load_plugins(disabled=load_settings().disabled_plugins)
    if as_json:
        loaded: list[dict[str, object]] = [
            {"name": p.name, "distribution": p.distribution, "registered": dict(p.registered)}
            for p in plugins.loaded
        ]
        failed = [
            {"name": p.name, "distribution": p.distribution, "reason": p.reason} for p in plugins.failed
        ]
        typer.echo(json.dumps({"loaded": loaded, "failed": failed}))
        return
    table = Table("Plugin", "From", "Brings", box=None, pad_edge=False)
    for plugin in plugins.loaded:
        brings = "; ".join(
            f"{kind}: {', '.join(names)}" for kind, names in plugin.registered.items() if names
        )
        table.add_row(plugin.name, plugin.distribution, brings or "nothing")
    console = Console()
    console.print(table)
    for failure in plugins.failed:
        console.print(f"[red]left out[/red] {failure.name} ({failure.distribution}): {failure.reason}")
