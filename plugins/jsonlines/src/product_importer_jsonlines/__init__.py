"""The format JSON: JSON Lines, arrays of objects, and objects with such an array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer_jsonlines.exporter import JsonLinesExporter
from product_importer_jsonlines.parser import JsonParser

if TYPE_CHECKING:
    from product_importer.ports import Exporter, FormatParser

__all__ = ["JsonLinesExporter", "JsonParser"]


@hookimpl
def product_importer_parsers() -> Iterable[FormatParser]:
    """Registers the parser under the name ``jsonlines``."""
    return [JsonParser()]


@hookimpl
def product_importer_exporters() -> Iterable[Exporter]:
    """Registers the exporter under the name ``jsonl``."""
    return [JsonLinesExporter()]
