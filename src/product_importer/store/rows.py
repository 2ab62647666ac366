"""Reads all products that match a filter, from one snapshot, in blocks of rows or as Arrow record batches."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final

import asyncpg
import pyarrow as pa

from product_importer.fields import DECIMAL, FLAG, INTEGER, OBJECT, PRODUCT, TEXT, VERBATIM, Kind
from product_importer.product import ProductFilter
from product_importer.store.chosen import BLOCK, chosen_products
from product_importer.store.connect import Database

TYPES: Final[Mapping[Kind, pa.DataType]] = {
    TEXT: pa.string(),
    VERBATIM: pa.string(),
    DECIMAL: pa.decimal128(19, 4),
    INTEGER: pa.int64(),
    FLAG: pa.bool_(),
    OBJECT: pa.map_(pa.string(), pa.string()),
}
"""The Arrow type of each kind of field."""

SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
        *(pa.field(field.name, TYPES[field.kind], nullable=field.nullable) for field in PRODUCT),
        pa.field("created_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("updated_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("created_by_import", pa.int64()),
        pa.field("updated_by_import", pa.int64()),
    ]
)
"""The columns of :func:`batch_of`: those of :class:`~product_importer.product.Product`."""


async def read_rows(database: Database, wanted: ProductFilter) -> AsyncGenerator[list[asyncpg.Record], None]:
    """Yields the rows of the table of products in blocks, from one snapshot, in the order of their creation.

    Raises :class:`DatabaseError` if the reader has taken nothing for ``UNTAKEN_SECONDS`` (``chosen.py``).
    """
    async with chosen_products(database, wanted, "reading") as chosen:
        cursor = await chosen.connection.cursor(chosen.query("products"), *chosen.arguments)
        while block := await cursor.fetch(BLOCK):
            yield block


def batch_of(rows: Sequence[asyncpg.Record]) -> pa.RecordBatch:
    """Returns rows of the table of products as a record batch with the columns of :data:`SCHEMA`."""
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in SCHEMA.names}
    columns["attributes"] = [list(json.loads(text).items()) for text in columns["attributes"]]
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)
