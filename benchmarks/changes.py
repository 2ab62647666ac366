"""``python -m benchmarks.changes``: what plans, undos and the log of changes cost, against the same import.

All answered in one run, in turns, by command as a user would: an import that changes every product; a plan of
it, its application and its undo; the page of the plan over HTTP, by filter; and how many bytes the log takes
for each product whose price changes. After each step the table must hold the right products, or the run ends
with exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Final

import aiohttp
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks import data
from benchmarks.database import BenchmarkError, Server, open_server, work_directory
from benchmarks.plan_pages import page_seconds
from benchmarks.report import Spread, machine
from benchmarks.systems import ProductImporter, succeeded
from benchmarks.web import serving
from product_importer.errors import ProductImporterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.data import Dataset
    from benchmarks.measure import Run
    from benchmarks.plan_pages import Page

PRICE_LISTS: Final = 10
SMOKE: Final = {"rows": 3_000, "rounds": 1, "asks": 2}

LOG_BYTES: Final = r"""
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)
FROM pg_class
WHERE relkind = 'r' AND relname LIKE 'change\_%'
"""
"""The tables of the log have names that begin with this; so have the log's partitions."""

IMPORTER: Final = ProductImporter()


@dataclass(frozen=True, slots=True)
class Step:
    """A command: its seconds, the CPU seconds of command and server, and the command's peak memory."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Turn:
    """``pages``: by question. ``log``: bytes for each changed price, after one price list and after all."""

    imported: Step
    planned: Step
    applied: Step
    undone: Step
    pages: dict[str, Page]
    log: tuple[float, float]


class Measured:
    """Runs commands on one server, and counts the server's CPU seconds too."""

    def __init__(self, server: Server) -> None:
        self.server = server
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None, "there is such a setting"
        first_line = Path(row[0], "postmaster.pid").read_text(encoding="utf-8").split()[0]
        self._postmaster = psutil.Process(int(first_line))

    def step(self, command: Callable[[], Run]) -> Step:
        self.server.checkpoint()
        before = self._cpu_seconds()
        run = command()
        return Step(run.seconds, run.cpu_seconds + self._cpu_seconds() - before, run.peak_bytes)

    def _cpu_seconds(self) -> float:
        """Of the server's processes, those that have ended and those that live."""
        times = self._postmaster.cpu_times()
        living = (each.cpu_times() for each in self._postmaster.children())
        ended: float = times.children_user + times.children_system
        return ended + sum((each.user + each.system for each in (times, *living)), 0.0)


def database(server: Server, name: str, first: Dataset) -> str:
    """A database with the products of this file."""
    dsn = server.create(name)
    IMPORTER.prepare(server, dsn)
    IMPORTER.run("first", first, dsn)
    server.vacuum(dsn)
    return dsn


def imported(measured: Measured, first: Dataset, changed: Dataset) -> Step:
    """An import that changes every product."""
    dsn = database(measured.server, "imported", first)
    step = measured.step(lambda: IMPORTER.run("changed", changed, dsn))
    measured.server.check(dsn, changed)
    return step


def planned(measured: Measured, dsn: str, first: Dataset, changed: Dataset) -> tuple[Step, str]:
    """A plan of that import, and the plan's number."""
    report: dict[str, object] = {}

    def plan() -> Run:
        run, told = IMPORTER.imported("changed", changed, dsn, "--dry-run", status="planned")
        report.update(told)
        return run

    step = measured.step(plan)
    measured.server.check(dsn, first)
    measured.server.vacuum(dsn)
    return step, str(report["id"])


def applied(measured: Measured, dsn: str, changed: Dataset, number: str) -> Step:
    step = measured.step(lambda: IMPORTER.reported("changed", changed, dsn, "apply", number)[0])
    measured.server.check(dsn, changed)
    measured.server.vacuum(dsn)
    return step


def undone(measured: Measured, dsn: str, first: Dataset, number: str) -> Step:
    """The undo of the whole import: its plan and its application, by one command."""
    step = measured.step(lambda: succeeded(IMPORTER.command(dsn, "undo", number, "--yes")).run)
    measured.server.check(dsn, first)
    return step


async def pages(dsn: str, work: Path, number: str, changed: Dataset, asks: int) -> dict[str, Page]:
    async with serving(dsn, work / "shell") as shell:
        return await page_seconds(shell, number, changed, asks)


def log_bytes(server: Server, first: Dataset, work: Path) -> tuple[float, float]:
    """Bytes of the log for each changed price, after one price list and after all."""
    dsn = database(server, "prices", first)
    before = _number(dsn)
    after = []
    for edition in range(1, PRICE_LISTS + 1):
        prices = data.prices(work / "prices.csv", first.products, edition=edition)
        IMPORTER.run("changed", prices, dsn)
        after.append((_number(dsn) - before) / (edition * prices.products))
        server.vacuum(dsn)
    server.check(dsn, prices)
    return after[0], after[-1]


