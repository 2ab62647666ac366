"""Turns samples into a table for the terminal, a JSON file and a picture."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

import psutil
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.runner import Sample


@dataclass(frozen=True, slots=True)
class Spread:
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))

    def text(self, digits: int = 2) -> str:
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}–{self.high:.{digits}f})"


@dataclass(frozen=True, slots=True)
class Summary:
    """All runs of one system on one file in one scenario; ``ratio`` is to the reference in the same turn."""

    kind: str
    rows: int
    size: int
    scenario: str
    system: str
    runs: int
    seconds: Spread
    ratio: Spread
    cpu_seconds: float
    peak_bytes: int

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds.median


def summarise(samples: Sequence[Sample], reference: str) -> list[Summary]:
    """One summary for each system, file and scenario, in the order of their first runs.

    Where ``reference`` can't import a file, the ratio is to the first system that did.
    """
    groups: dict[tuple[str, int, str, str], list[Sample]] = {}
    beside: dict[tuple[int, str], Sample] = {}
    for sample in samples:
        groups.setdefault((sample.kind, sample.rows, sample.scenario, sample.system), []).append(sample)
        turn = (sample.turn, sample.scenario)
        if turn not in beside or sample.system == reference:
            beside[turn] = sample
    order = list(dict.fromkeys((kind, rows, scenario) for kind, rows, scenario, _ in groups))
    summaries = [
        Summary(
            kind=kind,
            rows=rows,
            size=group[0].size,
            scenario=scenario,
            system=system,
            runs=len(group),
            seconds=Spread.of([sample.run.seconds for sample in group]),
            ratio=Spread.of(
                [sample.run.seconds / beside[sample.turn, sample.scenario].run.seconds for sample in group]
            ),
            cpu_seconds=median(sample.run.cpu_seconds for sample in group),
            peak_bytes=max(sample.run.peak_bytes for sample in group),
        )
        for (kind, rows, scenario, system), group in groups.items()
    ]
    return sorted(summaries, key=lambda summary: order.index((summary.kind, summary.rows, summary.scenario)))


def machine(settings: dict[str, str]) -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_average_before": os.getloadavg()[0],
        "postgresql": settings,
    }


def show(
    summaries: Sequence[Summary], about: dict[str, object], settings: dict[str, str], reference: str
) -> None:
    console = Console(width=None if Console().is_terminal else 160)
    memory = psutil.virtual_memory().total / 2**30
    durable = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "server_version")
    console.print(
        f"{about['cores']} cores, {memory:.0f} GiB, {about['system']}, Python {about['python']}, "
        f"PostgreSQL {settings['server_version']} ({durable}), "
        f"load average before {about['load_average_before']:.2f}",
        highlight=False,
    )
    table = Table()
    for heading in ("file", "scenario", "system"):
        table.add_column(heading)
    for heading in ("runs", "seconds", f"× {reference}", "rows/s", "CPU s", "peak MB"):
        table.add_column(heading, justify="right")
    before = None
    for summary in summaries:
        block = (summary.kind, summary.rows, summary.scenario)
        if before not in (None, block):
            table.add_section()
        table.add_row(
            f"{summary.kind}, {summary.rows:,} rows, {summary.size / 1e6:.0f} MB" if before != block else "",
            summary.scenario if before != block else "",
            summary.system,
            str(summary.runs),
            summary.seconds.text(),
            summary.ratio.text(),
            f"{summary.rows_per_second:,.0f}",
            f"{summary.cpu_seconds:.2f}",
            f"{summary.peak_bytes / 1e6:.0f}",
        )
        before = block
    console.print(table)
    for line in growth(summaries):
        console.print(line, highlight=False)


def growth(summaries: Sequence[Summary]) -> list[str]:
    """For systems that imported files of several sizes: what became of time per row and of memory."""
    sizes: dict[tuple[str, str, str], list[Summary]] = {}
    for summary in summaries:
        sizes.setdefault((summary.kind, summary.scenario, summary.system), []).append(summary)
    lines = []
    for (_, scenario, system), group in sizes.items():
        small, large = min(group, key=lambda one: one.rows), max(group, key=lambda one: one.rows)
        if small.rows != large.rows:
            time = small.rows_per_second / large.rows_per_second
            lines.append(
                f"{system}, {scenario}: from {small.rows:,} to {large.rows:,} rows, "
                f"time per row × {time:.2f}, memory × {large.peak_bytes / small.peak_bytes:.2f}"
            )
    return lines


def save(
    path: Path, samples: Sequence[Sample], summaries: Sequence[Summary], about: dict[str, object]
) -> None:
    document = {
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": about,
        "summaries": [asdict(summary) for summary in summaries],
        "samples": [asdict(sample) for sample in samples],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def draw(path: Path, summaries: Sequence[Summary]) -> None:
    """Time and memory of the first import against the file's rows, as .svg or .png."""
    firsts = [one for one in summaries if one.kind == "products" and one.scenario == "first"]
    sizes = sorted({one.rows for one in firsts})
    figure = Figure(figsize=(10, 4), layout="constrained")
    time, memory = figure.subplots(1, 2)
    for system in dict.fromkeys(one.system for one in firsts):
        line = sorted((one for one in firsts if one.system == system), key=lambda one: one.rows)
        rows = [one.rows for one in line]
        middle = [one.seconds.median for one in line]
        below = [one.seconds.median - one.seconds.low for one in line]
        above = [one.seconds.high - one.seconds.median for one in line]
        time.errorbar(rows, middle, yerr=(below, above), marker="o", capsize=3, label=system)
        memory.plot(rows, [one.peak_bytes / 1e6 for one in line], marker="o", label=system)
    for axes, title in ((time, "First import, seconds"), (memory, "Peak memory, MB")):
        axes.set(title=title, xlabel="rows", xscale="log")
        axes.set_xticks(sizes, labels=[f"{rows:,}" for rows in sizes])
        axes.set_xticks([], minor=True)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    time.set_yscale("log", subs=[2, 5])  # otherwise the slowest squeezes all others into one line
    time.yaxis.set_major_formatter("{x:g}")
    time.yaxis.set_minor_formatter("{x:g}")
    memory.set(ylim=(0, None))
    time.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
