"""Writes the file of an import's changes, for people and spreadsheets: a row for each field that changes."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from decimal import Decimal
from json import dumps
from typing import Final

from product_importer.delimited.csv_writing import csv_pages
from product_importer.delimited.formulas import marked
from product_importer.model import ListedChange, PlaceWord
from product_importer.product import price_text

_NOT_KNOWN: Final = "(not known)"

_COLUMNS: Final = ("sku", "kind", "line", "field", "before", "after")


async def changes_csv(changes: AsyncIterable[ListedChange], place: PlaceWord) -> AsyncIterator[str]:
    """Yields the file's text, a page of rows at a time. Formulas are marked as in rejects files.

    The column with the places of rows is named by the word for them.
    """
    header = (place if name == "line" else name for name in _COLUMNS)
    async for page in csv_pages(header, _rows(changes)):
        yield page


async def _rows(changes: AsyncIterable[ListedChange]) -> AsyncIterator[list[str]]:
    async for change in changes:
        line = "" if change.line is None else str(change.line)
        product = [marked(change.sku), change.kind, line]
        if not change.changes:
            yield [*product, "", "", _NOT_KNOWN]
        for field, values in change.changes.items():
            after = _text(values.after) if change.after_known else _NOT_KNOWN
            yield [*product, field, _text(values.before), after]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return price_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return marked(dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value))
