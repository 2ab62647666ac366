"""Lists of changes as files, in every format in which products are exported."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from product_importer.model import ExportOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    import pyarrow as pa

    from product_importer.model import ListedChange, PlaceWord
    from product_importer.registry import PluginSet

_BLOCK: Final = 1_000


async def changes_file(
    plugins: PluginSet,
    changes: AsyncIterator[ListedChange],
    place: PlaceWord,
    format: str = "csv",  # noqa: A002
) -> AsyncGenerator[bytes, None]:
    """Yields the file of these changes in pieces: a row for each field that changes. ``place`` is the word
    for the places of rows. ``format``: as in :class:`~product_importer.model.ExportOptions`.

    Raises :class:`UsageError` if there is no such format or the rows don't fit into it, and
    :class:`PluginError` if its plugin fails.
    """
    from product_importer.delimited.changes_file import changes_csv  # noqa: PLC0415
    from product_importer.pipeline.exporting import checked_export, written  # noqa: PLC0415

    exporter = checked_export(ExportOptions(format), plugins)
    if exporter is None:
        async for page in changes_csv(changes, place):
            yield page.encode()
        return
    async with aclosing(written(plugins, exporter, _batches(changes, place))) as pieces:
        async for piece in pieces:
            yield piece


async def _batches(
    changes: AsyncIterator[ListedChange], place: PlaceWord
) -> AsyncGenerator[pa.RecordBatch, None]:
    from product_importer.delimited.changes_file import changes_header, changes_rows  # noqa: PLC0415

    header = changes_header(place)
    yield _batch(header, [])
    block: list[Sequence[object]] = []
    async for row in changes_rows(changes):
        block.append(row)
        if len(block) == _BLOCK:
            yield await asyncio.to_thread(_batch, header, block)
            block = []
    if block:
        yield await asyncio.to_thread(_batch, header, block)


def _batch(header: Sequence[str], rows: Sequence[Sequence[object]]) -> pa.RecordBatch:
    """Returns the rows as texts; only the places are numbers."""
    import pyarrow as pa  # noqa: PLC0415

    from product_importer.delimited.changes_file import PLACE  # noqa: PLC0415

    kinds = [pa.int64() if number == PLACE else pa.string() for number in range(len(header))]
    columns = [pa.array([row[number] for row in rows], kind) for number, kind in enumerate(kinds)]
    return pa.RecordBatch.from_arrays(columns, names=header)
