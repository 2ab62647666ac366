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
from product_importer.cli.given import format_of
from product_importer.errors import StorageError, UsageError
from product_importer.model import (
    ChangeSummary,
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

    def check(self, importer: Importer) -> None:
        """Raises :class:`UsageError` if rejected rows can't be written in the path's format."""
        if self.rejects is not None:
            importer.imports.check_rejects_format(format_of(self.rejects))


def went_as_asked(report: ImportReport, output: Output) -> bool:
    """Whether the import didn't fail, and isn't only planned although it was to change products."""
    return report.status is not Status.FAILED and (report.status is not Status.PLANNED or output.dry_run)


# Importing Rich takes time, and scripts don't need it: hence the imports inside functions.


def progress_shown(output: Output) -> AbstractContextManager[Callable[[ImportState], None] | None]:
    """Returns the progress bar if standard error is a terminal; otherwise nothing is shown."""
    if output.quiet or output.json or not sys.stderr.isatty():
        return nullcontext()
    from product_importer.cli.progress import progress_bar  # noqa: PLC0415

    return progress_bar()


def tell(report: ImportReport, output: Output, plan: ChangeSummary | None = None) -> None:
    """Prints the result of the import: as JSON, as a summary, or only the reason of a failure. ``plan``: what
    the import would change.
    """
    if output.json:
        click.echo(json.dumps(report_object(report), ensure_ascii=False))
    elif output.quiet:
        if not went_as_asked(report, output):
            click.echo(f"product-importer: {report.state.message}", err=True)
    else:
        from product_importer.cli.summary import print_summary  # noqa: PLC0415

        print_summary(report, output.rejects, plan)
    if report.status is Status.PLANNED and report.state.to_confirm is not None and not output.json:
        click.echo(f"To confirm it: --confirm-missing {report.state.to_confirm}", err=True)
    if report.state.questions and not output.json:
        tell_questions(report.state.questions)


async def write_rejects(importer: Importer, report: ImportReport, path: Path) -> None:
    """Writes the rejected rows as a file that can be corrected and imported, in the format that its name ends
    in. Raises :class:`StorageError`, and :class:`UsageError` if the rows don't fit into the format.
    """
    import aiofiles  # noqa: PLC0415 - it takes its time, and few imports write a file

    try:
        async with aiofiles.open(path, "wb") as file:
            async for piece in importer.imports.rejects_file(report.id, format_of(path)):
                await file.write(piece)
    except UsageError as error:
        message = f"Import {report.id} has ended, but its rejected rows can't be written to {path}: {error}"
        raise UsageError(message) from error
    except OSError as error:
        raise StorageError(f"The rejected rows can't be written to {path}: {error.strerror}.") from error
