"""Spreadsheets: Excel workbooks (xlsx, xlsb, xls) and OpenDocument spreadsheets (ods)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer_excel.exporter import XlsxExporter
from product_importer_excel.parser import ExcelParser

if TYPE_CHECKING:
    from product_importer.ports import Exporter, FormatParser

__all__ = ["ExcelParser", "XlsxExporter"]


@hookimpl
def product_importer_parsers() -> Iterable[FormatParser]:
    """Registers the parser under the name ``excel``."""
    return [ExcelParser()]


@hookimpl
def product_importer_exporters() -> Iterable[Exporter]:
    """Registers the exporter under the name ``xlsx``."""
    return [XlsxExporter()]
