"""``product-importer inspect``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from product_importer.cli import asking, exits
from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option, json_option
from product_importer.support.profile_texts import profile_toml
from product_importer.wire import inspection_object

if TYPE_CHECKING:
    from product_importer.model import ColumnInspection, Inspection


@click.command("inspect")
@click.argument("file", type=click.Path(path_type=Path))
@database_url_option
@json_option
@click.option("--profile", "as_profile", is_flag=True, help="Print the proposed profile only, as TOML.")
def inspect_command(file: Path, database_url: str | None, as_json: bool, as_profile: bool) -> int:
    """Say what can be learned from a file, and propose a profile for its import. Changes nothing.

    Exit status: 0, or 2 if the file raises questions or would be refused.
    """
    found = asyncio.run(_inspect(file, database_url))
    if as_json:
        click.echo(json.dumps(inspection_object(found), ensure_ascii=False))
    elif as_profile:
        click.echo(profile_toml(found.profile), nl=False)
    else:
        _tell(found)
    return exits.USAGE if found.questions or found.problem else exits.COMPLETED


async def _inspect(file: Path, database_url: str | None) -> Inspection:
    async with open_importer(database_url) as importer:
        return await importer.imports.inspect(file)


def _tell(found: Inspection) -> None:
    if found.problem is not None and not found.rows:  # what else was found out may be as wrong as the file
        click.echo(f"An import would refuse {found.filename}. {found.problem.message}", err=True)
        asking.tell(found.questions)
        return
    part = "" if found.complete else " of its first part"
    click.echo(f"{found.filename}: {found.kind}, {found.rows:,} rows{part}")
    if found.read_as is not None:
        click.echo(f"Read as {found.read_as.words}")
    if found.header_line is not None and found.read_as is not None:
        click.echo(f"Column names in {found.read_as.place} {found.header_line:,}")
    for encoding in found.encodings:
        shown = "".join(f": {text}" for text in encoding.shown)
        click.echo(f"Encoding {encoding.value}{shown}")
    if found.columns:
        click.echo("Columns:")
    for column in found.columns:
        click.echo(f"  {column.name}: {column.use}; {_cells(column)}")
    for code, count in found.damage.items():
        click.echo(f"Warnings {code}: {count:,}")
    if found.problem is not None:
        click.echo(found.problem.message, err=True)
    asking.tell(found.questions)


def _cells(column: ColumnInspection) -> str:
    cells = "1 cell" if column.cells == 1 else f"{column.cells:,} cells"
    blank = f", {column.blank:,} blank" if column.blank else ""
    shapes = ", ".join(f"{each.cells:,} like {each.example}" for each in column.shapes)
    return f"{cells}{blank}{f' ({shapes})' if shapes else ''}"
