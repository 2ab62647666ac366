"""``python -m benchmarks``: see README.md for what it measures and how to read it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from benchmarks import report, runner, validators
from benchmarks.database import BenchmarkError, Server, open_server, work_directory
from benchmarks.systems import Baseline, Predecessor, ProductImporter, System
from product_importer.errors import ProductImporterError

if TYPE_CHECKING:
    from collections.abc import Sequence

BASELINE = Baseline()
BUILT_IN = ProductImporter()
FAST = ProductImporter("product-importer+fastcsv", "fastcsv")
PREDECESSOR = Predecessor()
SYSTEMS: dict[str, System] = {system.name: system for system in (BASELINE, BUILT_IN, FAST, PREDECESSOR)}
HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    with work_directory(options.directory) as work:
        try:
            asyncio.run(_benchmark(options, work))
        except (BenchmarkError, ProductImporterError, psycopg.Error) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


async def _benchmark(options: argparse.Namespace, work: Path) -> None:
    cases = _cases(options, work)
    reference = cases[0].systems[0].name
    async with open_server(options.database_url, work / "server") as server:
        # In a thread: the embedded server's log and upkeep need the event loop.
        await asyncio.to_thread(_run_and_report, cases, server, reference, options)


def _run_and_report(
    cases: Sequence[runner.Case], server: Server, reference: str, options: argparse.Namespace
) -> None:
    settings = server.settings()
    about = report.machine(settings)
    if not options.smoke:
        runner.warm_up(cases[0], server)
    samples = list(runner.run(cases, server))
    summaries = report.summarise(samples, reference)
    report.show(summaries, about, settings, reference)
    if options.smoke:
        return
    report.save(options.results / "latest.json", samples, summaries, about)
    if any(one.kind == "products" for one in summaries):
        for picture in (options.results / "latest.svg", *options.picture):
            report.draw(picture, summaries)


def _cases(options: argparse.Namespace, work: Path) -> list[runner.Case]:
    systems = [SYSTEMS[name] for name in options.systems]
    if FAST in systems and not entry_points(group="product_importer", name="fastcsv"):
        print("The plugin product-importer-fastcsv isn't installed, so it is left out.", file=sys.stderr)
        systems.remove(FAST)
    quick = [system for system in systems if system != PREDECESSOR]
    if options.validators:
        several = _with_validators(work, options.validators)
        return [runner.first_import(work, rows, [BUILT_IN, several], options.rounds) for rows in options.rows]
    if options.worst:
        return [case for rows in options.rows for case in runner.worst(work, rows, quick, options.rounds)]
    if options.smoke:
        everyone = [*systems, _with_validators(work, 4)] if BUILT_IN in systems else systems
        return [runner.products(work, 20_000, everyone, 1), *runner.worst(work, 4_000, quick, 1)]
    cases = [runner.products(work, rows, quick, options.rounds) for rows in options.rows] if quick else []
    if PREDECESSOR in systems:  # once is enough: it takes minutes, and nobody doubts the difference
        rows = options.predecessor_rows or max(options.rows)
        cases.append(runner.products(work, rows, [*quick[:1], PREDECESSOR], 1))
    return cases


def _with_validators(work: Path, count: int) -> ProductImporter:
    environment = validators.install(work / "plugin", count)
    return ProductImporter(f"{BUILT_IN.name}+{count} validators", environment=environment)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Importers side by side, in turns."
    )
    add = parser.add_argument
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--smoke", action="store_true", help="every system and every case, small; only correctness"
    )
    mode.add_argument("--worst", action="store_true", help="files that are hard on an importer")
    mode.add_argument("--validators", type=int, metavar="N", help="what N more validators cost")
    add("--rows", type=int, nargs="+", default=[100_000, 500_000], metavar="N", help="sizes of the file")
    add("--rounds", type=int, default=3, help="turns that each system gets (default: %(default)s)")
    add("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="the first one is the reference")
    add(
        "--predecessor-rows",
        type=int,
        metavar="N",
        help="size of the predecessor's file (default: the largest)",
    )
    add("--database-url", default=None, help="a server to use (default: an embedded one)")
    add(
        "--directory",
        type=Path,
        default=disk(),
        help="for files and the embedded server (default: %(default)s)",
    )
    add("--results", type=Path, default=HERE / "results", help="for JSON and picture (default: %(default)s)")
    add("--picture", type=Path, nargs="*", default=[], help="draw the picture here too (.svg or .png)")
    options = parser.parse_args(arguments)
    if options.validators is not None and options.validators < 1:
        parser.error("--validators needs at least 1")
    if options.database_url and not options.database_url.startswith(("postgresql://", "postgres://")):
        parser.error("--database-url needs a URL: postgresql://…")
    return options


def disk() -> Path:
    """A directory for temporary files that is on a disk: /tmp is often memory."""
    lasting = Path("/var/tmp")
    return lasting if os.access(lasting, os.W_OK) else Path(tempfile.gettempdir())


if __name__ == "__main__":
    sys.exit(main())
