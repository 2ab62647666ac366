"""The file of an import's warnings, for people and spreadsheets."""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

from product_importer.csv_writing import CsvWriter
from product_importer.formulas import marked
from product_importer.model import RowWarning

_COLUMNS: Final = ("code", "line", "record", "column", "value", "message")
_PAGE_ROWS: Final = 500


async def warnings_csv(warnings: AsyncIterable[tuple[int, RowWarning]]) -> AsyncIterator[str]:
    """The file's text, a page of rows at a time. Formulas are marked as in files of rejected rows."""
    buffer = io.StringIO()
    writer = CsvWriter(buffer)
    writer.writerow(_COLUMNS)
    pending = 1
    async for _, row in warnings:
        values = (getattr(row, name) for name in _COLUMNS)
        writer.writerow(["" if value is None else marked(str(value)) for value in values])
        pending += 1
        if pending >= _PAGE_ROWS:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
            pending = 0
    yield buffer.getvalue()
