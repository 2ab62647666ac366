"""``product-importer undo`` and ``product-importer restore``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from product_importer.cli import exits
from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option
from product_importer.cli.outcome import Output
from product_importer.cli.running import ACTOR, run_import
from product_importer.errors import UsageError

if TYPE_CHECKING:
    from product_importer.app import Importer

_yes_option = click.option("--yes", is_flag=True, help="Apply the plan at once.")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each step.")
_quiet_option = click.option("--quiet", is_flag=True, help="No progress, no summary.")


@click.command("undo")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@database_url_option
@click.option("--field", "fields", metavar="FIELD", multiple=True, help="Only this field; may be repeated.")
@click.option("--sku", "skus", metavar="SKU", multiple=True, help="Only this product; may be repeated.")
@_yes_option
@_json_option
@_quiet_option
def undo_command(
    number: int,
    database_url: str | None,
    fields: tuple[str, ...],
    skus: tuple[str, ...],
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Plan to take back what an import has changed.

    Products and fields that were changed since stay as they are; the warnings name them. Without --yes,
    nothing is changed: the command apply makes the planned changes.

    Exit status: as that of import.
    """

    def register(importer: Importer) -> Awaitable[int]:
        return importer.imports.undo(number, fields=fields or None, skus=skus or None, actor=ACTOR)

    return asyncio.run(_run(database_url, register, Output(None, as_json, quiet), yes=yes))


@click.command("restore")
@database_url_option
@click.option(
    "--to", "moment", metavar="MOMENT", required=True, help="Such as 2026-03-01T12:00:00Z, or with +01:00."
)
@_yes_option
@_json_option
@_quiet_option
def restore_command(database_url: str | None, moment: str, yes: bool, as_json: bool, quiet: bool) -> int:
    """Plan to bring all products back to what they were at a moment.

    Without --yes, nothing is changed: the command apply makes the planned changes.

    Exit status: as that of import.
    """
    try:
        to = datetime.fromisoformat(moment)
    except ValueError:
        raise UsageError(f"{moment!r} is no moment. Write it like 2026-03-01T12:00:00Z.") from None

    def register(importer: Importer) -> Awaitable[int]:
        return importer.imports.restore(to, actor=ACTOR)

    return asyncio.run(_run(database_url, register, Output(None, as_json, quiet), yes=yes))


async def _run(
    database_url: str | None, register: Callable[[Importer], Awaitable[int]], output: Output, *, yes: bool
) -> int:
    async with open_importer(database_url) as importer:
        number = await register(importer)
        code = await run_import(importer, importer.imports.start, number, replace(output, dry_run=True))
        if yes and code == exits.COMPLETED:
            await importer.imports.apply(number, actor=ACTOR)
            code = await run_import(importer, importer.imports.start, number, output)
        await importer.sinks.tidy()
        return code
