"""The validators for every product, in any import. The limits on length follow from the database's index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.leading import Leading
from product_importer.cells.spreadsheet_damage import error_values, scientific
from product_importer.ports import Finding, Validator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_SKU_CHARS = 255

MAX_KEY_BYTES = 2_600
"""UTF-8 bytes of a SKU key. PostgreSQL's B-tree takes some 2,690; a few characters fold to 33 bytes each."""


class SkuValidator:
    """Checks that there is a SKU, that it is visible text on one line, and that it fits the unique index."""

    name = "product-sku"

    def check(self, batch: pa.RecordBatch) -> Iterable[Finding]:
        sku, key = batch.column("sku"), batch.column("sku_key")
        yield from _finding(
            "sku",
            "sku_missing",
            "The SKU is missing. Give the product one. A row that only holds a further image is no "
            "product and can stay out.",
            pc.or_kleene(pc.is_null(key), pc.equal(key, "")),
        )
        if _any(pc.greater(pc.binary_length(sku), MAX_SKU_CHARS)):  # quick: bytes ≥ characters
            yield from _finding(
                "sku",
                "sku_too_long",
                f"The SKU is longer than {MAX_SKU_CHARS} characters. Shorten it.",
                pc.greater(pc.utf8_length(sku), MAX_SKU_CHARS),
            )
        yield from _finding(
            "sku",
            "sku_key_too_long",
            "The SKU has characters that stand for whole words and becomes too long when they are written "
            f"out (more than {MAX_KEY_BYTES:,} bytes). Shorten it.",
            pc.greater(pc.binary_length(key), MAX_KEY_BYTES),
        )
        if _any(pc.invert(pc.ascii_is_printable(sku))):  # a quick test: the exact one takes ten times as long
            yield from _finding(
                "sku",
                "sku_control_character",
                "The SKU contains a line break, a tab or another control character. Remove it.",
                pc.match_substring_regex(sku, r"\p{Cc}"),
            )

        yield from _damage("sku", "SKU", sku)


class NameValidator:
    """Checks that no spreadsheet has destroyed the name. Whether there has to be one, the import decides."""

    name = "product-name"

    def check(self, batch: pa.RecordBatch) -> Iterable[Finding]:
        yield from _damage("name", "name", batch.column("name"))


PRODUCT_VALIDATORS: tuple[Validator, ...] = (SkuValidator(), NameValidator())


def _damage(field: str, what: str, cells: pa.StringArray) -> Iterator[Finding]:
    leading = Leading(cells)
    if (rows := error_values(cells, leading)) is not None:
        yield Finding(
            field,
            "spreadsheet_error",
            f"The {what} is a spreadsheet's error: a formula found nothing there. Mend the formula, or write "
            f"the {what} itself.",
            rows,
        )
    if (rows := scientific(cells, leading)) is not None:
        yield Finding(
            field,
            "scientific_notation",
            f"The {what} is in scientific notation: a spreadsheet took it for a number and shortened it, so "
            "its last digits are lost. Format the column as text in the spreadsheet and fill it anew from "
            f"where it came from, or write the whole {what}.",
            rows,
        )


def _finding(field: str, code: str, message: str, rows: pa.BooleanArray) -> Iterator[Finding]:
    if _any(rows):
        yield Finding(field, code, message, pc.fill_null(rows, False))


def _any(rows: pa.BooleanArray) -> bool:
    return bool(pc.any(rows).as_py())
