"""Reads cells as product fields: removes the marks of spreadsheets, and warns of cells that look damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.cells.gtin import lost_zeros, wrong_check_digits
from product_importer.cells.leading import Leading
from product_importer.cells.sku import visible_skus
from product_importer.cells.spreadsheet_damage import error_values, scientific
from product_importer.delimited.formulas import unmarked
from product_importer.pipeline.text import trimmed, verbatim
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from product_importer.pipeline.column_uses import ColumnUse

_MARK_REMOVED: Final = (
    "The cell bore a spreadsheet's mark (' in front, or =\"…\" around the text), which was taken off. "
    "Nothing is to be done, unless the mark belongs to the text."
)
_INVISIBLE_REMOVED: Final = (
    "The SKU held characters that can't be seen, such as a zero-width space. They were taken out; "
    "nothing is to be done."
)
_ERROR_VALUE: Final = (
    "The cell holds nothing but a spreadsheet's error. It was imported as it stands; mend the formula and "
    "import the row again."
)
_SCIENTIFIC: Final = (
    "The cell holds a number in scientific notation, as a spreadsheet shortens long numbers; the other "
    "digits are lost. It was imported as it stands; format the column as text in the spreadsheet, and export "
    "it again."
)
_WRONG_CHECK_DIGIT: Final = (
    "The barcode has as many digits as a GTIN (EAN or UPC), but its last digit doesn't fit the others, so "
    "one of them is wrong. It was imported as it stands; compare it with the product itself."
)
_LOST_ZERO: Final = (
    "The barcode would be a GTIN (EAN or UPC) with a zero in front, which spreadsheets drop. It was imported "
    "as it stands; format the column as text in the spreadsheet, and export it again."
)
_CHECKS: Final = {
    "barcode": (
        (WarningCode.CHECK_DIGIT, _WRONG_CHECK_DIGIT, wrong_check_digits),
        (WarningCode.LOST_ZERO, _LOST_ZERO, lost_zeros),
    ),
}
"""Field → the checks of its texts, besides those of all texts."""


class Cells:
    """Reads a batch's columns, and collects the warnings about them in ``findings``."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def sku(self, cells: pa.StringArray) -> pa.StringArray:
        seen, changed = visible_skus(cells)
        if changed is not None:
            self.findings.append(
                Finding("sku", WarningCode.INVISIBLE_REMOVED, _INVISIBLE_REMOVED, changed, warning=True)
            )
        bare = trimmed(seen)
        text = self._unmarked("sku", bare)
        return text if text is bare else trimmed(visible_skus(text).skus)

    def name(self, cells: pa.StringArray) -> pa.StringArray:
        bare = trimmed(cells)
        text = self._unmarked("name", bare)
        return text if text is bare else trimmed(text)

    def description(self, cells: pa.StringArray) -> pa.StringArray:
        return verbatim(self._looked_at("description", cells))

    def text(self, field: str, cells: pa.StringArray) -> pa.StringArray:
        """Returns the text of a field of one line, trimmed; adds findings if it looks damaged."""
        if cells.null_count == len(cells):
            return cells
        text = trimmed(self._looked_at(field, cells))
        for code, message, look in _CHECKS.get(field, ()):
            if (rows := look(text)) is not None:
                self.findings.append(Finding(field, code, message, rows, warning=True))
        return text

    def value(self, field: str, cells: pa.StringArray) -> pa.StringArray:
        """Returns the text of a number or an active flag without marks; it is converted later."""
        return self._unmarked(field, cells)

    def attributes(
        self, uses: tuple[ColumnUse, ...], cells: pa.RecordBatch
    ) -> Iterator[tuple[str, pa.StringArray]]:
        """Names and texts of the attribute columns."""
        for use in uses:
            yield use.attribute, self._looked_at(None, cells.column(use.index), use.column)

    def _unmarked(
        self,
        field: str | None,
        cells: pa.StringArray,
        column: str | None = None,
        leading: Leading | None = None,
    ) -> pa.StringArray:
        text, foreign = unmarked(cells, leading)
        if foreign is not None:
            self.findings.append(
                Finding(field, WarningCode.MARK_REMOVED, _MARK_REMOVED, foreign, column=column, warning=True)
            )
        return text

    def _looked_at(
        self, field: str | None, cells: pa.StringArray, column: str | None = None
    ) -> pa.StringArray:
        """Returns the cells without marks, and adds findings for those that look damaged."""
        leading = Leading(cells)
        text = self._unmarked(field, cells, column, leading)
        if text is not cells:
            leading = Leading(text)
        if (rows := error_values(text, leading)) is not None:
            self.findings.append(
                Finding(field, "spreadsheet_error", _ERROR_VALUE, rows, column=column, warning=True)
            )
        if (rows := scientific(text, leading)) is not None:
            self.findings.append(
                Finding(field, "scientific_notation", _SCIENTIFIC, rows, column=column, warning=True)
            )
        return text
