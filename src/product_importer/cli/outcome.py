"""What an import shows while it runs, and what it prints and writes at its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from product_importer.app import Importer
from product_importer.delimited.rejects_file import rejects_csv
from product_importer.errors import StorageError
from product_importer.model import (
    ImportReport,
    ImportState,
    Status,
)
from product_importer.wire import report_object


@dataclass(frozen=True, slots=True)
class Output:
    """Where the results go. ``rejects``: a path for the rejected rows, or None."""

    rejects: Path | None
    json: bool
    quiet: bool


# Rich takes its time to be imported, and scripts have no use for it: hence the imports where it is needed.


def progress_shown(output: Output) -> AbstractContextManager[Callable[[ImportState], None] | None]:
    """The progress bar: on a terminal, none when piped."""
    if output.quiet or output.json or not sys.stderr.isatty():
        return nullcontext()
    from product_importer.cli.progress import progress_bar  # noqa: PLC0415

    return progress_bar()


def tell(report: ImportReport, output: Output) -> None:
    """Prints how the import ended: as JSON, as a summary, or only why it failed."""
    if output.json:
        click.echo(json.dumps(report_object(report), ensure_ascii=False))
    elif output.quiet:
        if report.status is Status.FAILED:
            click.echo(f"product-importer: {report.state.message}", err=True)
    else:
        from product_importer.cli.summary import print_summary  # noqa: PLC0415

        print_summary(report, output.rejects)


async def write_rejects(importer: Importer, report: ImportReport, path: Path) -> None:
    """Writes the rejected rows as a file that can be corrected and imported. Raises :class:`StorageError`."""
    import aiofiles  # noqa: PLC0415 - it takes its time, and few imports write a file

    try:
        async with aiofiles.open(path, "w", encoding="utf-8", newline="") as file:
            async for page in rejects_csv(report.state, importer.imports.rejects(report.id)):
                await file.write(page)
    except OSError as error:
        raise StorageError(f"The rejected rows can't be written to {path}: {error.strerror}.") from error
