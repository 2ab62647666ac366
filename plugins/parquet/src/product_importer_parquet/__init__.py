"""The format Parquet: typed columns, read and written batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer_parquet.parser import ParquetParser

if TYPE_CHECKING:
    from product_importer.ports import FormatParser

__all__ = ["ParquetParser"]


@hookimpl
def product_importer_parsers() -> Iterable[FormatParser]:
    """Registers the parser under the name ``parquet``."""
    return [ParquetParser()]
