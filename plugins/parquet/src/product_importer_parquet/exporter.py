"""The exporter: writes a row group for each block of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_GROUP_ROWS: Final = 100_000


class ParquetExporter:
    """Writes Parquet files with a column of its own type for each field, and a text for each attribute."""

    name = "parquet"
    title = "Parquet"
    media_type = "application/vnd.apache.parquet"

    def write(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], out: BinaryIO) -> None:
        import pyarrow as pa  # noqa: PLC0415 - not needed at the start
        import pyarrow.parquet as pq  # noqa: PLC0415

        with pq.ParquetWriter(out, schema, compression="zstd") as writer:
            waiting: list[pa.RecordBatch] = []
            for batch in batches:
                waiting.append(batch)
                if sum(each.num_rows for each in waiting) >= _GROUP_ROWS:
                    writer.write_table(pa.Table.from_batches(waiting, schema))
                    waiting.clear()
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting, schema))
