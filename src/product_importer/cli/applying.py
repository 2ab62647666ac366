"""``product-importer apply``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option, json_option, quiet_option, rejects_option
from product_importer.cli.outcome import Output
from product_importer.cli.running import ACTOR, run_import


@click.command("apply")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@database_url_option
@click.option("--atomic", is_flag=True, help="Make all changes or none, in one transaction.")
@click.option(
    "--confirm-missing",
    metavar="NUMBER",
    type=click.IntRange(min=0),
    help="Deactivate or delete this many products although they are a large part of the catalogue.",
)
@rejects_option()
@json_option
@quiet_option
def apply_command(
    number: int,
    database_url: str | None,
    atomic: bool,
    confirm_missing: int | None,
    rejects: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Make the changes that a dry run has planned, exactly these.

    If products were changed since, nothing is changed, and the command says which products these are.

    Exit status: as that of import; 1 also if products were changed.
    """
    output = Output(rejects, as_json, quiet)
    return asyncio.run(_apply(number, database_url, output, atomic=atomic, confirmed=confirm_missing))


async def _apply(
    number: int, database_url: str | None, output: Output, *, atomic: bool, confirmed: int | None
) -> int:
    async with open_importer(database_url) as importer:
        output.check(importer)
        await importer.imports.apply(number, atomic=atomic, confirm_missing=confirmed, actor=ACTOR)
        code = await run_import(importer, importer.imports.start, number, output)
        await importer.sinks.tidy()
        return code
