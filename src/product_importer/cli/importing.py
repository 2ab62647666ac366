"""``product-importer import``."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import aiofiles
import pyarrow as pa
import typer
from rich.console import Console

from product_importer.app import Importer
from product_importer.cli.progress import progress_display
from product_importer.cli.summary import print_json, print_summary
from product_importer.errors import FileError, UsageError
from product_importer.model import ImportOptions, ImportReport, Limits, Status
from product_importer.rejects_file import rejects_csv
from product_importer.settings import load_settings

EXIT_COMPLETED = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_REJECTED_ROWS = 3

_STDIN = "-"


class OnError(StrEnum):
    SKIP = "skip"
    ABORT = "abort"


class Missing(StrEnum):
    KEEP = "keep"
    DEACTIVATE = "deactivate"


class Blank(StrEnum):
    KEEP = "keep"
    CLEAR = "clear"


class Extra(StrEnum):
    ATTRIBUTES = "attributes"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Output:
    """Where the results go. ``rejects``: a path for the rejected rows, or None."""

    rejects: Path | None
    json: bool
    quiet: bool


def import_command(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE…", help="Files, - for standard input, or URLs.")
    ] = None,
    database_url: Annotated[str | None, typer.Option(help="Default: DATABASE_URL, else embedded.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would happen; change nothing.")
    ] = False,
    duplicates: Annotated[
        str,
        typer.Option(
            help="Which row of a repeated SKU counts: last, first, error (none), or a plugin's policy."
        ),
    ] = "last",
    on_error: Annotated[
        OnError, typer.Option(help="Skip rejected rows, or import nothing if there is one.")
    ] = (OnError.SKIP),
    max_errors: Annotated[
        int | None, typer.Option(min=0, help="Import nothing beyond this many rejects.")
    ] = None,
    missing: Annotated[
        Missing, typer.Option(help="What becomes of products that the file lacks.")
    ] = Missing.KEEP,
    blank: Annotated[Blank, typer.Option(help="What a blank cell does to a product's value.")] = Blank.KEEP,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", help="Use a column as this field, attribute, or ignore it."
        ),
    ] = None,
    extra: Annotated[
        Extra, typer.Option(help="What becomes of columns that are no field.")
    ] = Extra.ATTRIBUTES,
    encoding: Annotated[str | None, typer.Option(help="Default: guessed.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Default: guessed.")] = None,
    parser: Annotated[str | None, typer.Option(help="csv, or a plugin's parser.")] = None,
    max_field: Annotated[
        int, typer.Option(min=1, help="Characters that one cell may have.")
    ] = Limits().field_chars,
    max_row: Annotated[
        int, typer.Option(min=1, help="Characters that one row may have.")
    ] = Limits().row_chars,
    max_columns: Annotated[int, typer.Option(min=1, help="Columns that a file may have.")] = Limits().columns,
    rejects: Annotated[Path | None, typer.Option(help="Write rejected rows to this file.")] = None,
    resume: Annotated[
        int | None, typer.Option(metavar="ID", help="Go on with an interrupted import.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per import.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no summary.")] = False,
) -> None:
    """Import product files.

    Exit status: 0 completed, 1 failed, 2 wrong usage, 3 completed with rejected rows.
    """
    if (resume is None) == (not files):
        raise UsageError("Name the files to import, or an interrupted import with --resume ID.")
    # This process is ours to tune: Arrow's own pool keeps what an import no longer needs, which is a quarter of
    # its memory.
    pa.set_memory_pool(pa.system_memory_pool())
    options = ImportOptions(
        duplicates=duplicates,
        on_error=on_error.value,
        max_errors=max_errors,
        missing=missing.value,
        blank=blank.value,
        extra=extra.value,
        map=_mapping(mapping or ()),
        encoding=encoding,
        delimiter=_delimiter(delimiter),
        parser=parser or load_settings().parser,
        dry_run=dry_run,
        limits=Limits(field_chars=max_field, row_chars=max_row, columns=max_columns),
    )
    output = Output(rejects, as_json, quiet)
    raise typer.Exit(asyncio.run(_import_all(files or (), resume, database_url, options, output)))


async def _import_all(
    files: Sequence[str], resume: int | None, database_url: str | None, options: ImportOptions, output: Output
) -> int:
    async with Importer.open(database_url) as importer:
        if resume is not None:
            return await _run(importer, resume, output)
        if not output.quiet:
            await _offer_interrupted(importer)
        worst = EXIT_COMPLETED
        for file in files:
            try:
                import_id = await importer.create(await _kept(importer, file), options)
            except FileError as error:
                raise UsageError(str(error)) from error
            code = await _run(importer, import_id, output)
            worst = code if EXIT_FAILED in (code, worst) and code else max(worst, code)
        return worst


async def _run(importer: Importer, import_id: int, output: Output) -> int:
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping and not output.quiet:
            Console(stderr=True).print("Stopping after what is being saved…")
        stopping.append(loop.create_task(importer.cancel(import_id)))

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        with progress_display(enabled=not output.quiet and not output.json) as on_progress:
            report = await importer.resume(import_id, on_progress)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    if output.rejects is not None:
        await _write_rejects(importer, report, output.rejects)
    if output.json:
        print_json(report)
    elif not output.quiet:
        print_summary(report, output.rejects)
    if report.status not in (Status.COMPLETED, Status.PLANNED):
        if output.quiet:
            Console(stderr=True).print(f"product-importer: {report.state.message}", highlight=False)
        return EXIT_FAILED
    return EXIT_REJECTED_ROWS if report.invalid else EXIT_COMPLETED


async def _kept(importer: Importer, file: str) -> str:
    if file != _STDIN:
        return file
    return str(await asyncio.to_thread(importer.files.keep, sys.stdin.buffer, "stdin.csv"))


async def _offer_interrupted(importer: Importer) -> None:
    for state in await importer.interrupted():
        Console(stderr=True).print(
            f"Import {state.id} of {state.filename} was interrupted at {state.percent:g} %. "
            f"To finish it: product-importer import --resume {state.id}",
            highlight=False,
        )


async def _write_rejects(importer: Importer, report: ImportReport, path: Path) -> None:
    try:
        async with aiofiles.open(path, "w", encoding="utf-8", newline="") as file:
            async for page in rejects_csv(report.state.header, importer.rejects(report.id)):
                await file.write(page)
    except OSError as error:
        raise FileError(f"The rejected rows can't be written to {path}: {error.strerror}.") from error


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    split = [pair.rpartition("=") for pair in pairs]
    for pair, (column, _, field) in zip(pairs, split, strict=True):
        if not column or not field:
            raise UsageError(f"--map {pair!r} is not COLUMN=FIELD, for example --map 'Article number=sku'.")
    return {column: field for column, _, field in split}


def _delimiter(text: str | None) -> str | None:
    r"""``\t`` and ``tab`` are easier to type than the character."""
    return "\t" if text in ("\\t", "tab") else text
