"""``product-importer undo`` and ``product-importer restore``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option, json_option, quiet_option
from product_importer.cli.outcome import Output
from product_importer.cli.running import ACTOR, run_import
from product_importer.errors import UsageError

if TYPE_CHECKING:
    from product_importer.app import Importer

_yes_option = click.option("--yes", is_flag=True, help="Apply the plan at once.")


@click.command("undo")
@click.argument("number", metavar="[ID]", type=click.IntRange(min=1), required=False)
@database_url_option
@click.option(
    "--deletion", metavar="ID", type=click.IntRange(min=1), help="Undo this deletion of all products."
)
@click.option(
    "--change",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    help="Undo this change of the log: an edit, or a deletion of some products.",
)
@click.option("--field", "fields", metavar="FIELD", multiple=True, help="Only this field; may be repeated.")
@click.option("--sku", "skus", metavar="SKU", multiple=True, help="Only this product; may be repeated.")
@_yes_option
@json_option
@quiet_option
def undo_command(
    number: int | None,
    database_url: str | None,
    deletion: int | None,
    change: int | None,
    fields: tuple[str, ...],
    skus: tuple[str, ...],
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Plan to take back what an import, a deletion or another change of products has done.

    Products and fields that were changed since stay as they are, and are listed. Without --yes, nothing is
    changed: the command apply makes the planned changes.

    Exit status: as that of import.
    """
    if [number, deletion, change].count(None) != 2:
        raise UsageError("Give the ID of an import, or --deletion, or --change: one of them.")
    if number is None and (fields or skus):
        raise UsageError("--field and --sku choose a part of an import; give its ID.")

    def register(importer: Importer) -> Awaitable[int]:
        if deletion is not None:
            return importer.imports.undo_deletion(deletion, apply=yes, actor=ACTOR)
        if change is not None:
            return importer.imports.undo_change(change, apply=yes, actor=ACTOR)
        assert number is not None, "one of them is given"
        return importer.imports.undo(number, fields=fields or None, skus=skus or None, apply=yes, actor=ACTOR)

    return asyncio.run(_run(database_url, register, Output(None, as_json, quiet, dry_run=not yes)))


@click.command("restore")
@database_url_option
@click.option(
    "--to", "moment", metavar="MOMENT", required=True, help="Such as 2026-03-01T12:00:00Z, or with +01:00."
)
@_yes_option
@json_option
@quiet_option
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
        return importer.imports.restore(to, apply=yes, actor=ACTOR)

    return asyncio.run(_run(database_url, register, Output(None, as_json, quiet, dry_run=not yes)))


async def _run(
    database_url: str | None, register: Callable[[Importer], Awaitable[int]], output: Output
) -> int:
    async with open_importer(database_url) as importer:
        code = await run_import(importer, importer.imports.start, await register(importer), output)
        await importer.sinks.tidy()
        return code
