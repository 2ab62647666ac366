"""Runs systems in turns (A B C, A B C, …), so that whatever else the machine does hits them alike."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.database import Server, WrongResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.data import Dataset
    from benchmarks.measure import Run
    from benchmarks.systems import Scenario, System


_products = cache(data.products)


@dataclass(frozen=True, slots=True)
class Case:
    """Files to import, in this order, each after the one before it; and by whom, and how often."""

    files: Sequence[tuple[Scenario, Dataset]]
    systems: Sequence[System]
    rounds: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured run. Samples of the same ``turn`` ran next to each other and may be compared."""

    turn: int
    system: str
    scenario: Scenario
    kind: str
    rows: int
    size: int
    run: Run


def products(directory: Path, rows: int, systems: Sequence[System], rounds: int) -> Case:
    """The usual file: into an empty table, again, and with every product changed."""
    one = _products(directory / f"products-{rows}.csv", rows)
    two = _products(directory / f"products-{rows}-changed.csv", rows, edition=2)
    return Case((("first", one), ("again", one), ("changed", two)), systems, rounds)


def first_import(directory: Path, rows: int, systems: Sequence[System], rounds: int) -> Case:
    """The usual file into an empty table, nothing else."""
    return Case((("first", _products(directory / f"products-{rows}.csv", rows)),), systems, rounds)


def worst(directory: Path, rows: int, systems: Sequence[System], rounds: int) -> list[Case]:
    """Files that are hard on an importer, of about the same size as the usual one with so many rows."""
    makers: tuple[tuple[Callable[[Path, int], Dataset], int], ...] = (
        (data.all_duplicates, rows),
        (data.all_invalid, rows),
        (data.wide, max(rows // 4, 1)),
        (data.long_cells, max(rows // 500, 1)),
    )
    datasets = [make(directory / f"{make.__name__}-{count}.csv", count) for make, count in makers]
    cases = [
        Case((("first", dataset),), [system for system in systems if system.takes(dataset)], rounds)
        for dataset in datasets
    ]
    return [case for case in cases if case.systems]


def run(cases: Sequence[Case], server: Server) -> Iterator[Sample]:
    """Runs every case and checks every result; raises :class:`WrongResult` at the first wrong one.

    Each round starts from new databases and each run from a checkpoint; after each run its database is
    vacuumed. The times of these are not counted.
    """
    turn = 0
    for case in cases:
        for _ in range(case.rounds):
            turn += 1
            databases = {system.name: server.create(system.name) for system in case.systems}
            for system in case.systems:
                system.prepare(server, databases[system.name])
            for scenario, dataset in case.files:
                for system in case.systems:
                    yield _sample(system, scenario, dataset, server, databases[system.name], turn=turn)
            server.drop_all()


def warm_up(case: Case, server: Server) -> None:
    """One import that isn't counted: it makes the server write the log files that later runs will reuse."""
    scenario, dataset = case.files[0]
    system = case.systems[0]
    dsn = server.create(system.name)
    system.prepare(server, dsn)
    system.run(scenario, dataset, dsn)


def _sample(
    system: System, scenario: Scenario, dataset: Dataset, server: Server, dsn: str, *, turn: int
) -> Sample:
    what = f"{dataset.kind}, {dataset.rows:,} rows, {scenario}, {system.name}"
    server.checkpoint()
    try:
        cost = system.run(scenario, dataset, dsn)
        server.check(dsn, dataset)
    except WrongResult as error:
        raise WrongResult(f"{what}: {error}") from error
    server.vacuum(dsn)
    print(f"{what}: {cost.seconds:.2f} s", file=sys.stderr)
    size = dataset.path.stat().st_size
    return Sample(turn, system.name, scenario, dataset.kind, dataset.rows, size, cost)
