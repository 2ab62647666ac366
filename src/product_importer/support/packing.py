"""Encodes events' data as bytes for storing: an Arrow IPC stream of one batch, compressed with zstd."""

from __future__ import annotations

import pyarrow as pa

_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


def pack(data: pa.RecordBatch) -> bytes:
    """Returns the events' data as bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema, options=_OPTIONS) as writer:
        writer.write_batch(data)
    return bytes(sink.getvalue())


def unpack(payload: bytes) -> pa.RecordBatch:
    """Returns the events' data from their bytes."""
    with pa.ipc.open_stream(payload) as reader:
        return reader.read_next_batch()
