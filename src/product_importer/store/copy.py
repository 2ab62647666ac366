"""Converts Arrow batches to and from COPY's binary format, in slices.

Slices are small on purpose: encoding one takes a fraction of a millisecond, so the event loop stays
responsive, and the buffer is reused instead of being mapped anew (measured: a quarter of the time of whole
batches).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import asyncpg
import numpy as np
import pgpq
import pyarrow as pa
from pgpq import encoders
from pgpq.schema import Jsonb

from product_importer.support.connections import while_connected

_SLICE_ROWS: Final = 1024

_HEADER_BYTES: Final = 19
_TAIL_BYTES: Final = 2


async def copy_batch(
    connection: asyncpg.Connection, table: str, batch: pa.RecordBatch, *, json: tuple[str, ...] = ()
) -> None:
    """Copies the batch into the table's columns of the same names. ``json`` names columns of JSON text."""
    schema = batch.schema
    builders = {
        field.name: (
            encoders.StringEncoderBuilder.new_with_output(field, Jsonb())
            if field.name in json
            else pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field)
        )
        for field in schema
    }
    encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(schema, builders)

    async def slices() -> AsyncIterator[bytes]:
        yield encoder.write_header()
        for start in range(0, batch.num_rows, _SLICE_ROWS):
            yield encoder.write_batch(batch.slice(start, _SLICE_ROWS))
        yield encoder.finish()

    await while_connected(
        connection,
        lambda: connection.copy_to_table(table, source=slices(), columns=schema.names, format="binary"),
    )


async def copy_words(
    connection: asyncpg.Connection,
    query: str,
    *arguments: object,
    size: int,
    take: Callable[[pa.FixedSizeBinaryArray], object],
) -> None:
    """Passes the query's single column to ``take`` in pieces: values of ``size`` bytes, none of them null."""
    row = np.dtype([("columns", ">i2"), ("size", ">i4"), ("value", f"V{size}")])
    pending = bytearray()
    header = _HEADER_BYTES

    async def receive(data: bytes) -> None:
        nonlocal header
        skipped = min(header, len(data))
        header -= skipped
        pending.extend(data[skipped:])
        if count := len(pending) // row.itemsize:
            values = np.frombuffer(pending, row, count)["value"].tobytes()
            take(pa.FixedSizeBinaryArray.from_buffers(pa.binary(size), count, [None, pa.py_buffer(values)]))
            del pending[: count * row.itemsize]

    await while_connected(
        connection, lambda: connection.copy_from_query(query, *arguments, output=receive, format="binary")
    )
    if len(pending) != _TAIL_BYTES:
        raise ValueError(f"a value of the query isn't of {size} bytes")
