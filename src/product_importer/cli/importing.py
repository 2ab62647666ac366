"""``product-importer import``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from product_importer.cli import exits
from product_importer.cli.asking import can_ask
from product_importer.cli.import_options import import_options, options_over, typed_of
from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option, quiet_option, rejects_option
from product_importer.cli.outcome import Output
from product_importer.cli.profiles import Wanted
from product_importer.cli.running import ACTOR, answer, create, offer_interrupted, run_import
from product_importer.errors import UsageError
from product_importer.model import ImportOptions, Questions, Status
from product_importer.settings import load_settings
from product_importer.storage.sources import is_url

if TYPE_CHECKING:
    from product_importer.app import Importer


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1)
@database_url_option
@click.option("--dry-run", is_flag=True, help="Plan what would be changed; the command apply does it.")
@import_options
@rejects_option()
@click.option("--resume", type=int, metavar="ID", help="Go on with an interrupted import.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per import.")
@quiet_option
def import_command(
    files: tuple[str, ...],
    database_url: str | None,
    dry_run: bool,
    profile: str | None,
    rejects: Path | None,
    resume: int | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Import product files: paths, - for standard input, or URLs.

    Exit status: 0 completed, 1 failed, 2 wrong usage or an open question, 3 completed with rejected rows.
    """
    if (resume is None) == (not files):
        raise UsageError("Name the files to import, or an interrupted import with --resume ID.")
    if rejects is not None and len(files) > 1:
        raise UsageError("--rejects takes the rejected rows of one file. Import the files one at a time.")
    questions: Questions = "ask" if can_ask() and not (as_json or quiet) else "refuse"
    typed = typed_of(given)
    base = ImportOptions(parser=load_settings().parser, questions=questions, dry_run=dry_run)
    output = Output(rejects, as_json, quiet, dry_run)
    wanted = Wanted(options_over(base, typed), profile, typed)
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
    async with open_importer(database_url) as importer:
        output.check(importer)
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
        await importer.changes.tidy()
        return worst
