"""Adds the columns of the file that a validator names to the batch that it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.delimited.formulas import unmarked
from product_importer.pipeline.text import verbatim
from product_importer.ports import ColumnValidator, are_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from product_importer.pipeline.column_uses import FieldMapping
    from product_importer.ports import Validator

COLUMN: Final = "column:"
"""The beginning of the names of these columns in the batch."""


def seen_by(
    validator: Validator, batch: pa.RecordBatch, texts: Callable[[str], pa.StringArray | None]
) -> pa.RecordBatch:
    """Returns the batch with the columns that the validator names. ``texts`` returns the texts of the column
    with a header, or None if there is none; the batch then has nulls.
    """
    if not isinstance(validator, ColumnValidator) or not are_texts(validator.columns):
        return batch
    for header in validator.columns:
        found = texts(header)
        column = pa.nulls(batch.num_rows, pa.string()) if found is None else found
        batch = batch.append_column(f"{COLUMN}{header}", column)
    return batch


def texts_of(mapping: FieldMapping, cells: pa.RecordBatch, header: str) -> pa.StringArray | None:
    """Returns the texts of the column as an attribute would have them, whatever the column is used as."""
    use = mapping.column_named(header)
    return None if use is None else verbatim(unmarked(cells.column(use.index))[0])
