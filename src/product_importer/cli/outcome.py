"""Shows an import's progress, and prints and writes its results."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from product_importer.cli.asking import tell as tell_questions
from product_importer.errors import StorageError
from product_importer.model import (
    ImportReport,
    ImportState,
    Status,
)
from product_importer.wire import report_object

if TYPE_CHECKING:
    from product_importer.app import Importer


@dataclass(frozen=True, slots=True)
class Output:
    """The outputs of an import. ``rejects``: a path for the rejected rows, or None. ``dry_run``: whether
    nothing but a plan was asked for.
    """

    rejects: Path | None
    json: bool
    quiet: bool
    dry_run: bool = False


# Importing Rich takes time, and scripts don't need it: hence the imports inside functions.


def progress_shown(output: Output) -> AbstractContextManager[Callable[[ImportState], None] | None]:
    """Returns the progress bar if standard error is a terminal; otherwise nothing is shown."""
    if output.quiet or output.json or not sys.stderr.isatty():
        return nullcontext()
    from product_importer.cli.progress import progress_bar  # noqa: PLC0415

    return progress_bar()


def tell(report: ImportReport, output: Output) -> None:
    """Prints the result of the import: as JSON, as a summary, or only the reason of a failure."""
    if output.json:
        click.echo(json.dumps(report_object(report), ensure_ascii=False))
    elif output.quiet:
        if report.status is Status.FAILED or (report.state.to_confirm is not None and not output.dry_run):
            click.echo(f"product-importer: {report.state.message}", err=True)
    else:
        from product_importer.cli.summary import print_summary  # noqa: PLC0415

        print_summary(report, output.rejects)
    if report.state.to_confirm is not None and not output.json:
        click.echo(f"To confirm it: --confirm-missing {report.state.to_confirm}", err=True)
    if report.state.questions and not output.json:
        tell_questions(report.state.questions)


async def write_rejects(importer: Importer, report: ImportReport, path: Path) -> None:
    """Writes the rejected rows as a file that can be corrected and imported. Raises :class:`StorageError`."""
    # Both take their time, and few imports write a file.
    import aiofiles  # noqa: PLC0415

    from product_importer.delimited.rejects_file import rejects_csv  # noqa: PLC0415

    try:
        async with aiofiles.open(path, "w", encoding="utf-8", newline="") as file:
            async for page in rejects_csv(report.state, importer.imports.rejects(report.id)):
                await file.write(page)
    except OSError as error:
        raise StorageError(f"The rejected rows can't be written to {path}: {error.strerror}.") from error
