"""Seeded product files of any size, together with what a correct import of them must end in.

Every row is a pure function of its product's number and the edition, so a file is written block by block and
memory stays flat (4 bytes a row) however long it gets.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

COLUMNS = ("sku", "name", "description", "price", "active")
DUPLICATES = 0.02
MULTILINE = 20  # every n-th product has a description of two lines
SEED = 20_240
BLOCK = 20_000
FACTOR = 2_654_435_761  # odd: no two numbers share a code
SEPARATOR = "\x1f"

CATEGORIES = ("BATH", "BOOK", "CABL", "DESK", "GARD", "HIFI", "KITC", "LAMP", "OFFI", "SHOE", "TOOL", "TOYS")
QUALITIES = ("Compact", "Élégant", "Foldable", "Heavy-duty", "Large", "Modern", "Recycled", "Slim")
MATERIALS = ("Bamboo", "Ceramic", "Cotton", "Glass", "Kräftiges Holz", "Leather", "Steel", "Walnut")
NOUNS = (
    "Adapter",
    "Bench",
    "Bowl",
    "Chair",
    "Drill",
    "Kettle",
    "Lamp",
    "Notebook",
    "Organiser",
    "Shelf",
    "Vase",
)
VOCABULARY = (
    "a and at by chosen clean daily delivered easy edge every finish fits for from garden guests hand "
    "heat holds home in it kept kitchen lasting light made morning of office on or out own packed parts "
    "quiet ready rest safe small spare stands store strong than that the tidy to travel use warm weight "
    "with without work year"
)
WORDS = VOCABULARY.split()


@dataclass(frozen=True, slots=True)
class Row:
    """One record's values as the database should hold them; ``attributes`` are those of the extra columns."""

    sku: str
    name: str
    description: str
    price: str
    active: str
    attributes: tuple[str, ...] = ()

    def csv(self) -> str:
        cells = (
            self.sku,
            _quoted(self.name),
            _quoted(self.description),
            self.price,
            self.active,
            *self.attributes,
        )
        return ",".join(cells) + "\n"

    def digest(self) -> int:
        """The 60 leading bits of an MD5: PostgreSQL computes the same (:mod:`.database`)."""
        cells = (self.sku, self.name, self.description, self.price, self.active, *self.attributes)
        text = SEPARATOR.join(cells).encode()
        return int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest()[:8]) >> 4


@dataclass(frozen=True, slots=True)
class Dataset:
    """A file and the truth about it: ``fingerprint`` is the sum of the digests of all rows that must win."""

    kind: str
    path: Path
    rows: int
    products: int
    invalid: int
    fingerprint: int
    columns: tuple[str, ...] = COLUMNS

    @property
    def duplicates(self) -> int:
        return self.rows - self.products - self.invalid


def products(path: Path, rows: int, *, edition: int = 1) -> Dataset:
    """The usual file: shuffled, 2 % of the rows repeat another row's SKU in another case, 5 % have two lines.

    Another ``edition`` has the same SKUs in the same places, each with another name and price.
    """
    order = np.random.default_rng(SEED)
    count = rows - round(rows * DUPLICATES)
    again = order.choice(count, rows - count, replace=False).astype(np.int32)
    numbers = np.concatenate((np.arange(count, dtype=np.int32), again))
    order.shuffle(numbers)
    wins = _last_of_each(numbers)
    sentences = _sentences()

    def blocks() -> Iterator[tuple[list[Row], list[bool]]]:
        for start in range(0, rows, BLOCK):
            block = slice(start, start + BLOCK)
            flags = wins[block].tolist()
            pairs = zip(numbers[block].tolist(), flags, strict=True)
            yield [_product(number, edition, win, sentences) for number, win in pairs], flags

    fingerprint = _write(path, COLUMNS, blocks())
    return Dataset("products", path, rows, count, 0, fingerprint)


def prices(path: Path, rows: int, *, edition: int) -> Dataset:
    """A price list: the products of the first edition of the usual file, in another order, each with another
    price.
    """
    order = np.random.default_rng(SEED + edition).permutation(rows)
    sentences = _sentences()

    def row(index: int) -> Row:
        product = _product(int(order[index]), 1, True, sentences)
        return replace(product, price=f"{edition}{product.price}")

    fingerprint = _write(path, ("sku", "price"), _blocks(rows, row), lambda row: f"{row.sku},{row.price}\n")
    return Dataset("prices", path, rows, rows, 0, fingerprint)


def in_category(products: int, category: str) -> int:
    """How many of so many products have a SKU that begins with this category."""
    codes = np.arange(products, dtype=np.uint64) * np.uint64(FACTOR) & np.uint64(0xFFFF_FFFF)
    return int(np.count_nonzero(codes % np.uint64(12) == CATEGORIES.index(category)))


