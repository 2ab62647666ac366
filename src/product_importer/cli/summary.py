"""How an import ended, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from product_importer.model import ImportReport, Status
from product_importer.wire import report_object

_SHOWN_REJECTS = 10

_HEADLINES = {
    Status.COMPLETED: "[green]Imported[/green] {file}",
    Status.PLANNED: "[green]Checked[/green] {file}; nothing was changed. An import would count:",
    Status.CANCELLED: "[yellow]Cancelled[/yellow] {file}",
    Status.FAILED: "[red]Failed[/red] {file}",
}

_COUNTS = (
    ("created", "created"),
    ("updated", "updated"),
    ("unchanged", "unchanged"),
    ("duplicate", "duplicates left out"),
    ("invalid", "rejected"),
    ("skipped", "blank"),
)


def print_json(report: ImportReport) -> None:
    """One line."""
    typer.echo(json.dumps(report_object(report), ensure_ascii=False))


def print_summary(report: ImportReport, rejects: Path | None) -> None:
    """A headline, the counters that add up, and the first rejected rows."""
    console = Console(highlight=False)
    state = report.state
    console.print(_HEADLINES[report.status].format(file=escape(state.filename)) + f"  (import {report.id})")
    if state.message:
        console.print(escape(state.message))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    for name, words in _COUNTS:
        if count := getattr(report.counts, name):
            table.add_row(f"{count:,}", words)
    table.add_row(f"{report.read:,}", "rows read" + _speed(report), style="bold")
    if report.deactivated:
        table.add_row(f"{report.deactivated:,}", "products deactivated, as the file lacks them")
    console.print(table)
    _print_rejects(console, report, rejects)


def _speed(report: ImportReport) -> str:
    state = report.state
    if state.started_at is None or state.finished_at is None or not report.read:
        return ""
    seconds = (state.finished_at - state.started_at).total_seconds()
    return f" in {seconds:,.1f} s"


def _print_rejects(console: Console, report: ImportReport, rejects: Path | None) -> None:
    for row in report.rejected[:_SHOWN_REJECTS]:
        column = f", column {row.column}" if row.column else ""
        console.print(f"  line {row.line}{column}: {row.message}", markup=False, soft_wrap=True)
    more = report.invalid - min(len(report.rejected), _SHOWN_REJECTS)
    if more > 0:
        where = "" if rejects else "; --rejects FILE writes them all to a file"
        console.print(f"  … and {more:,} more{where}", markup=False)
    if rejects is not None and report.invalid:
        console.print(
            f"The rejected rows are in {rejects}. Correct them there and import that file.", markup=False
        )
