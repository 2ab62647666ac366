"""The step that makes SKUs from other columns, and the question whether it may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.model import NO_NEW_SKUS, Answer, Question
from product_importer.pipeline.text import is_blank
from product_importer.pipeline.transforms.steps import Joining, filled

if TYPE_CHECKING:
    from product_importer.pipeline.transforms.columns import Columns
    from product_importer.ports import Finding

PLUS: Final = "+"
BETWEEN: Final = "-"
_SHOWN: Final = 3
_FEW_ROWS: Final = 20
_FEW_PERCENT: Final = 5
_ONE_PERCENT: Final = 20
"""A few rows without a SKU are taken for mistakes and rejected: as many as these, which are this part of all
rows at most, or a single one. More of them lead to a question.
"""


class MakingSku:
    """Makes the SKUs of rows that have none, if ``make``; else only counts them.

    ``sku``: the place of the SKU's column; ``parts``: the places of the columns of which it is made.
    """

    rewrites: ClassVar[Sequence[int]] = ()

    def __init__(self, sku: int, parts: Sequence[int], without: Sequence[str], *, make: bool) -> None:
        self._sku = sku
        self._joining = Joining(sku, parts, BETWEEN, without)
        self._make = make
        self._rows = self._lacking = 0
        self._examples: list[str] = []

    def apply(self, columns: Columns) -> Iterator[Finding]:
        blank = is_blank(columns[self._sku])
        lacking = pc.sum(blank).as_py() or 0
        self._rows += len(blank)
        self._lacking += lacking
        if lacking:
            made = self._joining.joined(columns)
            self._note(made.filter(blank))
            if self._make:
                columns[self._sku] = filled(columns[self._sku], made)
        return iter(())

    def _note(self, made: pa.StringArray) -> None:
        if len(self._examples) < _SHOWN:
            made = made.filter(pc.not_equal(made, ""))
            self._examples += made[: _SHOWN - len(self._examples)].to_pylist()

    def question(self, header: Sequence[str], names: Sequence[str], shop: str) -> Question | None:
        """The question whether SKUs are to be made of the columns ``names``, if that has to be asked."""
        if self._make or not self._examples or self._few():
            return None
        have = self._rows - self._lacking
        number = f"Only {have:,} of {self._rows:,} rows have" if have else "No row has"
        words = ", ".join(names)
        return Question(
            code="no_skus",
            words=(
                f"{number} a SKU in this {shop} export. Are the SKUs to be made from {words}, "
                f"such as {self._examples[0]}?"
            ),
            option="sku_from",
            answers=(
                Answer(PLUS.join(names), f"Make them from {words}", tuple(self._examples)),
                Answer(NO_NEW_SKUS, "Reject the rows without a SKU"),
            ),
            column=header[self._sku],
        )

    def _few(self) -> bool:
        percent = 100 * self._lacking / self._rows
        return (
            percent <= (_ONE_PERCENT if self._lacking == 1 else _FEW_PERCENT) and self._lacking <= _FEW_ROWS
        )
