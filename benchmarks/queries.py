"""``python -m benchmarks.queries``: how long lists of products take, with many readers at once.

Each reader asks one question after the other, without a pause, so the machine is never idle: that is harder
than as many people would be. The questions take turns by chance, seeded. A time is what a caller of the
library waits. The file's texts are made of few words, each of which stands in many products: the harder case.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import data
from benchmarks.__main__ import disk
from benchmarks.database import BenchmarkError, open_server, work_directory
from product_importer import Importer
from product_importer.errors import ProductImporterError
from product_importer.product import Product, ProductFilter

SEED: Final = 7
SAMPLE: Final = 200
"""Products whose words are looked for."""

Question = dict[str, Any]
"""What ``Catalogue.list`` is called with."""


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds that each question of a kind took, sorted."""

    kind: str
    seconds: tuple[float, ...]

    def percentile(self, percent: int) -> float:
        return self.seconds[min(len(self.seconds) - 1, len(self.seconds) * percent // 100)]


def kinds(
    total: int, inactive: int, sample: Sequence[Product]
) -> dict[str, Callable[[random.Random], Question]]:
    """What is asked, by its name. ``sample``: products that there are."""
    last, last_inactive = -(-total // 20), -(-inactive // 20)

    def name(chance: random.Random) -> list[str]:
        return chance.choice(sample).name.split()

    def sku(chance: random.Random) -> str:
        return chance.choice(sample).sku

    def words(chance: random.Random) -> list[str]:
        return (chance.choice(sample).description or "").replace(".", "").split()

    return {
        "first page": lambda _: {},
        "first page by name": lambda _: {"sort": "name"},
        "first page by price, from the top": lambda _: {"sort": "-price"},
        "first page of the latest": lambda _: {"sort": "-updated"},
        "last page": lambda _: {"page": last},
        "last page by name": lambda _: {"page": last, "sort": "name"},
        "any page": lambda chance: {"page": chance.randint(1, last)},
        "inactive ones": lambda _: {"wanted": ProductFilter(active=False)},
        "last page of inactive ones": lambda _: {
            "wanted": ProductFilter(active=False),
            "page": last_inactive,
        },
        "one SKU": lambda chance: {"wanted": ProductFilter(sku=sku(chance))},
        "part of a SKU": lambda chance: {"wanted": ProductFilter(sku=sku(chance)[3:9])},
        "word of a name": lambda chance: {"wanted": ProductFilter(name=chance.choice(name(chance)))},
        "whole name": lambda chance: {"wanted": ProductFilter(name=" ".join(name(chance)))},
        "words of a description": lambda chance: {
            "wanted": ProductFilter(description=" ".join(words(chance)[:2]))
        },
        "search for a SKU": lambda chance: {"wanted": ProductFilter(search=sku(chance))},
        "search for a word": lambda chance: {"wanted": ProductFilter(search=chance.choice(words(chance)))},
        "search for words of two fields": lambda chance: {
            "wanted": ProductFilter(search=f"{chance.choice(name(chance))} {chance.choice(words(chance))}")
        },
        "search for what isn't there": lambda _: {"wanted": ProductFilter(search="xylophone")},
        "search, by price": lambda chance: {
            "wanted": ProductFilter(search=" ".join(name(chance)[-2:])),
            "sort": "-price",
        },
    }


async def measure(importer: Importer, readers: int, seconds: float) -> list[Result]:
    """The results by kind, after a warm-up of one question of each."""
    catalogue = importer.catalogue
    total = (await catalogue.list()).total
    inactive = (await catalogue.list(ProductFilter(active=False))).total
    chance = random.Random(SEED)
    pages = [chance.randint(1, -(-total // 20)) for _ in range(SAMPLE // 20)]
    sample = [product for page in pages for product in (await catalogue.list(page=page)).products]
    asked = kinds(total, inactive, sample)
    for question in asked.values():
        await catalogue.list(**question(chance))
    taken: dict[str, list[float]] = defaultdict(list)
    end = time.perf_counter() + seconds

    async def read(number: int) -> None:
        chance = random.Random(SEED + number)
        while (began := time.perf_counter()) < end:
            kind = chance.choice(list(asked))
            await catalogue.list(**asked[kind](chance))
            taken[kind].append(time.perf_counter() - began)

    await asyncio.gather(*(read(number) for number in range(readers)))
    return [Result(kind, tuple(sorted(taken[kind]))) for kind in asked if taken[kind]]


def show(results: Sequence[Result], products: int, readers: int) -> None:
    everything = Result("everything", tuple(sorted(each for result in results for each in result.seconds)))
    title = f"{products:,} products, {readers} readers at once: milliseconds"
    show_results((*results, everything), title)


def show_results(results: Sequence[Result], title: str) -> None:
    table = Table(title=title)
    table.add_column("question")
    for heading in ("asked", "p50", "p95", "p99", "slowest"):
        table.add_column(heading, justify="right")
    for result in results:
        times = (result.percentile(50), result.percentile(95), result.percentile(99), result.seconds[-1])
        table.add_row(result.kind, f"{len(result.seconds):,}", *(f"{1000 * each:.1f}" for each in times))
    Console().print(table)


async def _benchmark(options: argparse.Namespace, work: Path) -> None:
    dataset = data.products(work / "products.csv", options.products)
    async with open_server(options.database_url, work / "server") as server:
        dsn = await asyncio.to_thread(server.create, "queries")
        async with Importer.open(dsn) as importer:
            await importer.run(dataset.path)
            began = time.perf_counter()
            indexed = await importer.catalogue.index_all()
            took = time.perf_counter() - began
            print(f"{indexed.done:,} products indexed in {took:.1f} s")
            results = await measure(importer, options.readers, options.seconds)
        await asyncio.to_thread(server.check, dsn, dataset)
        show(results, dataset.products, options.readers)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.queries", description="Lists of products, with many readers at once."
    )
    add = parser.add_argument
    add("--products", type=int, default=500_000, metavar="N", help="rows of the file (default: %(default)s)")
    add("--readers", type=int, default=20, help="how many at once (default: %(default)s)")
    add("--seconds", type=float, default=30.0, help="how long they ask (default: %(default)s)")
    add("--database-url", default=None, help="a server to use (default: an embedded one)")
    add("--directory", type=Path, default=disk(), help="for its files (default: %(default)s)")
    options = parser.parse_args(arguments)
    with work_directory(options.directory) as work:
        try:
            asyncio.run(_benchmark(options, work))
        except (BenchmarkError, ProductImporterError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
