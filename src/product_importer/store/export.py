"""Writes products as a CSV file that an import reads back unchanged. The database formats the rows."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import asyncpg

from product_importer.delimited.csv_writing import CsvWriter
from product_importer.delimited.formulas import attribute_headers
from product_importer.errors import DatabaseError, UsageError
from product_importer.fields import FIELDS, PRODUCT, TEXT, VERBATIM, of_kind
from product_importer.model import Limits
from product_importer.product import ProductFilter
from product_importer.store.attribute_names import known_names
from product_importer.store.columns import exported
from product_importer.store.connect import Database
from product_importer.store.queries import statements
from product_importer.store.search.filtering import Conditions
from product_importer.store.search.page_queries import snapshot

_PIECES: Final = 4
"""Maximum number of pieces of the file, of some tens of kilobytes, that wait for the reader."""

UNTAKEN_SECONDS: Final = 300.0
"""Seconds that an export waits for its reader: its snapshot keeps the database from vacuuming."""

_TEXTS: Final = of_kind(TEXT, VERBATIM)

_MOST_ATTRIBUTES: Final = Limits().columns - len(FIELDS)


async def export(database: Database, wanted: ProductFilter) -> AsyncGenerator[bytes, None]:
    """Yields the file in pieces, from one snapshot, ordered by the creation of the products.

    Raises :class:`UsageError` if the products have more attributes than an import takes columns, and
    :class:`DatabaseError` if the reader has taken nothing for :data:`UNTAKEN_SECONDS`.
    """
    patience = {"idle_in_transaction_session_timeout": f"{UNTAKEN_SECONDS:.0f}s"}
    sql = statements("export")
    conditions = Conditions(wanted)
    chosen = "" if conditions.matches_all else sql["chosen"].format(where=conditions.where)
    async with database.dedicated("export", **patience) as connection, snapshot(connection):
        names = await connection.fetchval(sql["attribute_names"].format(chosen=chosen), *conditions.arguments)
        if len(names) > _MOST_ATTRIBUTES:
            raise UsageError(
                f"These products have {len(names):,} different attributes, and a file has room for "
                f"{_MOST_ATTRIBUTES:,}. Export fewer products at a time, by a filter."
            )
        known = await known_names(connection, names)
        yield _line([*FIELDS, *attribute_headers(names, FIELDS, known)])
        columns = "".join(
            f", csv_text(attributes ->> {conditions.add(name)}) AS attribute_{number}"
            for number, name in enumerate(names)
        )
        texts = [*_TEXTS, *(f"attribute_{number}" for number in range(len(names)))]
        fields = ", ".join(exported(field) for field in PRODUCT if field.name in FIELDS)
        rows = sql["rows"].format(fields=fields, attributes=columns, chosen=chosen)
        async with aclosing(_copied(connection, rows, conditions.arguments, texts)) as pieces:
            async for piece in pieces:
                yield piece


async def _copied(
    connection: asyncpg.Connection, query: str, arguments: list[object], texts: list[str]
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
            async with asyncio.timeout(UNTAKEN_SECONDS):
                await pieces.put(piece)
        except TimeoutError:
            connection.terminate()
            pieces.get_nowait()
            pieces.put_nowait(
                DatabaseError(
                    f"The export was given up: for {UNTAKEN_SECONDS:.0f} seconds nobody has taken anything "
                    "of it. Begin it anew.",
                    code="export_untaken",
                )
            )
            raise asyncio.CancelledError from None

    async def copy() -> None:
        try:
            await connection.copy_from_query(
                query, *arguments, output=put, format="csv", force_quote=texts, encoding="utf8"
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


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    CsvWriter(text).writerow(cells)
    return text.getvalue().encode()
