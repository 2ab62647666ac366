"""``python -m benchmarks.catalogues``: how many products of real catalogues get in, and why others don't."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from product_importer.errors import ProductImporterError
from product_importer.model import ImportReport, Status
from product_importer.testing import temporary_importer

if TYPE_CHECKING:
    from product_importer import Importer

DIRECTORY = Path(__file__).parents[2] / "shared" / "data" / "products"
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".json", ".jsonl", ".xml", ".gz", ".zip")
NO_CATALOGUES = (
    *("customer", "order", "translation", "association", "categor", "price-list", "delete"),
    *("invalid_headers", "custom_data"),
)
"""Parts of the names of files that lie beside catalogues and hold no products. A file's folder may have such
a name if its own name doesn't.
"""
_SHOWN = 5
_ENOUGH = 95.0


@dataclass(frozen=True)
class Outcome:
    """What became of one file: rows that are products, how many got in, and the others by reason."""

    path: Path
    products: int
    imported: int
    questions: int
    left_out: Counter[str]
    lines: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=DIRECTORY)
    parser.add_argument("--all", action="store_true", help="list every product that was left out")
    options = parser.parse_args(arguments)
    if not options.directory.is_dir():
        print(f"There are no catalogues in {options.directory}.")
        return 0
    outcomes = asyncio.run(_all(options.directory, shown=None if options.all else _SHOWN))
    share = tell(outcomes)
    return 0 if share >= _ENOUGH else 1


async def _all(directory: Path, shown: int | None) -> list[Outcome]:
    outcomes = []
    for path in catalogues(directory):
        async with temporary_importer() as importer:
            outcomes.append(outcome := await imported(importer, path))
        _show(outcome, directory, shown)
    return outcomes


def catalogues(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        named = path.name.casefold()
        if path.suffix.casefold() in SUFFIXES and not any(word in named for word in NO_CATALOGUES):
            yield path


async def imported(importer: Importer, path: Path) -> Outcome:
    """Imports the file; each question gets its first answer."""
    questions = 0
    try:
        report = await importer.run(path)
        while report.status is Status.WAITING:
            asked = report.state.questions
            questions += len(asked)
            given: dict[str, object] = {}
            for question in asked:
                given |= question.given(question.answers[0].value)
            await importer.imports.answer(report.id, given)
            report = await importer.imports.start(report.id)
    except ProductImporterError as error:
        return Outcome(path, 1, 0, questions, Counter({error.code: 1}), (str(error),))
    if report.status is not Status.COMPLETED:
        return Outcome(path, 1, 0, questions, Counter({str(report.status): 1}), (report.state.message,))
    return _outcome(path, report, questions)


def _outcome(path: Path, report: ImportReport, questions: int) -> Outcome:
    counts = report.counts
    products = report.read - counts.skipped
    left_out = Counter(error.code for row in report.rejected for error in row.errors[:1])
    lines = [f"line {row.line}: {row.errors[0].message}" for row in report.rejected]
    if counts.duplicate:
        left_out["duplicate_left_out"] = counts.duplicate
        found = [row for row in report.warned if row.code == "duplicate_left_out"]
        lines += [f"line {row.line}: {row.message}" for row in found]
    lost = counts.invalid + counts.duplicate
    return Outcome(path, products, products - lost, questions, left_out, tuple(lines))


def _show(outcome: Outcome, directory: Path, shown: int | None) -> None:
    reasons = ", ".join(f"{code} {count:,}" for code, count in outcome.left_out.items())
    asked = f", {outcome.questions} asked" if outcome.questions else ""
    numbers = f"{outcome.imported:6,} of {outcome.products:6,}{asked}"
    print(f"{numbers}  {outcome.path.relative_to(directory)}  {reasons}".rstrip())
    for line in outcome.lines[:shown]:
        print(f"        {line}")
    if shown is not None and len(outcome.lines) > shown:
        print(f"        … and {len(outcome.lines) - shown:,} more")


def tell(outcomes: Sequence[Outcome]) -> float:
    """Prints the sums, and returns how much of the products got in, in percent."""
    products = sum(outcome.products for outcome in outcomes)
    got_in = sum(outcome.imported for outcome in outcomes)
    share = 100 * got_in / products if products else 100.0
    many = sum(outcome.questions > 1 for outcome in outcomes)
    print(
        f"{got_in:,} of {products:,} products and variants in {len(outcomes):,} files got in: {share:.1f} %."
    )
    print(f"Files with more than one question: {many:,}.")
    return share


if __name__ == "__main__":
    sys.exit(main())