def _number(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(LOG_BYTES).fetchone()
    return int(row[0]) if row else 0


async def turn(
    number: int, measured: Measured, files: tuple[Dataset, Dataset], work: Path, asks: int
) -> Turn:
    """One round; whether the import or the plan of it comes first depends on its number."""
    first, changed = files
    do = asyncio.to_thread
    await do(measured.server.drop_all)
    if number % 2 == 0:
        import_step = await do(imported, measured, *files)
    dsn = await do(database, measured.server, "planned", first)
    plan_step, plan = await do(planned, measured, dsn, *files)
    seconds = await pages(dsn, work, plan, changed, asks)
    apply_step = await do(applied, measured, dsn, changed, plan)
    undo_step = await do(undone, measured, dsn, first, plan)
    if number % 2:
        import_step = await do(imported, measured, *files)
    log = await do(log_bytes, measured.server, first, work)
    return Turn(import_step, plan_step, apply_step, undo_step, seconds, log)


def show(turns: Sequence[Turn]) -> None:
    """Medians and, in brackets, the lowest and the highest."""
    table = Table("against the import", "seconds", "CPU", "peak memory", title=f"{len(turns)} turns")

    def row(what: str, step: Callable[[Turn], Step]) -> None:
        steps = [(step(each), each.imported) for each in turns]
        ratio = Spread.of([one.seconds / beside.seconds for one, beside in steps])
        cpu = Spread.of([one.cpu_seconds / beside.cpu_seconds for one, beside in steps])
        peak = max(one.peak_bytes for one, _ in steps) / 1e6
        table.add_row(what, f"{ratio.text()}×", f"{cpu.text()}×", f"{peak:.0f} MB")

    seconds, cpu = ([getattr(it.imported, name) for it in turns] for name in ("seconds", "cpu_seconds"))
    peak = max(it.imported.peak_bytes for it in turns) / 1e6
    table.add_row(
        "the import",
        f"{Spread.of(seconds).text()} s",
        f"{Spread.of(cpu).text()} s",
        f"{peak:.0f} MB",
    )
    row("plan", lambda it: it.planned)
    row("apply", lambda it: it.applied)
    row("undo", lambda it: it.undone)
    Console().print(table)
    table = Table("log", "bytes for each changed price")
    for place, lists in enumerate(("one price list", f"{PRICE_LISTS} price lists")):
        taken = Spread.of([it.log[place] for it in turns])
        table.add_row(f"after {lists}", taken.text(1))
    Console().print(table)
    table = Table("page of the plan", "median", "95th percentile", "CPU of the web process")
    for name in turns[0].pages:
        times = [1e3 * seconds for it in turns for seconds in it.pages[name].seconds]
        cpu_each = 1e3 * sum(it.pages[name].cpu_seconds for it in turns) / len(times)
        cuts = quantiles(times, n=20, method="inclusive")
        table.add_row(name, f"{cuts[9]:.0f} ms", f"{cuts[18]:.0f} ms", f"{cpu_each:.0f} ms")
    Console().print(table)


def save(path: Path, turns: Sequence[Turn], about: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"machine": about, "turns": [asdict(each) for each in turns]}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


async def _run(options: argparse.Namespace, work: Path) -> None:
    os.environ["SECRET_KEY"] = "of the benchmark: " + "k" * 40
    first = data.products(work / "first.csv", options.rows)
    changed = data.products(work / "changed.csv", options.rows, edition=2)
    async with open_server(None, work / "server") as server:
        about = machine(server.settings())
        measured = await asyncio.to_thread(Measured, server)
        turns = []
        for number in range(options.rounds):
            turns.append(await turn(number, measured, (first, changed), work, options.asks))
            print(f"turn {number + 1} has ended", file=sys.stderr)
        await asyncio.to_thread(server.drop_all)
    show(turns)
    if options.results is not None:
        save(options.results / "changes.json", turns, about)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.changes", description=(__doc__ or "").split("\n")[0]
    )
    add = parser.add_argument
    add("--rows", type=int, default=500_000, metavar="N", help="rows of the file (default: %(default)s)")
    add("--rounds", type=int, default=3, help="turns (default: %(default)s)")
    add("--asks", type=int, default=20, metavar="N", help="requests of each page (default: %(default)s)")
    add("--smoke", action="store_true", help="everything, small: only correctness")
    add("--directory", type=Path, default=Path(tempfile.gettempdir()), help="for its files")
    add("--results", type=Path, default=None, help="a directory for the figures as JSON")
    options = parser.parse_args(arguments)
    if options.smoke:
        vars(options).update(SMOKE)
    with work_directory(options.directory) as work:
        try:
            asyncio.run(_run(options, work))
        except (BenchmarkError, ProductImporterError, psycopg.Error, aiohttp.ClientError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
