"""Writes the file of an import's warnings, for people and spreadsheets."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

from product_importer.delimited.csv_writing import csv_pages
from product_importer.delimited.formulas import marked
from product_importer.model import PlaceWord, RowWarning

_COLUMNS: Final = ("code", "line", "record", "column", "value", "message")


async def warnings_csv(
    warnings: AsyncIterable[tuple[int, RowWarning]], place: PlaceWord
) -> AsyncIterator[str]:
    """Yields the file's text, a page of rows at a time. Formulas are marked as in rejects files.

    The column with the places of rows is named by the word for them.
    """
    header = (place if name == "line" else name for name in _COLUMNS)
    async for page in csv_pages(header, _rows(warnings)):
        yield page


async def _rows(warnings: AsyncIterable[tuple[int, RowWarning]]) -> AsyncIterator[list[str]]:
    async for _, row in warnings:
        values = (getattr(row, name) for name in _COLUMNS)
        yield ["" if value is None else marked(str(value)) for value in values]
