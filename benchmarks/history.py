"""``python -m benchmarks.history``: how long the history of a product takes, after many imports.

A catalogue is imported, and then price lists, one after the other. Half of each list are the same products
every time, whose history gets as long as there are lists. The others are products by chance from the whole
catalogue, so a product's changes lie in other sets than its neighbours'. A time is what a caller of the
library waits, one question after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.__main__ import disk
from benchmarks.database import BenchmarkError, WrongResult, open_server, work_directory
from benchmarks.queries import Result, show_results
from product_importer import Importer
from product_importer.errors import ProductImporterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import asyncpg

    from product_importer.model import HistoryEntry
    from product_importer.store.changes.keeping import ChangeHistory

SEED: Final = 7

SMOKE: Final = {"products": 3_000, "imports": 5, "rows": 500, "asks": 5}


async def fill(importer: Importer, options: argparse.Namespace, work: Path) -> None:
    """Imports the catalogue and the price lists."""
    catalogue = work / "catalogue.csv"
    with catalogue.open("w", encoding="utf-8") as file:
        file.write("sku,name,price\n")
        file.writelines(f"SKU-{n:08},Product {n},{n % 900 + 1}.00\n" for n in range(options.products))
    await importer.run(catalogue)
    chance = random.Random(SEED)
    half = options.rows // 2
    for number in range(1, options.imports + 1):
        others = chance.sample(range(half, options.products), half)
        prices = work / "prices.csv"
        with prices.open("w", encoding="utf-8") as file:
            file.write("sku,price\n")
            file.writelines(f"SKU-{n:08},{n % 900 + 1}.{number:04}\n" for n in (*range(half), *others))
        report = await importer.run(prices)
        if report.updated != 2 * half:
            raise WrongResult(
                f"Price list {number} has changed {report.updated:,} products, not {2 * half:,}."
            )


async def check(changes: ChangeHistory, product: int, imports: int) -> None:
    """Raises :class:`WrongResult` unless the product's history has all price lists."""
    entries: list[HistoryEntry] = []
    before = None
    while not entries or before is not None:
        part = await changes.history(product, field="price", before=before)
        entries += part.entries
        before = part.next
    lists = [round(10_000 * float(str(each.changes["price"].after))) % 10_000 for each in entries]
    if lists != list(range(imports, -1, -1)) or not part.complete:
        raise WrongResult(f"The history of product {product} isn't that of its {imports} price lists.")


def questions(changes: ChangeHistory, imports: int) -> dict[str, Callable[[int, int], Awaitable[object]]]:
    """What is asked about a product with the number of its first change, by name."""

    async def oldest(product: int, _: int) -> object:
        part = await changes.history(product)
        while part.next is not None:
            part = await changes.history(product, before=part.next)
        return part

    return {
        "the latest 20 changes": lambda product, _: changes.history(product),
        "the latest 20 changes of the price": lambda product, _: changes.history(product, field="price"),
        f"all {imports} changes, 20 at a time": oldest,
        "who set each field": lambda product, _: changes.origins(product),
        "the first change compared with now": changes.compare,
    }


async def measure(
    importer: Importer, connection: asyncpg.Connection, options: argparse.Namespace
) -> list[Result]:
    """Asks each question about products with a change in each list, and the first one about any products."""
    half, chance = options.rows // 2, random.Random(SEED)
    rows = await connection.fetch("SELECT id FROM products WHERE sku_key < $1", f"sku-{half:08}")
    often = [row["id"] for row in rows]
    rows = await connection.fetch("SELECT id FROM products WHERE sku_key >= $1", f"sku-{half:08}")
    others = [row["id"] for row in rows]
    for product in chance.sample(often, 3):
        await check(importer.changes, product, options.imports)
    first = {}
    for product in chance.sample(often, min(options.asks, len(often))):
        part = await importer.changes.origins(product)
        first[product] = part.fields["name"].number
    results = []
    for name, ask in questions(importer.changes, options.imports).items():
        results.append(await _result(f"changed by each list: {name}", ask, list(first.items())))
    some = [(product, 0) for product in chance.sample(others, min(options.asks, len(others)))]
    latest = questions(importer.changes, options.imports)["the latest 20 changes"]
    results.append(await _result("changed now and then: the latest 20 changes", latest, some))
    return results


async def _result(
    name: str, ask: Callable[[int, int], Awaitable[object]], products: Sequence[tuple[int, int]]
) -> Result:
    seconds = []
    for product, number in products:
        began = time.perf_counter()
        await ask(product, number)
        seconds.append(time.perf_counter() - began)
    return Result(name, tuple(sorted(seconds)))


async def _benchmark(options: argparse.Namespace, work: Path) -> None:
    async with open_server(options.database_url, work / "server") as server:
        dsn = await asyncio.to_thread(server.create, "history")
        async with Importer.open(dsn) as importer:
            began = time.perf_counter()
            await fill(importer, options, work)
            print(f"{options.imports} price lists imported after {time.perf_counter() - began:.0f} s")
            async with importer.connection() as connection:
                await connection.execute("ANALYZE")
                results = await measure(importer, connection, options)
    show_results(results, f"{options.products:,} products, {options.imports} imports: milliseconds")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.history", description="The history of a product after many imports."
    )
    add = parser.add_argument
    add("--products", type=int, default=200_000, metavar="N", help="of the catalogue (default: %(default)s)")
    add("--imports", type=int, default=50, metavar="M", help="price lists (default: %(default)s)")
    add("--rows", type=int, default=10_000, help="of each price list (default: %(default)s)")
    add("--asks", type=int, default=200, help="products that are asked about (default: %(default)s)")
    add("--smoke", action="store_true", help="everything, small: only correctness")
    add("--database-url", default=None, help="a server to use (default: an embedded one)")
    add("--directory", type=Path, default=disk(), help="for its files (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.smoke:
        vars(options).update(SMOKE)
    with work_directory(options.directory) as work:
        try:
            asyncio.run(_benchmark(options, work))
        except (BenchmarkError, ProductImporterError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
