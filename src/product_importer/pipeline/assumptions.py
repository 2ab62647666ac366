"""The assumptions under which a file is read, and the evidence that its rows give for or against them.

A file is read under :class:`Assumptions`; the result depends on the file, the options and the assumptions
alone. :class:`Evidence` counts what the rows show. The first assumptions are those under which the fewest
rows are rejected. The evidence of all rows confirms them or gives other assumptions, under which the file is
read again. So clean files are read once, and a resumed import comes to the same assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from product_importer.model import RowWarning
from product_importer.pipeline.active import ActiveSigns
from product_importer.pipeline.price import PriceSigns
from product_importer.pipeline.whole_number import WholeNumberSigns

if TYPE_CHECKING:
    from product_importer.model import ImportOptions
    from product_importer.pipeline.column_uses import FieldMapping

Signs = PriceSigns | ActiveSigns | WholeNumberSigns
Guess = tuple[str, int]
"""A field, and the place of a column whose name says that it holds this field."""

ENOUGH_CELLS: Final = 3
"""The number of cells, none of which fits, that shows that a column is no field; fewer may be mistakes."""

_NO_SIGNS: Final[Mapping[str, Signs]] = {
    "price": PriceSigns(),
    "active": ActiveSigns(),
    "stock": WholeNumberSigns(),
}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """``three_decimals``: see :class:`PriceNotation`; ``minus_one``: see :class:`ActiveNotation`;
    ``refuted``: guessed columns of which no cell fits the field that the column's name says.
    """

    three_decimals: bool = True
    minus_one: bool = True
    refuted: frozenset[Guess] = field(default_factory=frozenset)


class Evidence:
    """The evidence from the rows of one reading. Holds counts only."""

    def __init__(self, assumed: Assumptions, mapping: FieldMapping, options: ImportOptions) -> None:
        self._assumed = assumed
        self._mapping = mapping
        self._options = options
        self._signs: dict[Guess, Signs] = {}

    def add(self, signs: Mapping[Guess, Signs]) -> None:
        """Adds the signs of a batch's columns."""
        for column, more in signs.items():
            self._signs[column] = self._signs.get(column, _NO_SIGNS[column[0]]) + more  # type: ignore[operator]

    def at_once(self) -> Assumptions | None:
        """Returns the assumptions under which to start reading again at once, or None to read on.

        They reject fewer rows than the present ones: a column without one fitting cell is taken for no field.
        """
        refuted = self._assumed.refuted | self._refuted()
        return None if refuted == self._assumed.refuted else replace(self._assumed, refuted=refuted)

    @property
    def is_open(self) -> bool:
        """Whether the rows so far leave a question that further rows may answer."""
        price, active = self._price(), self._active()
        return bool(price.ambiguous or active.minus_ones or self._refuted(enough=1))

    def after_all(self) -> Assumptions | None:
        """Returns the assumptions that the whole file shows; None if they are the present ones."""
        price, active = self._price(), self._active()
        undecided = price.ambiguous and not self._options.decimal and not self._decides_point(price)
        shown = Assumptions(
            three_decimals=not undecided,
            minus_one=not active.minus_ones or active.ones > 0,
            refuted=frozenset(guess for guess in self._assumed.refuted if not self._fits(guess)),
        )
        return None if shown == self._assumed else shown

    def warnings(self) -> tuple[RowWarning, ...]:
        """Warns of cells that other rows made us read in one of two ways. Call it after the last row."""
        price = self._price()
        if not price.ambiguous or self._options.decimal or not self._decides_point(price):
            return ()
        number = "1 price" if price.ambiguous == 1 else f"{price.ambiguous:,} prices"
        return (
            RowWarning(
                "price_three_decimals",
                f"{number} such as 1.299 were read as a little more than one, not as 1299, because other "
                "prices of the file are written with a decimal point. Import the file with --decimal comma "
                "if that is wrong, or with --decimal point to confirm it.",
                column=self._mapping.column_of("price"),
            ),
        )

    @staticmethod
    def _decides_point(price: PriceSigns) -> bool:
        return price.point > 0 and price.comma == 0

    def _price(self) -> PriceSigns:
        found = self._of_field("price")
        return found if isinstance(found, PriceSigns) else PriceSigns()

    def _active(self) -> ActiveSigns:
        found = self._of_field("active")
        return found if isinstance(found, ActiveSigns) else ActiveSigns()

    def _of_field(self, name: str) -> Signs | None:
        place = self._mapping.index_of(name)
        return None if place is None else self._signs.get((name, place))

    def _refuted(self, enough: int = ENOUGH_CELLS) -> frozenset[Guess]:
        return frozenset(
            guess
            for guess in self._mapping.guessed
            if (signs := self._signs.get(guess)) is not None and signs.cells >= enough and not signs.fitting
        )

    def _fits(self, guess: Guess) -> bool:
        signs = self._signs.get(guess)
        return signs is not None and signs.fitting > 0
