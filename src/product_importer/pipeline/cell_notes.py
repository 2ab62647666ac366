"""What the conversion of typed cells found out about them, beside their texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.column_uses import ATTRIBUTE, IGNORE
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from product_importer.pipeline.column_uses import ColumnUse, FieldMapping
    from product_importer.ports import RawBatch

_LOST: Final = (
    "The number has more digits than a spreadsheet or a floating-point number keeps (15), so its last digits "
    "may be wrong. Format the column as text where the file was made, enter the numbers again, and export it "
    "anew."
)

_NO_VALUES: Final = (IGNORE, "sku")

ABSENT: Final = "absent"
"""The column of a batch that names the cells that a row lacks, if blank cells clear values: a JSON object
with lists of ``fields`` and ``attributes``, or null.
"""


@dataclass(frozen=True, slots=True)
class CellNotes:
    """What the conversion of a batch found, by the columns' places in the file.

    ``absent``: the records whose cell is not there at all; ``lost``: those whose number may have lost digits;
    ``fractions``: those whose cell was a number with decimals.
    """

    absent: Mapping[int, pa.Int64Array]
    lost: Mapping[int, pa.Int64Array]
    fractions: Mapping[int, pa.Int64Array]

    def findings(self, raw: RawBatch, mapping: FieldMapping) -> Iterator[Finding]:
        """Yields the findings about lost digits. A SKU with lost digits is wrong, so its row is rejected."""
        for use in mapping.columns:
            if use.index in self.lost and use.target != "ignore":
                rows = pc.is_in(raw.records, self.lost[use.index])
                yield Finding(
                    "sku" if use.target == "sku" else None,
                    WarningCode.DIGITS_LOST,
                    _LOST,
                    rows,
                    column=use.column,
                    warning=use.target != "sku",
                )

    def original(self, raw: RawBatch) -> pa.RecordBatch:
        """The batch's cells, in which those are null that aren't there and that nothing has filled since."""
        if not self.absent:
            return raw.cells
        columns = list(raw.cells.columns)
        for place, records in self.absent.items():
            lacks = pc.and_(pc.is_in(raw.records, records), pc.equal(columns[place], ""))
            columns[place] = pc.if_else(lacks, None, columns[place])
        return pa.RecordBatch.from_arrays(columns, names=raw.cells.schema.names)

    def with_absent(self, raw: RawBatch, rows: pa.RecordBatch, mapping: FieldMapping) -> pa.RecordBatch:
        """Returns the rows with the column :data:`ABSENT`. A cell that isn't there clears no value."""
        uses = [use for use in mapping.columns if use.index in self.absent and use.target not in _NO_VALUES]
        lacks = np.zeros((len(uses), rows.num_rows), np.bool_)
        for number, use in enumerate(uses):
            lacks[number] = pc.is_in(raw.records, self.absent[use.index]).to_numpy(zero_copy_only=False)
        patterns, numbers = np.unique(lacks, axis=1, return_inverse=True)
        texts = pa.array([_named(uses, pattern) for pattern in patterns.T.tolist()], pa.string())
        column = texts.take(pa.array(numbers.reshape(-1))) if uses else pa.nulls(rows.num_rows, pa.string())
        return rows.append_column(ABSENT, column)


def _named(uses: Sequence[ColumnUse], lacks: Sequence[bool]) -> str | None:
    """The columns that are lacking, as JSON; None if none is."""
    lacking = [use for use, lacked in zip(uses, lacks, strict=True) if lacked]
    if not lacking:
        return None
    fields = [use.target for use in lacking if use.target != ATTRIBUTE]
    attributes = [use.attribute for use in lacking if use.target == ATTRIBUTE]
    return json.dumps({"fields": fields, "attributes": attributes}, ensure_ascii=False)


NO_NOTES: Final = CellNotes({}, {}, {})
