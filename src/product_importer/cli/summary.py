"""Prints a summary of an import's results."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from product_importer.cli.console import output_console
from product_importer.fields import FIELDS
from product_importer.model import ChangeSummary, ImportReport, RowWarning, Status
from product_importer.model.value_rules import ValueRule

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN_REASONS = 10

_SHOWN = 12

_VALUE_CHARS = 40
_SHOWN_WARNINGS = 3
"""Number of warnings of each code that are printed."""

_SHOWN_KEPT = 10
"""Number of warnings of each code that are printed of an undo: they say what stays as it is."""

_HEADLINES = {
    Status.COMPLETED: "[green]Imported[/green] {file}",
    Status.PLANNED: "[green]Checked[/green] {file}; nothing was changed. An import would count:",
    Status.WAITING: "[yellow]Waiting for answers[/yellow] about {file}; nothing was changed",
    Status.CANCELLED: "[yellow]Cancelled[/yellow] {file}",
    Status.FAILED: "[red]Failed[/red] {file}",
}

_COUNTS = (
    ("created", "created"),
    ("updated", "updated"),
    ("unchanged", "unchanged"),
    ("deleted", "deleted"),
    ("duplicate", "duplicates left out"),
    ("invalid", "rejected"),
    ("skipped", "blank or left out"),
)


_UNDO_HEADLINES = {
    Status.COMPLETED: "[green]Done[/green]: {file}",
    Status.PLANNED: "[green]Planned[/green]: {file}; nothing was changed",
}

_UNDO_COUNTS = (
    ("updated", "go back to what they were"),
    ("created", "come back"),
    ("deleted", "are deleted, as they are new"),
    ("unchanged", "are as they were already"),
    ("skipped", "stay as they are, as the warnings say"),
)
"""The counters of an undo, in words: they are numbers of products."""


def print_summary(report: ImportReport, rejects: Path | None, plan: ChangeSummary | None = None) -> None:
    """Prints a headline, the counters with their sum, and the first rejected rows and warnings; of a plan,
    which fields change, what stands out, and how it is applied.
    """
    console = output_console()
    state = report.state
    undo = state.kind == "undo"
    headlines = _HEADLINES | _UNDO_HEADLINES if undo else _HEADLINES
    console.print(headlines[report.status].format(file=escape(state.filename)) + f"  (import {report.id})")
    if state.message:
        console.print(escape(state.message))
    for line in () if undo else _how_it_was_read(report):
        console.print(line, markup=False, style="dim")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    for name, words in _UNDO_COUNTS if undo else _COUNTS:
        if count := getattr(report.counts, name):
            table.add_row(f"{count:,}", words)
    noun = "product" if undo else "row"
    read = f"{noun if report.read == 1 else f'{noun}s'}{'' if undo else ' read'}"
    table.add_row(f"{report.read:,}", f"{read}{_speed(report)}", style="bold")
    if report.deactivated:
        table.add_row(f"{report.deactivated:,}", "products deactivated, as the file lacks them")
    if report.removed:
        table.add_row(f"{report.removed:,}", "products deleted, as the file lacks them")
    console.print(table)
    if plan is not None:
        for line in _planned(plan):
            console.print(line, markup=False)
    _print_rejects(console, report, rejects)
    _print_warnings(console, report)
    if plan is not None and plan.kinds:
        number = report.state.to_confirm
        confirmed = "" if number is None else f" --confirm-missing {number}"
        console.print(f"To make these changes: product-importer apply {report.id}{confirmed}", markup=False)


def _planned(plan: ChangeSummary) -> Iterator[str]:
    """Yields which fields change in how many products, and what stands out."""
    if plan.fields:
        yield f"Fields that change: {_numbered(plan.fields)}"
    if moved := plan.notable.get("price_moved"):
        yield f"Prices that move by more than half: {moved:,}"
    if plan.lost:
        yield f"Products that lose a value: {_numbered(plan.lost)}"


def _numbered(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in numbers.items())


def _how_it_was_read(report: ImportReport) -> Iterator[str]:
    """Yields how the file was read, and the mapping. They are shown because they may have been guessed."""
    read_as, mapping = report.state.read_as, report.state.mapping
    if read_as is not None:
        decimal = report.state.options.decimal
        prices = f", prices with a decimal {decimal}" if decimal else ""
        yield f"Read as {read_as.words}{prices}"
    fields = [f"{column} → {target}" for column, target in mapping.items() if target in FIELDS]
    if fields:
        yield f"Columns: {_some(fields)}"
    if transforms := report.state.options.transforms:
        from product_importer.model.transform_texts import text_of  # noqa: PLC0415 - few imports have steps

        yield f"Cells were changed first: {'; '.join(map(text_of, transforms))}"
    yield from read_so(report.state.rules)
    for target, words in (("attribute", "Kept as attributes"), ("ignore", "Ignored")):
        columns = [column for column, use in mapping.items() if use == target]
        if columns:
            yield f"{words}: {_some(columns)}"


def read_so(rules: Mapping[str, str]) -> Iterator[str]:
    """Yields how the values of columns were read, where that is out of the ordinary."""
    for column, rule in rules.items():
        yield f"{column}: {ValueRule.of(rule).words}"


def _some(words: Sequence[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _speed(report: ImportReport) -> str:
    state = report.state
    if state.started_at is None or state.finished_at is None or not report.read:
        return ""
    seconds = (state.finished_at - state.started_at).total_seconds()
    return f" in {seconds:,.1f} s"


def _print_rejects(console: Console, report: ImportReport, rejects: Path | None) -> None:
    """Prints each reason once, with the lines that it concerns, and the cell of the first one."""
    place_word = report.state.place.capitalize()
    found: dict[tuple[str, str], dict[int, str | None]] = {}
    for row in report.rejected:
        for error in row.errors:
            found.setdefault((error.column or "", error.message), {})[row.line] = error.value
    for (column, message), cells in list(found.items())[:_SHOWN_REASONS]:
        noun = f"{place_word}s" if len(cells) > 1 else place_word
        console.print(f"{noun} {_some(list(map(str, cells)))}", style="yellow", markup=False)
        console.print(f"  {_cell(column, list(cells.values()))}{message}", markup=False)
    if report.invalid > len(report.rejected) or len(found) > _SHOWN_REASONS:
        where = "" if rejects else "; --rejects FILE writes them all to a file"
        console.print(f"… and more of {report.invalid:,} rejected rows{where}", markup=False)
    if rejects is not None and report.invalid:
        file = shlex.quote(str(rejects))
        completed = report.status is Status.COMPLETED
        command = f"resubmit {report.id} {file}" if completed else f"import {file}"
        console.print(
            f"The rejected rows are in {rejects}. Correct them there, then: product-importer {command}",
            markup=False,
            soft_wrap=True,
        )


def _cell(column: str, values: Sequence[str | None]) -> str:
    """Returns the column and the first cell, for the beginning of a line."""
    value = values[0]
    such = "" if len(set(values)) == 1 else "such as "
    shown = ", ".join(filter(None, (column, f"{such}{_one_line(value)}" if value else "")))
    return f"{shown}: " if shown else ""


def _print_warnings(console: Console, report: ImportReport) -> None:
    """Prints how many warnings of each code there are, and the first ones."""
    if not report.warnings:
        return
    total = sum(report.warnings.values())
    most = _SHOWN_KEPT if report.state.kind == "undo" else _SHOWN_WARNINGS
    counts = ", ".join(f"{code} {count:,}" for code, count in report.warnings.items())
    console.print(
        f"{total:,} {'warning' if total == 1 else 'warnings'}: {counts}", style="yellow", markup=False
    )
    for code, count in report.warnings.items():
        shown = [warning for warning in report.warned if warning.code == code][:most]
        for warning in shown:
            console.print(f"  {_place(warning, report.state.place)}{warning.message}", markup=False)
        if count > len(shown):
            console.print(f"  … and {count - len(shown):,} more of {code}", markup=False)


def _place(warning: RowWarning, word: str) -> str:
    parts = [
        "" if warning.line is None else f"{word} {warning.line}",
        warning.column or "",
        "" if warning.value is None else _one_line(warning.value),
    ]
    place = ", ".join(filter(None, parts))
    return f"{place[0].upper()}{place[1:]}: " if place else ""


def _one_line(value: str) -> str:
    shown = " ".join(value.split())
    return f'"{shown[:_VALUE_CHARS]}…"' if len(shown) > _VALUE_CHARS else f'"{shown}"'