def all_duplicates(path: Path, rows: int) -> Dataset:
    """Every row is the same product, in ever another case."""
    sentences = _sentences()

    def row(index: int) -> Row:
        source = _product(index, 1, True, sentences)
        sku = "".join(
            letter.lower() if index >> bit & 1 else letter
            for bit, letter in enumerate("ALWAYSTHESAMEPRODUCT")
        )
        return Row(sku, source.name, source.description, source.price, source.active)

    fingerprint = _write(path, COLUMNS, _blocks(rows, row, wins=lambda index: index == rows - 1))
    return Dataset("all duplicates", path, rows, 1, 0, fingerprint)


def all_invalid(path: Path, rows: int) -> Dataset:
    """No row can be imported: the SKU or the name is missing, the price or the active flag is nonsense."""
    sentences = _sentences()

    def row(index: int) -> Row:
        good = _product(index, 1, True, sentences)
        match index % 4:
            case 0:
                return Row("", good.name, good.description, good.price, good.active)
            case 1:
                return Row(good.sku, "", good.description, good.price, good.active)
            case 2:
                return Row(good.sku, good.name, good.description, "on request", good.active)
            case _:
                return Row(good.sku, good.name, good.description, good.price, "perhaps")

    fingerprint = _write(path, COLUMNS, _blocks(rows, row, wins=lambda _: False))
    return Dataset("all invalid", path, rows, 0, rows, fingerprint)


def wide(path: Path, rows: int) -> Dataset:
    """80 columns: the usual five and 75 that no product field knows."""
    extra = tuple(f"detail_{number:02}" for number in range(1, 76))
    sentences = _sentences()

    def row(index: int) -> Row:
        source = _product(index, 1, True, sentences)
        details = tuple(WORDS[(index + number * 7) % len(WORDS)] for number in range(len(extra)))
        return Row(source.sku, source.name, source.description, source.price, source.active, details)

    columns = (*COLUMNS, *extra)
    fingerprint = _write(path, columns, _blocks(rows, row, size=1_000))
    return Dataset("80 columns", path, rows, rows, 0, fingerprint, columns)


def long_cells(path: Path, rows: int) -> Dataset:
    """Descriptions of 100,000 characters, none like another."""
    sentences = _sentences()
    text = " ".join(sentences)
    text *= 200_000 // len(text) + 1

    def row(index: int) -> Row:
        source = _product(index, 1, True, sentences)
        start = index * 37 % 100_000
        description = text[start : start + 100_000].strip()
        return Row(source.sku, source.name, description, source.price, source.active)

    fingerprint = _write(path, COLUMNS, _blocks(rows, row, size=50))
    return Dataset("100 KB cells", path, rows, rows, 0, fingerprint)


def _product(number: int, edition: int, wins: bool, sentences: list[str]) -> Row:
    """Product ``number``; a row that a later one replaces is spelled in lower case and has another price."""
    code = number * FACTOR & 0xFFFF_FFFF
    sku = f"{CATEGORIES[code % 12]}-{code:08X}"
    name = f"{QUALITIES[code >> 3 & 7]} {MATERIALS[code >> 6 & 7]} {NOUNS[code % 11]} No. {number % 1000}"
    description = f"{sentences[code >> 9 & 1023]} {sentences[code >> 17 & 1023]}"
    cents = 100 + code % 99_900
    if number % MULTILINE == 0:
        description = (
            f'{sentences[code >> 9 & 1023]}, "{NOUNS[code % 7]}" style:\n{sentences[code >> 17 & 1023]}'
        )
    if edition != 1:
        name += f", edition {edition}"
        cents += edition
    if not wins:
        sku = sku.lower()
        cents += 50
    return Row(
        sku, name, description, f"{cents // 100}.{cents % 100:02}", "false" if code & 15 == 0 else "true"
    )


def _last_of_each(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Where the last occurrence of each number stands."""
    _, from_the_end = np.unique(numbers[::-1], return_index=True)
    last = np.zeros(len(numbers), dtype=np.bool_)
    last[len(numbers) - 1 - from_the_end] = True
    return last


def _sentences() -> list[str]:
    words = random.Random(SEED)
    return [" ".join(words.choices(WORDS, k=10)).capitalize() + "." for _ in range(1024)]


def _blocks(
    rows: int, row: Callable[[int], Row], *, wins: Callable[[int], bool] = lambda _: True, size: int = BLOCK
) -> Iterator[tuple[list[Row], list[bool]]]:
    for start in range(0, rows, size):
        indexes = range(start, min(start + size, rows))
        yield [row(index) for index in indexes], [wins(index) for index in indexes]


def _write(
    path: Path,
    columns: Iterable[str],
    blocks: Iterable[tuple[list[Row], list[bool]]],
    line: Callable[[Row], str] = Row.csv,
) -> int:
    """Writes the file and returns the sum of the digests of the rows that win."""
    fingerprint = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(columns) + "\n")
        for rows, wins in blocks:
            file.write("".join([line(row) for row in rows]))
            fingerprint += sum(row.digest() for row, win in zip(rows, wins, strict=True) if win)
    return fingerprint


def _quoted(text: str) -> str:
    if "," in text or '"' in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text
