"""Reads the values of options, as they are given on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from product_importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.model.transforms import Transform


SUFFIXES: Final = ("xlsx", "jsonl", "parquet")
"""The ends of names that stand for a format other than CSV, whether its plugin is installed or not."""


def format_of(path: str | Path) -> str:
    """Returns the format that a written file's name ends in; CSV for names without a known end."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    return suffix if suffix in SUFFIXES else "csv"


def mapping_of(pairs: Sequence[str]) -> dict[str, str]:
    """Returns column → field of pairs COLUMN=FIELD."""
    split = [pair.rpartition("=") for pair in pairs]
    for pair, (column, _, field) in zip(pairs, split, strict=True):
        if not column or not field:
            raise UsageError(f"--map {pair!r} is not COLUMN=FIELD, for example --map 'Article number=sku'.")
    return {column: field for column, _, field in split}


def rules_of(pairs: Sequence[str]) -> dict[str, str]:
    """Returns column → rule of pairs COLUMN=RULE."""
    split = [pair.rpartition("=") for pair in pairs]
    for pair, (column, _, rule) in zip(pairs, split, strict=True):
        if not column or not rule:
            raise UsageError(f"--rule {pair!r} is not COLUMN=RULE, for example --rule 'Price=comma; EUR'.")
    return {column: rule for column, _, rule in split}


def transforms_of(texts: Sequence[str]) -> tuple[Transform, ...]:
    """Returns the steps of texts COLUMN=STEP, in their order."""
    if not texts:
        return ()
    from product_importer.model.transform_texts import transform_of  # noqa: PLC0415 - few commands have steps

    try:
        return tuple(map(transform_of, texts))
    except ValueError as error:
        raise UsageError(f"--transform: {error}") from None


def reading_of(pairs: Sequence[str]) -> dict[str, str]:
    """Returns name → value of pairs NAME=VALUE."""
    split = [pair.partition("=") for pair in pairs]
    for pair, (name, _, value) in zip(pairs, split, strict=True):
        if not name or not value:
            raise UsageError(f"--set {pair!r} is not NAME=VALUE, for example --set encoding=utf-16.")
    given = {name: value for name, _, value in split}
    if len(given) < len(pairs):
        twice = next(name for name in given if sum(each[0] == name for each in split) > 1)
        raise UsageError(f"--set {twice} is given twice. Give it once.")
    if delimiter := delimiter_of(given.get("delimiter")):
        given["delimiter"] = delimiter
    return given


def delimiter_of(text: str | None) -> str | None:
    r"""Returns the delimiter; ``\t`` and ``tab``, which are easier to type, stand for the character."""
    return "\t" if text in ("\\t", "tab") else text
