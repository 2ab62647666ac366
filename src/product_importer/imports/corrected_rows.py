"""Writes corrected rows as a file of rejected rows, which an import reads like the first import's file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.delimited.rejects_file import rejects_csv, without_reject_columns
from product_importer.model import AUTO_PARSER, ImportOptions, RejectedRow, RowError
from product_importer.model.resubmissions import CorrectedRow
from product_importer.store.rejected import rejected_page

if TYPE_CHECKING:
    from product_importer.model import ImportState
    from product_importer.model.resubmissions import Correction
    from product_importer.pipeline.correcting import Correcting
    from product_importer.store.connect import Database

_PAGE: Final = 1_000
_NO_CODE: Final = "corrected"
_CORRECTED: Final = (RowError(_NO_CODE, ""),)
"""Stands in the place of the errors of a row whose cells were changed."""


def options_like(state: ImportState) -> ImportOptions:
    """Returns the options that merge rows as the import did. Its file was read already, so the options about
    that, and the steps that changed its cells, are left out. Columns are mapped as they were (see
    :class:`~product_importer.delimited.rejects_file.Origin`).
    """
    return replace(
        state.options,
        missing="keep",
        confirm_missing=None,
        on_error="skip",
        max_errors=None,
        on_warning="keep",
        questions="ask",
        map={},
        rule={},
        parser=AUTO_PARSER,
        encoding=None,
        delimiter=None,
        reading={},
        transforms=(),
        shop="none",
        sku_from="none",
    )


def own_columns(state: ImportState) -> tuple[str, ...]:
    """Returns the columns of the import's file, without those that a file of rejected rows adds."""
    return state.header[: without_reject_columns(state.header)]


def own_cells(state: ImportState, row: RejectedRow) -> CorrectedRow:
    """Returns the row with its cells as they are, one for each column of the file."""
    width = len(own_columns(state))
    return CorrectedRow(row.record, row.cells[:width] + ("",) * (width - len(row.cells)))


def resubmitted(state: ImportState, row: RejectedRow, new: CorrectedRow) -> RejectedRow:
    """Returns the row as it is written into the file. An unchanged row is marked there as it was, so that it
    is rejected again.
    """
    if new == own_cells(state, row):
        return row
    absent = frozenset(place for place in row.absent if place < len(new.cells) and not new.cells[place])
    return RejectedRow(row.line, row.record, new.cells, _CORRECTED, absent)


async def with_corrections(
    database: Database,
    state: ImportState,
    given: Mapping[int, CorrectedRow],
    rules: Sequence[tuple[Correction, Correcting]],
) -> AsyncIterator[RejectedRow]:
    """Yields the ``given`` rows, and those that a correction is for, in the file's order."""
    page: Sequence[RejectedRow] = await rejected_page(database, state.id, limit=_PAGE)
    while page:
        new = {row.record: given[row.record] for row in page if row.record in given}
        for correction, correcting in rules:
            meant = [
                own_cells(state, row) for row in page if row.record not in new and _is_for(correction, row)
            ]
            new |= {row.record: row for row in await asyncio.to_thread(correcting.apply, meant)}
        for row in page:
            if row.record in new:
                yield resubmitted(state, row, new[row.record])
        page = await rejected_page(database, state.id, after=page[-1].record, limit=_PAGE)


async def each_of(rows: Sequence[RejectedRow]) -> AsyncIterator[RejectedRow]:
    """Yields the rows."""
    for row in rows:
        yield row


async def csv_of(state: ImportState, rows: AsyncIterator[RejectedRow]) -> AsyncIterator[bytes]:
    """Yields the rows as a CSV file, in pieces."""
    async for page in rejects_csv(state, rows):
        yield page.encode()


def _is_for(correction: Correction, row: RejectedRow) -> bool:
    return row.code == correction.code and correction.column in (None, row.column)
