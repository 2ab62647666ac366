"""The assumptions under which a file is read.

A file is read under :class:`Assumptions`; the result depends on the file, the options and the assumptions
alone. The first assumptions are those under which the fewest rows are rejected. The evidence of all rows
(:mod:`product_importer.pipeline.evidence`) confirms them or gives other assumptions, under which the file is
read again. So clean files are read once, and a resumed import comes to the same assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from product_importer.model import DecimalSign

Guess = tuple[str, int]
"""A field, and the place of a column whose name says that it holds this field."""


@dataclass(frozen=True, slots=True)
class NumberAssumptions:
    """What is assumed of a column of numbers; see :class:`~product_importer.pipeline.numbers.Notation`."""

    decimal: DecimalSign = "point"
    sure: bool = True
    currencies: bool = False
    nothing: bool = True


SETTLED: Final = NumberAssumptions(sure=False, nothing=False)
"""The assumptions about a column of which only rules say how it is written."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """``price``, ``stock``: of the columns of these fields; ``minus_one``: see :class:`ActiveNotation`;
    ``refuted``: guessed columns of which no cell fits the field that the column's name says.
    """

    price: NumberAssumptions = NumberAssumptions()
    stock: NumberAssumptions = NumberAssumptions()
    minus_one: bool = True
    refuted: frozenset[Guess] = field(default_factory=frozenset)

    def of(self, name: str) -> NumberAssumptions:
        """The assumptions of a field that holds numbers."""
        return self.price if name == "price" else self.stock
