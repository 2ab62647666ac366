"""Writes the rejected rows of an import as a file: a part of ``Importer.imports``."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from product_importer.model import ExportOptions
from product_importer.ports import FormatParser

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    import pyarrow as pa

    from product_importer.model import ImportState, RejectedRow
    from product_importer.ports import Exporter
    from product_importer.registry import PluginSet
    from product_importer.store.imports import Imports

# The modules that write files are loaded where one is written: few imports need them.

_BLOCK: Final = 500
"""Rows that are written at once."""


class RejectsFiles:
    """Writes rejected rows as files that can be corrected and imported."""

    _plugins: PluginSet
    _store: Imports

    def rejects_formats(self, state: ImportState) -> tuple[str, ...]:
        """Returns the formats in which the rejected rows can be had; first the one that the file came in,
        else CSV.
        """
        parser = self._plugins.parsers.get(state.parser or "")
        suffixes = parser.suffixes if isinstance(parser, FormatParser) else ()
        from product_importer.pipeline.exporting import CSV  # noqa: PLC0415

        names = (CSV, *self._plugins.exporters)
        return tuple(sorted(names, key=lambda name: f".{name}" not in suffixes))

    def check_rejects_format(self, name: str) -> None:
        """Raises :class:`UsageError` if rejected rows can't be written in the format of this name."""
        from product_importer.pipeline.exporting import checked_export  # noqa: PLC0415

        checked_export(ExportOptions(name), self._plugins)

    async def rejects_file(self, import_id: int, format: str | None = None) -> AsyncGenerator[bytes, None]:  # noqa: A002
        """Yields all rejected rows as a file, in pieces: their cells, their places and what is wrong.

        If it is corrected and imported, it is read like the file that it came from, and the added columns are
        left out. ``format``: as in :class:`~product_importer.model.ExportOptions`; None for the one that the
        file came in, or CSV, if no plugin writes that.

        Raises :class:`ImportNotFound`, :class:`UsageError` if there is no such format or the rows don't fit
        into it, and :class:`PluginError` if its plugin fails.
        """
        from product_importer.pipeline.exporting import checked_export  # noqa: PLC0415

        state = await self._store.state(import_id)
        exporter = checked_export(ExportOptions(format or self.rejects_formats(state)[0]), self._plugins)
        pieces = self._as_csv(state) if exporter is None else self._written(state, exporter)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def _as_csv(self, state: ImportState) -> AsyncGenerator[bytes, None]:
        from product_importer.delimited.rejects_file import rejects_csv  # noqa: PLC0415

        async for page in rejects_csv(state, self._store.rejects(state.id)):
            yield page.encode()

    def _written(self, state: ImportState, exporter: Exporter) -> AsyncGenerator[bytes, None]:
        from product_importer.pipeline.exporting import written  # noqa: PLC0415

        return written(self._plugins, exporter, self._batches(state))

    async def _batches(self, state: ImportState) -> AsyncGenerator[pa.RecordBatch, None]:
        yield _batch(state, [])
        block: list[RejectedRow] = []
        async for row in self._store.rejects(state.id):
            block.append(row)
            if len(block) == _BLOCK:
                yield await asyncio.to_thread(_batch, state, block)
                block = []
        if block:
            yield await asyncio.to_thread(_batch, state, block)


def _batch(state: ImportState, rows: Sequence[RejectedRow]) -> pa.RecordBatch:
    """Returns the rows as texts; only the line and the record are numbers."""
    import pyarrow as pa  # noqa: PLC0415

    from product_importer.delimited.rejects_file import rejects_header, typed_row  # noqa: PLC0415

    header = rejects_header(state)
    numbers = range(len(header) - 6, len(header) - 4)
    schema = pa.schema(
        (name, pa.int64() if place in numbers else pa.string()) for place, name in enumerate(header)
    )
    cells = [typed_row(state, row) for row in rows]
    columns = [[row[place] for row in cells] for place in range(len(header))]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
