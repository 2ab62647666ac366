"""``product-importer export``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click

from product_importer.cli.given import format_of
from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option
from product_importer.errors import StorageError
from product_importer.fields import FILTERS
from product_importer.model import ExportOptions
from product_importer.product import ProductFilter

_STDOUT = "-"


def _text_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds an option for each field by whose text products can be filtered."""
    for name in reversed(FILTERS):
        title = name if name != "sku" else "SKU"
        help_text = f"Products whose {title} contains this."
        command = click.option(f"--{name}", metavar="TEXT", default="", help=help_text)(command)
    return command


@click.command("export")
@click.argument("path", metavar="[PATH]", default=_STDOUT)
@database_url_option
@click.option("--search", metavar="WORDS", default="", help="Products with all these words, in any field.")
@_text_options
@click.option("--active", type=click.Choice(("true", "false")), help="Active products, or inactive ones.")
@click.option(
    "--format",
    "format_",
    metavar="NAME",
    help="csv, or a plugin's: xlsx, jsonl, parquet. Default: the end of PATH, or csv.",
)
@click.option("--columns", metavar="NAMES", help="Fields and attributes, separated by commas. Default: all.")
@click.option("--delimiter", metavar="CHARACTER", default=",", help="Of CSV: a comma, ;, tab or |.")
@click.option("--bom", is_flag=True, help="Begin CSV with a byte order mark: Excel then reads it as UTF-8.")
@click.option(
    "--decimal", type=click.Choice(("point", "comma")), default="point", help="Of CSV: the sign in prices."
)
@click.option("--quiet", is_flag=True, help="Say nothing.")
def export_command(
    path: str,
    database_url: str | None,
    active: str | None,
    format_: str | None,
    columns: str | None,
    delimiter: str,
    bom: bool,
    decimal: str,
    quiet: bool,
    **texts: Any,
) -> None:
    """Write the products to a file, or without PATH, or with -, to standard output.

    Importing that file changes nothing.
    """
    wanted = ProductFilter(active=None if active is None else active == "true", **texts)
    options = ExportOptions(
        format=format_ or format_of(path),
        columns=() if columns is None else tuple(name.strip() for name in columns.split(",")),
        delimiter="\t" if delimiter in ("tab", r"\t") else delimiter,
        bom=bom,
        decimal="comma" if decimal == "comma" else "point",
    )
    size = asyncio.run(_export(path, database_url, wanted, options))
    if not quiet and path != _STDOUT:
        click.echo(f"Exported to {path}, {size:,} bytes.", err=True)


async def _export(path: str, database_url: str | None, wanted: ProductFilter, options: ExportOptions) -> int:
    async with (
        open_importer(database_url) as importer,
        aclosing(importer.catalogue.export(wanted, options)) as pieces,
    ):
        return await (_to_stdout(pieces) if path == _STDOUT else _to_file(pieces, Path(path)))


async def _to_stdout(pieces: AsyncIterator[bytes]) -> int:
    size = 0
    async for piece in pieces:
        size += await asyncio.to_thread(sys.stdout.buffer.write, piece)
    await asyncio.to_thread(sys.stdout.buffer.flush)
    return size


async def _to_file(pieces: AsyncIterator[bytes], path: Path) -> int:
    """Writes the file under another name and renames it at the end; until then an older file
    stays in place.
    """
    import aiofiles.os  # noqa: PLC0415 - importing it takes time, and every command loads this module

    partial = path.with_name(f"{path.name}.partial")
    size = 0
    try:
        try:
            async with aiofiles.open(partial, "wb") as file:
                async for piece in pieces:
                    size += await file.write(piece)
            await aiofiles.os.replace(partial, path)
        finally:
            await asyncio.to_thread(partial.unlink, missing_ok=True)
    except OSError as error:
        raise StorageError(f"The products can't be written to {path}: {error.strerror}.") from error
    return size
