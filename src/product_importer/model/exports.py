"""How products are exported to a file."""

from __future__ import annotations

from dataclasses import dataclass

from product_importer.model.profile import DecimalSign


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How products are written to a file.

    ``format`` is ``csv`` or the name of a plugin's exporter. ``columns`` names the fields and attributes to
    be written, in this order; empty means all. The others concern CSV only: ``bom`` begins the file with a
    byte order mark, by which Excel recognises UTF-8; ``decimal`` is the sign before the decimals of a price.
    """

    format: str = "csv"
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    bom: bool = False
    decimal: DecimalSign = "point"
