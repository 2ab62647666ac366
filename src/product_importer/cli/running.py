"""Registers and runs imports for the command line."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import click

from product_importer.cli import exits
from product_importer.cli.asking import ask, can_ask
from product_importer.cli.outcome import Output, progress_shown, tell, went_as_asked, write_rejects
from product_importer.cli.profiles import offer_to_remember
from product_importer.errors import DatabaseError
from product_importer.model import Actor, ActorKind, ImportOptions, ImportReport, ImportState, Status

if TYPE_CHECKING:
    from product_importer.app import Importer

ACTOR: Final = Actor(ActorKind.COMMAND_LINE)
_STDIN: Final = "-"

Run = Callable[[int, Callable[[ImportState], None] | None], Awaitable[ImportReport]]


async def run_import(
    importer: Importer, run: Run, import_id: int, output: Output, *, asked: bool = False
) -> int:
    """Runs the import, asks what only a person can know, and prints the result. Returns the exit status.

    ``asked``: whether questions were answered already, so that the answers may be worth remembering.
    """
    while (report := await _run(importer, run, import_id, output)).status is Status.WAITING and can_ask():
        await answer(importer, report.state)
        asked, run = True, importer.imports.start
    if output.rejects is not None:
        await write_rejects(importer, report, output.rejects)
    plan = None
    if report.status is Status.PLANNED and not (output.json or output.quiet):
        plan = await importer.imports.plan_summary(import_id)
    tell(report, output, plan)
    if asked and report.status is Status.COMPLETED:
        await offer_to_remember(importer, report.state)
    return _exit_status(report, output)


async def _run(importer: Importer, run: Run, import_id: int, output: Output) -> ImportReport:
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping and not output.quiet:
            click.echo("Stopping after what is being saved…", err=True)
        stopping.append(loop.create_task(importer.imports.cancel(import_id, actor=ACTOR)))

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        with progress_shown(output) as on_progress:
            return await run(import_id, on_progress)
    except DatabaseError as error:
        message = f"{error} Import {import_id} was interrupted. {_to_finish(import_id)}"
        raise DatabaseError(message, code=error.code) from error
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _exit_status(report: ImportReport, output: Output) -> int:
    asked = report.status is Status.PLANNED and report.state.to_confirm is not None
    if report.state.questions or (asked and not output.dry_run):
        return exits.USAGE
    if report.status is Status.CANCELLED or not went_as_asked(report, output):
        return exits.FAILED
    return exits.REJECTED_ROWS if report.invalid else exits.COMPLETED


async def answer(importer: Importer, state: ImportState) -> None:
    """Asks the import's questions. If the person breaks off, the import is cancelled."""
    try:
        given = ask(state.questions)
    except click.Abort:
        await importer.imports.cancel(state.id, actor=ACTOR)
        raise
    await importer.imports.answer(state.id, given, actor=ACTOR)


async def create(importer: Importer, file: str, options: ImportOptions) -> int:
    """Registers an import of a path, a URL, or the standard input."""
    if file != _STDIN:
        return await importer.imports.create(file, options, actor=ACTOR)
    await importer.uploads.tidy()  # removes what killed commands have stored from a pipe
    return await importer.imports.create_from(sys.stdin.buffer, "stdin", options, actor=ACTOR)


async def offer_interrupted(importer: Importer) -> None:
    """Says which imports were interrupted, and how to finish them."""
    for state in await importer.imports.interrupted():
        click.echo(
            f"Import {state.id} of {state.filename} was interrupted at {state.percent:g} %. "
            f"{_to_finish(state.id)}",
            err=True,
        )


def _to_finish(import_id: int) -> str:
    return f"To finish it: product-importer import --resume {import_id}"
