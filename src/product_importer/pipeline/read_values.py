"""The values of rows as they will be stored, where they differ from what the cells show."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from product_importer.fields import DECIMAL, FLAG, INTEGER, of_kind
from product_importer.product import price_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from product_importer.pipeline.column_uses import FieldMapping
    from product_importer.ports import RawBatch

_READ: Final = of_kind(DECIMAL, INTEGER, FLAG)
_FLAGS: Final = {True: "true", False: "false"}


def read_values(
    raw: RawBatch, blanked: RawBatch, batch: pa.RecordBatch, mapping: FieldMapping
) -> dict[int, dict[str, str]]:
    """Returns record → column → value, for a few rows: of numbers and flags that were read otherwise than
    they are written, and empty texts for cells that a rule makes blank.

    ``blanked``: the rows with such cells blank; ``batch``: the rows' fields.
    """
    found: dict[int, dict[str, str]] = {record: {} for record in raw.records.to_pylist()}
    for use in mapping.columns:
        cells = raw.cells.column(use.index).to_pylist()
        texts = blanked.cells.column(use.index).to_pylist()
        values = batch.column(use.target).to_pylist() if use.target in _READ else [None] * len(cells)
        for record, cell, text, value in zip(found, cells, texts, values, strict=True):
            if value is not None and not _is_written(value, cell.strip()):
                found[record][use.column] = _text(value)
            elif cell and not text:
                found[record][use.column] = ""
    return found


def _is_written(value: object, cell: str) -> bool:
    """Whether the cell says the value in plain words or digits."""
    if isinstance(value, bool):
        return cell.lower() == _FLAGS[value]
    try:
        return Decimal(cell) == value
    except InvalidOperation:
        return False


def _text(value: object) -> str:
    if isinstance(value, bool):
        return _FLAGS[value]
    return str(value) if isinstance(value, int) else price_text(value)  # type: ignore[arg-type]


def kept_rows(raw: RawBatch, kept: pa.BooleanArray) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Yields the line, the record and the cells of each row that is kept."""
    columns = [column.filter(kept).to_pylist() for column in (raw.lines, raw.records, *raw.cells.columns)]
    return ((line, record, cells) for line, record, *cells in zip(*columns, strict=True))
