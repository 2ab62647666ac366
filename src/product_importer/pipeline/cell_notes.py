"""What the conversion of typed cells found out about them, beside their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from product_importer.pipeline.warning_codes import WarningCode
from product_importer.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from product_importer.pipeline.column_uses import FieldMapping
    from product_importer.ports import RawBatch

_LOST: Final = (
    "The number has more digits than a spreadsheet or a floating-point number keeps (15), so its last digits "
    "may be wrong. Format the column as text where the file was made, enter the numbers again, and export it "
    "anew."
)


_ABSENT: Final = (
    "The row has no cell for this column at all, and a blank one would clear the product's value, so it "
    "isn't certain what becomes of it. Write an empty text to clear the value, or import the file so that "
    "blank cells keep values."
)


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

    def uncleared(self, raw: RawBatch, mapping: FieldMapping) -> Iterator[Finding]:
        """Yields the findings about rows that lack cells which would clear a value if they were blank."""
        for use in mapping.columns:
            if use.index in self.absent and use.target not in ("ignore", "sku"):
                rows = pc.is_in(raw.records, self.absent[use.index])
                yield Finding(None, "cell_absent", _ABSENT, rows, column=use.column)


NO_NOTES: Final = CellNotes({}, {}, {})
