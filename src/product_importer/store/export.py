"""Exports products as a CSV file, whose rows the database formats, or as Arrow batches for other formats.

An import reads both back unchanged.
"""

from __future__ import annotations

import asyncio
import codecs
import io
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg
import pyarrow as pa

from product_importer.delimited.csv_writing import CsvWriter
from product_importer.delimited.formulas import remarked
from product_importer.errors import DatabaseError
from product_importer.fields import TEXT, VERBATIM, of_kind
from product_importer.model import ExportOptions
from product_importer.product import ProductFilter
from product_importer.store import chosen
from product_importer.store.chosen import BLOCK, ChosenProducts, chosen_products
from product_importer.store.columns import exported
from product_importer.store.connect import Database
from product_importer.store.export_columns import ExportColumn, export_columns
from product_importer.store.rows import TYPES

_PIECES: Final = 4
"""Maximum number of pieces of the file, of some tens of kilobytes, that wait for the reader."""

_TEXTS: Final = of_kind(TEXT, VERBATIM)


async def export(
    database: Database, wanted: ProductFilter, options: ExportOptions
) -> AsyncGenerator[bytes, None]:
    """Yields the file in pieces, from one snapshot, ordered by the creation of the products.

    Raises :class:`UsageError` as :func:`export_columns` does, and :class:`DatabaseError` if the reader has
    taken nothing for ``chosen.UNTAKEN_SECONDS``.
    """
    async with _export(database, wanted, options) as writing:
        mark = codecs.BOM_UTF8 if options.bom else b""
        yield mark + _line([column.header for column in writing.columns], options.delimiter)
        texts = [
            name
            for name, column in zip(writing.names, writing.columns, strict=True)
            if column.field is None or column.field.name in _TEXTS
        ]
        rows = writing.query(
            [
                f"csv_text(attributes ->> {writing.argument(column)})"
                if column.field is None
                else exported(column.field, options.decimal)
                for column in writing.columns
            ]
        )
        copied = _copied(
            writing.products.connection, rows, writing.products.arguments, texts, options.delimiter
        )
        async with aclosing(copied) as pieces:
            async for piece in pieces:
                yield piece


async def export_batches(
    database: Database, wanted: ProductFilter, options: ExportOptions
) -> AsyncGenerator[pa.RecordBatch, None]:
    """Yields the same products and columns as Arrow batches; the first one is empty. Errors are the same.

    Marks are put only on cells that an import would take for marked ones.
    """
    async with _export(database, wanted, options) as writing:
        schema = pa.schema(
            (column.header, pa.string() if column.field is None else TYPES[column.field.kind])
            for column in writing.columns
        )
        yield pa.RecordBatch.from_pylist([], schema=schema)
        rows = writing.query(
            [
                f"attributes ->> {writing.argument(column)}" if column.field is None else column.field.name
                for column in writing.columns
            ]
        )
        cursor = await writing.products.connection.cursor(rows, *writing.products.arguments)
        while block := await cursor.fetch(BLOCK):
            yield await asyncio.to_thread(_batch, block, schema)


def _batch(rows: Sequence[asyncpg.Record], schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        pa.array(cells, field.type) for cells, field in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(
        [remarked(column) if pa.types.is_string(column.type) else column for column in columns], schema=schema
    )


@dataclass(frozen=True, slots=True)
class _Export:
    """The products and columns to be exported, in an open snapshot."""

    products: ChosenProducts
    columns: Sequence[ExportColumn]

    @property
    def names(self) -> list[str]:
        return [f"column_{number}" for number in range(len(self.columns))]

    def argument(self, column: ExportColumn) -> str:
        return self.products.conditions.add(column.attribute)

    def query(self, expressions: Sequence[str]) -> str:
        """The statement; there is an expression for each column."""
        values = ", ".join(f"{each} AS {name}" for each, name in zip(expressions, self.names, strict=True))
        return self.products.query("rows", values=values)


@asynccontextmanager
async def _export(
    database: Database, wanted: ProductFilter, options: ExportOptions
) -> AsyncIterator[_Export]:
    async with chosen_products(database, wanted, "export") as products:
        names = await products.connection.fetchval(products.query("attribute_names"), *products.arguments)
        yield _Export(products, await export_columns(products.connection, names, options.columns))


async def _copied(
    connection: asyncpg.Connection, query: str, arguments: list[object], texts: list[str], delimiter: str
) -> AsyncGenerator[bytes, None]:
    """Yields the output of COPY; a slow reader makes the server wait. A break ruins the connection.

    ``texts``: columns whose cells are always quoted. Otherwise a spreadsheet that splits the file at
    semicolons or tabs would take a part of a cell for a cell of its own, and perhaps for a formula.
    """
    pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(_PIECES)
    left = False

    async def put(piece: bytes | Exception | None) -> None:
        if left:  # wait_for of Python 3.11: asyncpg may lose the cancellation right after a piece was put
            raise asyncio.CancelledError
        try:
            async with asyncio.timeout(chosen.UNTAKEN_SECONDS):
                await pieces.put(piece)
        except TimeoutError:
            connection.terminate()
            pieces.get_nowait()
            pieces.put_nowait(
                DatabaseError(
                    f"The export was given up: for {chosen.UNTAKEN_SECONDS:.0f} seconds nobody has taken "
                    "anything of it. Begin it anew.",
                    code="export_untaken",
                )
            )
            raise asyncio.CancelledError from None

    async def copy() -> None:
        try:
            await connection.copy_from_query(
                query,
                *arguments,
                output=put,
                format="csv",
                delimiter=delimiter,
                force_quote=texts or None,
                encoding="utf8",
            )
        except Exception as error:  # noqa: BLE001 - raised again in the consumer of the queue
            await put(error)
        else:
            await put(None)

    copying = asyncio.create_task(copy())
    try:
        while (piece := await pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        left = True
        if copying.cancel():
            await asyncio.wait({copying})
            connection.terminate()  # otherwise the server first sends the rest of the file


def _line(cells: list[str], delimiter: str) -> bytes:
    text = io.StringIO()
    CsvWriter(text, delimiter).writerow(cells)
    return text.getvalue().encode()
