"""``migrate`` and ``plugins``."""

from __future__ import annotations

import asyncio
import json

import click

from product_importer.app import Importer
from product_importer.cli.options import database_url_option
from product_importer.plugins import load_plugins
from product_importer.registry import PluginSet
from product_importer.settings import load_settings


@click.command("migrate")
@database_url_option
def migrate_command(database_url: str | None) -> None:
    """Bring the database's schema up to date."""

    async def migrate() -> None:
        async with Importer.open(database_url):
            click.echo("The schema is up to date.")

    asyncio.run(migrate())


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plugins_command(as_json: bool) -> None:
    """List the plugins in use, what they bring, and those that could not be loaded and why."""
    plugins = load_plugins(disabled=load_settings().disabled_plugins)
    if as_json:
        click.echo(json.dumps(_as_object(plugins)))
        return
    for plugin in plugins.loaded:
        click.secho(plugin.name, bold=True, nl=False)
        click.echo(f"  ({plugin.distribution})")
        for kind, names in plugin.registered.items():
            if names:
                click.echo(f"  {kind}: {', '.join(names)}")
    for failure in plugins.failed:
        click.secho(f"{failure.name} was left out", fg="red", nl=False)
        click.echo(f"  ({failure.distribution})\n  {failure.reason}")


def _as_object(plugins: PluginSet) -> dict[str, list[dict[str, object]]]:
    return {
        "loaded": [
            {"name": p.name, "distribution": p.distribution, "registered": dict(p.registered)}
            for p in plugins.loaded
        ],
        "failed": [
            {"name": p.name, "distribution": p.distribution, "reason": p.reason} for p in plugins.failed
        ],
    }
