"""Writes the file of an import's changes, for people and spreadsheets: a row for each field that changes."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable
from decimal import Decimal
from json import dumps
from typing import Final

from product_importer.delimited.csv_writing import csv_pages
from product_importer.delimited.formulas import marked
from product_importer.model import ListedChange, PlaceWord
from product_importer.product import price_text

_NOT_KNOWN: Final = "(not known)"

_COLUMNS: Final = ("sku", "kind", "line", "field", "before", "after")

PLACE: Final = _COLUMNS.index("line")


async def changes_csv(changes: AsyncIterable[ListedChange], place: PlaceWord) -> AsyncIterator[str]:
    """Yields the file's text, a page of rows at a time. Formulas are marked as in rejects files.

    The column with the places of rows is named by the word for them.
    """
    async for page in csv_pages(changes_header(place), changes_rows(changes, marked)):
        yield page


def changes_header(place: PlaceWord) -> list[str]:
    """Returns the names of the columns, of which :data:`PLACE` is that of numbers."""
    return [place if name == "line" else name for name in _COLUMNS]


async def changes_rows(
    changes: AsyncIterable[ListedChange], mark: Callable[[str], str] = str
) -> AsyncIterator[list[str | int | None]]:
    """Yields the rows. ``mark`` is applied to each text that comes from a product."""
    async for change in changes:
        product: list[str | int | None] = [mark(change.sku), change.kind, change.line]
        if not change.changes:
            yield [*product, "", "", _NOT_KNOWN]
        for field, values in change.changes.items():
            after = _text(values.after, mark) if change.after_known else _NOT_KNOWN
            yield [*product, field, _text(values.before, mark), after]


def _text(value: object, mark: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return price_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return mark(dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value))
