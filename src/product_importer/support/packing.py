"""Encodes events' data as bytes for storing: an Arrow IPC stream of one batch, compressed with zstd."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


def pack(data: pa.RecordBatch) -> bytes:
    """Returns the events' data as bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema, options=_OPTIONS) as writer:
        writer.write_batch(data)
    return bytes(sink.getvalue())


def unpack(payload: bytes, columns: Sequence[int] | None = None) -> pa.RecordBatch:
    """Returns the data from their bytes: all columns, or only those at these places, in their order."""
    # A thread for each column of a small batch costs more than it gains.
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=columns)
    with pa.ipc.open_stream(payload, options=options) as reader:
        return reader.read_next_batch()
