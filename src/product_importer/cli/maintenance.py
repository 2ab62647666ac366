"""The commands ``migrate`` and ``plugins``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import click

from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option
from product_importer.hookspecs import WEB
from product_importer.plugins import load_extensions, load_plugins
from product_importer.ports import Extension
from product_importer.product import Collision
from product_importer.registry import FailedPlugin, LoadedPlugin
from product_importer.settings import load_settings

_SHOWN_COLLISIONS: Final = 100


@click.command("migrate")
@database_url_option
@click.option(
    "--grant-to",
    "role",
    metavar="ROLE",
    help="Give this role of the server what the application needs: it can add to the log, but not change it.",
)
def migrate_command(database_url: str | None, role: str | None) -> None:
    """Bring the database's schema up to date, and drop changes that are older than is kept."""

    async def migrate() -> None:
        async with open_importer(database_url) as importer:
            click.echo("The schema is up to date.")
            await importer.changes.tidy()
            if role is not None:
                await importer.grant(role)
                click.echo(f"The role {role} can use it.")
            for collision in await importer.catalogue.collisions(_SHOWN_COLLISIONS):
                click.echo(_sentence(collision))

    asyncio.run(migrate())


def _sentence(collision: Collision) -> str:
    if collision.kind == "sku":
        return (
            f"Product {collision.product_id} keeps the SKU {collision.found!r}, because another product has "
            f"{collision.wanted!r}. Delete one of them, or change its SKU."
        )
    return (
        f"Product {collision.product_id} ({collision.sku}) has the attributes {collision.found!r} and "
        f"{collision.wanted!r} with different values. Remove one of them."
    )


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plugins_command(as_json: bool) -> None:
    """List the plugins in use, what they bring, and those that could not be loaded and why."""
    disabled = load_settings().disabled_plugins
    plugins = load_plugins(disabled=disabled)
    pages = load_extensions(WEB, Extension, disabled=disabled)  # type: ignore[type-abstract]  # it only looks
    loaded, failed = _merged([*plugins.loaded, *pages.loaded]), (*plugins.failed, *pages.failed)
    if as_json:
        click.echo(json.dumps(_as_object(loaded, failed)))
        return
    for plugin in loaded:
        click.secho(plugin.name, bold=True, nl=False)
        click.echo(f"  ({plugin.distribution})")
        for kind, names in plugin.registered.items():
            if names:
                click.echo(f"  {kind}: {', '.join(names)}")
    for failure in failed:
        click.secho(f"{failure.name} was left out", fg="red", nl=False)
        click.echo(f"  ({failure.distribution})\n  {failure.reason}")


def _merged(loaded: Iterable[LoadedPlugin]) -> list[LoadedPlugin]:
    """Returns each plugin once: one that has hooks and pages has an entry point for each."""
    found: dict[tuple[str, str], LoadedPlugin] = {}
    for plugin in loaded:
        known = found.setdefault((plugin.name, plugin.distribution), plugin)
        if known is not plugin:
            brings = {**known.registered, **plugin.registered}
            found[plugin.name, plugin.distribution] = replace(known, registered=brings)
    return list(found.values())


def _as_object(
    loaded: Iterable[LoadedPlugin], failed: Iterable[FailedPlugin]
) -> dict[str, list[dict[str, object]]]:
    return {
        "loaded": [
            {"name": p.name, "distribution": p.distribution, "registered": dict(p.registered)} for p in loaded
        ],
        "failed": [{"name": p.name, "distribution": p.distribution, "reason": p.reason} for p in failed],
    }
