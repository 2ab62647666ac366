"""The exporter: an object for each product, without what the product lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


class JsonLinesExporter:
    """Writes JSON Lines."""

    name = "jsonl"
    title = "JSON Lines"
    media_type = "application/jsonl"

    def write(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], out: BinaryIO) -> None:  # noqa: ARG002
        import msgspec  # noqa: PLC0415 - not needed at the start

        lines = msgspec.json.Encoder(decimal_format="number").encode_lines
        out.writelines(lines([_filled(row) for row in batch.to_pylist()]) for batch in batches)


def _filled(row: dict[str, object]) -> dict[str, object]:
    return {
        name: _short(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if value is not None
    }


def _short(price: Decimal) -> Decimal:
    """The price with two decimals, if it has no others."""
    rounded = round(price, 2)
    return rounded if rounded == price else price
