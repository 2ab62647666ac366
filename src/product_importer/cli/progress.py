"""The progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from product_importer.model import ImportState, Phase

_WORDS = {
    Phase.WAITING: "Waiting",
    Phase.READING: "Reading and checking the file",
    Phase.SAVING: "Saving",
    Phase.DEACTIVATING: "Deactivating what the file lacks",
    Phase.FINISHED: "Done",
}


@contextmanager
def progress_bar() -> Iterator[Callable[[ImportState], None]]:
    """A bar on standard error that shows the states which the yielded function is given."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting", total=100, speed="")

        def show(state: ImportState) -> None:
            reading = state.phase is Phase.READING
            done = (
                100 * state.bytes_done / state.bytes_total if reading and state.bytes_total else state.percent
            )
            speed = f"{state.rows_per_second:,.0f} rows/s" if state.rows_per_second and not reading else ""
            words = f"{state.filename}: {_WORDS[state.phase]}"
            progress.update(task, description=words, completed=done, speed=speed)

        yield show
