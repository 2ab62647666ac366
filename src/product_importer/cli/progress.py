"""The progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from product_importer.model import ImportState, Phase

_WORDS = {
    Phase.WAITING: "Waiting",
    Phase.FETCHING: "Fetching the file",
    Phase.READING: "Reading and checking the file",
    Phase.SAVING: "Saving",
    Phase.DEACTIVATING: "Ending what the file lacks",
    Phase.FINISHED: "Done",
}


@contextmanager
def progress_bar() -> Iterator[Callable[[ImportState], None]]:
    """Shows a progress bar on standard error; the yielded function takes the states to show."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting", total=100, speed="", left="")

        def show(state: ImportState) -> None:
            reading = state.phase in (Phase.FETCHING, Phase.READING)
            done = (
                100 * state.bytes_done / state.bytes_total if reading and state.bytes_total else state.percent
            )
            speed = _come(state) or (_rows(state) if reading else _pace(state))
            words = f"{state.filename}: {_WORDS[state.phase]}"
            left = "" if state.eta_seconds is None else f"{timedelta(seconds=round(state.eta_seconds))} left"
            progress.update(task, description=words, completed=done, speed=speed, left=left)

        yield show


def _come(state: ImportState) -> str:
    return f"{state.bytes_done / 1e6:,.1f} MB" if state.phase is Phase.FETCHING else ""


def _rows(state: ImportState) -> str:
    rejected = f", {state.rows_rejected:,} rejected" if state.rows_rejected else ""
    return f"{state.rows_read:,} rows read{rejected}" if state.rows_read else ""


def _pace(state: ImportState) -> str:
    return f"{state.rows_per_second:,.0f} rows/s" if state.rows_per_second else ""
