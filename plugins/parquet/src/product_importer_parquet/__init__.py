"""The format Parquet: typed columns, read and written batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer_parquet.exporter import ParquetExporter
from product_importer_parquet.parser import ParquetParser

if TYPE_CHECKING:
    from product_importer.ports import Exporter, FormatParser

__all__ = ["ParquetExporter", "ParquetParser"]


@hookimpl
def product_importer_parsers() -> Iterable[FormatParser]:
    """Registers the parser under the name ``parquet``."""
    return [ParquetParser()]


@hookimpl
def product_importer_exporters() -> Iterable[Exporter]:
    """Registers the exporter under the name ``parquet``."""
    return [ParquetExporter()]
