"""``product-importer import``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import click

from product_importer.app import Importer
from product_importer.cli import exits
from product_importer.cli.asking import can_ask
from product_importer.cli.given import delimiter_of, mapping_of, reading_of, rules_of
from product_importer.cli.options import database_url_option
from product_importer.cli.outcome import Output
from product_importer.cli.profiles import Wanted, given_fields
from product_importer.cli.running import ACTOR, answer, create, offer_interrupted, run_import
from product_importer.errors import UsageError
from product_importer.model import (
    MODES,
    Blank,
    DecimalSign,
    Extra,
    ImportOptions,
    Limits,
    Missing,
    Mode,
    OnError,
    OnWarning,
    Status,
    split_names,
)
from product_importer.model.value_rules import words_of
from product_importer.settings import load_settings
from product_importer.storage.sources import is_url


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1)
@database_url_option
@click.option("--dry-run", is_flag=True, help="Count what would happen; change nothing.")
@click.option(
    "--duplicates",
    metavar="POLICY",
    default="last",
    show_default=True,
    help="Which row of a repeated SKU counts: last (its blank cells are filled from the rows before it), "
    "first, error (none), or a plugin's policy.",
)
@click.option(
    "--on-error",
    type=click.Choice(get_args(OnError)),
    default="skip",
    show_default=True,
    help="Skip rejected rows, or import nothing if there is one.",
)
@click.option(
    "--on-warning",
    type=click.Choice(get_args(OnWarning)),
    default="keep",
    show_default=True,
    help="Keep rows that look damaged, or import nothing if there is one.",
)
@click.option("--max-errors", type=click.IntRange(min=0), help="Import nothing beyond this many rejects.")
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="merge",
    show_default=True,
    help="Create and change products; only change, create, delete or deactivate them.",
)
@click.option(
    "--only",
    metavar="FIELDS",
    callback=lambda _, __, names: split_names(names),
    help="Touch these fields only, for example price,active; attributes are one of them.",
)
@click.option(
    "--command",
    "command_column",
    metavar="COLUMN",
    help="The column that says of each row: merge, update, create, delete, deactivate or ignore; - for none.",
)
@click.option(
    "--missing",
    type=click.Choice(get_args(Missing)),
    default="keep",
    show_default=True,
    help="What becomes of products that the file lacks.",
)
@click.option(
    "--confirm-missing",
    metavar="NUMBER",
    type=click.IntRange(min=0),
    help="Deactivate or delete this many products although they are a large part of the catalogue.",
)
@click.option(
    "--blank",
    type=click.Choice(get_args(Blank)),
    default="keep",
    show_default=True,
    help="What a blank cell does to a product's value.",
)
@click.option(
    "--map",
    "mapping",
    metavar="COLUMN=FIELD",
    multiple=True,
    callback=lambda _, __, pairs: mapping_of(pairs),
    help="Use a column as this field, as an attribute, or ignore it. May be repeated.",
)
@click.option(
    "--extra",
    type=click.Choice(get_args(Extra)),
    default="attributes",
    show_default=True,
    help="What becomes of columns that are no field.",
)
@click.option("--encoding", metavar="NAME", help="Default: guessed.")
@click.option("--delimiter", metavar="CHARACTER", help="Default: guessed.")
@click.option(
    "--decimal",
    type=click.Choice(get_args(DecimalSign)),
    help="What precedes the decimals of prices and stocks in the whole file. Default: what the file shows.",
)
@click.option(
    "--rule",
    metavar="COLUMN=RULE",
    multiple=True,
    callback=lambda _, __, pairs: rules_of(pairs),
    help="Read a column's values so, such as 'Price=comma; EUR; blank: -'. May be repeated.",
)
@click.option(
    "--null",
    metavar="WORDS",
    callback=lambda _, __, words: words_of(words or ""),
    help="Words that stand for a blank cell in every column, with commas between them.",
)
@click.option(
    "--shop",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="The shop that wrote the file; auto recognises it by its columns, none reads it as any file.",
)
@click.option(
    "--sku-from",
    metavar="COLUMNS",
    help="Make the SKU from these columns, such as Handle+Size, where a row has none; none makes none.",
)
@click.option("--parser", metavar="NAME", help="csv, or a plugin's. Default: recognised by the file.")
@click.option(
    "--set",
    "reading",
    metavar="NAME=VALUE",
    multiple=True,
    callback=lambda _, __, pairs: reading_of(pairs),
    help="Set an option of the parser's own, such as sheet=Prices. May be repeated.",
)
@click.option(
    "--max-field",
    type=click.IntRange(min=1),
    default=Limits().field_chars,
    show_default=True,
    help="Characters that one cell may have.",
)
@click.option(
    "--max-row",
    type=click.IntRange(min=1),
    default=Limits().row_chars,
    show_default=True,
    help="Characters that one row may have.",
)
@click.option(
    "--max-columns",
    type=click.IntRange(min=1),
    default=Limits().columns,
    show_default=True,
    help="Columns that a file may have.",
)
@click.option(
    "--profile",
    metavar="NAME",
    help="How the file is read and merged: a stored profile, or a TOML file. Options that are typed win.",
)
@click.option("--rejects", type=click.Path(path_type=Path), help="Write rejected rows to this file.")
@click.option("--resume", type=int, metavar="ID", help="Go on with an interrupted import.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per import.")
@click.option("--quiet", is_flag=True, help="No progress, no summary.")
def import_command(
    files: tuple[str, ...],
    database_url: str | None,
    dry_run: bool,
    duplicates: str,
    on_error: OnError,
    on_warning: OnWarning,
    max_errors: int | None,
    mode: Mode,
    only: tuple[str, ...],
    command_column: str | None,
    missing: Missing,
    confirm_missing: int | None,
    blank: Blank,
    mapping: dict[str, str],
    extra: Extra,
    encoding: str | None,
    delimiter: str | None,
    decimal: DecimalSign | None,
    rule: dict[str, str],
    null: tuple[str, ...],
    shop: str,
    sku_from: str | None,
    parser: str | None,
    reading: dict[str, str],
    max_field: int,
    max_row: int,
    max_columns: int,
    profile: str | None,
    rejects: Path | None,
    resume: int | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Import product files: paths, - for standard input, or URLs.

    Exit status: 0 completed, 1 failed, 2 wrong usage or an open question, 3 completed with rejected rows.
    """
    if (resume is None) == (not files):
        raise UsageError("Name the files to import, or an interrupted import with --resume ID.")
    if rejects is not None and len(files) > 1:
        raise UsageError("--rejects takes the rejected rows of one file. Import the files one at a time.")
    options = ImportOptions(
        duplicates=duplicates,
        on_error=on_error,
        on_warning=on_warning,
        max_errors=max_errors,
        mode=mode,
        only=only,
        command_column=command_column,
        missing=missing,
        confirm_missing=confirm_missing,
        blank=blank,
        extra=extra,
        map=mapping,
        encoding=encoding,
        delimiter=delimiter_of(delimiter),
        decimal=decimal,
        rule=rule,
        null=null,
        shop=shop,
        sku_from=sku_from,
        parser=parser or load_settings().parser,
        reading=reading,
        questions="ask" if can_ask() and not (as_json or quiet) else "refuse",
        dry_run=dry_run,
        limits=Limits(field_chars=max_field, row_chars=max_row, columns=max_columns),
    )
    output = Output(rejects, as_json, quiet, dry_run)
    wanted = Wanted(options, profile, given_fields())
    return asyncio.run(_import_all(files, resume, database_url, wanted, output))


async def _all_of(importer: Importer, files: Sequence[str], output: Output) -> list[str]:
    """Returns the files, with those that URLs with ``*`` stand for in their places."""
    found = [
        each for file in files for each in (await importer.imports.entries(file) if is_url(file) else [file])
    ]
    if output.rejects is not None and len(found) > 1:
        raise UsageError(f"--rejects takes the rejected rows of one file; {len(found)} files match.")
    return found


async def _import_all(
    files: Sequence[str], resume: int | None, database_url: str | None, wanted: Wanted, output: Output
) -> int:
    async with Importer.open(database_url) as importer:
        if resume is not None:
            state = await importer.imports.state(resume)
            asked = state.status is Status.WAITING and can_ask()
            if asked:
                await answer(importer, state)
            run = partial(importer.imports.resume, actor=ACTOR)
            return await run_import(importer, run, resume, output, asked=asked)
        if not output.quiet:
            await offer_interrupted(importer)
        worst = exits.COMPLETED
        for file in await _all_of(importer, files, output):
            import_id = await create(importer, file, await wanted.options_for(importer, file))
            code = await run_import(importer, importer.imports.start, import_id, output)
            worst = max(worst, code, key=exits.BY_SEVERITY.index)
        await importer.sinks.tidy()
        return worst
