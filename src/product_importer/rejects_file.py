"""The file of rejected rows: original cells, then where and why, fit to be corrected and imported again."""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Final

from product_importer.csv_writing import CsvWriter
from product_importer.model import RejectedRow

REJECT_COLUMNS: Final = ("line", "record", "column", "code", "message")
"""Follow the original columns. An import leaves them out where they stand together at a header's end."""

_PREFIX: Final = "rejected_"
_PAGE_ROWS: Final = 500


def reject_columns(header: Sequence[str]) -> tuple[str, ...]:
    """The added columns' names: prefixed where the file has one of those names itself."""
    taken = {name.strip().casefold() for name in header}
    if taken.isdisjoint(REJECT_COLUMNS):
        return REJECT_COLUMNS
    return tuple(_PREFIX + name for name in REJECT_COLUMNS)


def without_reject_columns(header: Sequence[str]) -> int:
    """How many of the header's columns are the file's own: all, or all but the five of a rejects file."""
    own = len(header) - len(REJECT_COLUMNS)
    if own > 0 and tuple(header[own:]) == reject_columns(header[:own]):
        return own
    return len(header)


async def rejects_csv(header: Sequence[str], rejects: AsyncIterable[RejectedRow]) -> AsyncIterator[str]:
    """The file's text, a page of rows at a time.

    What a row has beyond the header's columns follows at its end, so that it is noticed again, not lost.
    """
    own = without_reject_columns(header)
    columns = header[:own]
    buffer = io.StringIO()
    writer = CsvWriter(buffer)
    writer.writerow([*columns, *reject_columns(columns)])
    pending = 1
    async for row in rejects:
        cells = row.cells[:own]
        surplus = row.cells[len(header) :]
        padding = [""] * (own - len(cells))
        place = [row.line, row.record, row.column or "", row.code, row.message]
        writer.writerow([*cells, *padding, *place, *surplus])
        pending += 1
        if pending >= _PAGE_ROWS:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
            pending = 0
    yield buffer.getvalue()
