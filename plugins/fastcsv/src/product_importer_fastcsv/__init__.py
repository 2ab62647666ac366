"""A CSV parser based on :mod:`pyarrow.csv`: the rows of the built-in parser, several times faster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer_fastcsv.parser import FastCsvParser

if TYPE_CHECKING:
    from product_importer.ports import FormatParser

__all__ = ["FastCsvParser"]


@hookimpl
def product_importer_parsers() -> Iterable[FormatParser]:
    """Registers the parser under the name ``fastcsv``."""
    return [FastCsvParser()]
