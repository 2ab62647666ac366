"""The evidence that a file's rows give for or against the assumptions under which they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.model import RowWarning
from product_importer.model.value_rules import ValueRule
from product_importer.pipeline.active import ActiveSigns
from product_importer.pipeline.assumptions import Assumptions, NumberAssumptions
from product_importer.pipeline.column_rules import NUMBERS
from product_importer.pipeline.decimal_signs import decided, divided, is_open, question, shows
from product_importer.pipeline.numbers import NumberSigns
from product_importer.pipeline.warning_codes import three_decimals

if TYPE_CHECKING:
    from product_importer.model import DecimalSign, Question
    from product_importer.pipeline.assumptions import Guess
    from product_importer.pipeline.column_uses import FieldMapping

Signs = NumberSigns | ActiveSigns

ENOUGH_CELLS: Final = 3
"""The number of cells, none of which fits, that shows that a column is no field; fewer may be mistakes."""

_NO_SIGNS: Final[Mapping[str, Signs]] = {
    "price": NumberSigns(),
    "active": ActiveSigns(),
    "stock": NumberSigns(),
}


class Evidence:
    """The evidence from the rows of one reading. Holds counts and a few examples only."""

    def __init__(self, assumed: Assumptions, mapping: FieldMapping) -> None:
        self._assumed = assumed
        self._mapping = mapping
        self._rules = mapping.rules
        self._signs: dict[Guess, Signs] = {}

    def add(self, signs: Mapping[Guess, Signs]) -> None:
        """Adds the signs of a batch's columns."""
        for column, more in signs.items():
            self._signs[column] = self._signs.get(column, _NO_SIGNS[column[0]]) + more  # type: ignore[operator]

    def at_once(self) -> Assumptions | None:
        """Returns the assumptions under which to start reading again at once, or None to read on.

        They reject fewer rows than the present ones, as far as the rows show. A step is never taken back
        before the whole file has been seen, so reading starts anew a few times at most.
        """
        better = replace(
            self._assumed,
            price=self._so_far("price"),
            stock=self._so_far("stock"),
            refuted=self._assumed.refuted | self._refuted(),
        )
        return None if better == self._assumed else better

    def _so_far(self, name: str) -> NumberAssumptions:
        signs, assumed = self._numbers(name), self._assumed.of(name)
        if self._rules.settled:
            return assumed
        commas = signs.comma > 0 or signs.ambiguous > 0
        comma = commas and not self._rules.of(name).decimal and self._read(name)[0] == "comma"
        return replace(
            assumed,
            decimal="comma" if comma else assumed.decimal,
            currencies=assumed.currencies or self._has_currency(name),
        )

    def _has_currency(self, name: str) -> bool:
        """Whether all of a column's currencies are one that no rule names already."""
        return len(self._numbers(name).currencies) == 1 and not self._rules.of(name).currency

    @property
    def is_open(self) -> bool:
        """Whether the rows so far leave a question that further rows may answer."""
        return self.at_once() is not None or bool(
            self._active().minus_ones
            or self._refuted(enough=1)
            or any(signs.ambiguous or signs.comma or signs.nothing for signs in map(self._numbers, NUMBERS))
        )

    def after_all(self) -> Assumptions | None:
        """Returns the assumptions that the whole file shows; None if they are the present ones."""
        active = self._active()
        better = Assumptions(
            price=self._shown("price"),
            stock=self._shown("stock"),
            minus_one=not active.minus_ones or active.ones > 0,
            refuted=frozenset(guess for guess in self._assumed.refuted if not self._fits(guess)),
        )
        return None if better == self._assumed else better

    def _shown(self, name: str) -> NumberAssumptions:
        signs, assumed = self._numbers(name), NumberAssumptions()
        if self._rules.settled:
            return assumed
        decimal, sure = self._read(name)
        if self._rules.of(name).decimal:
            decimal, sure = assumed.decimal, assumed.sure
        return NumberAssumptions(
            decimal=decimal,
            sure=sure,
            currencies=self._has_currency(name),
            nothing=not signs.nothing or signs.fitting > 0,
        )

    def questions(self) -> tuple[Question, ...]:
        """The questions that the whole file leaves open."""
        if self._rules.settled:
            return ()
        return tuple(
            question(self._mapping.column_of(name) or name, self._numbers(name))
            for name in NUMBERS
            if not self._rules.of(name).decimal and is_open(self._numbers(name), self._beside(name))
        )

    def rules(self) -> dict[str, str]:
        """How columns were read, beyond what holds for every file: column → rule, as text."""
        found = {}
        for use in self._mapping.columns:
            rule = self._rules.at(use.index, use.target)
            if use.target in NUMBERS:
                rule = self._resolved(use.target, rule)
            if rule != ValueRule():
                found[use.column] = str(rule)
        return found

    def _resolved(self, name: str, rule: ValueRule) -> ValueRule:
        signs, assumed = self._numbers(name), self._assumed.of(name)
        if self._rules.settled:
            return rule
        sign = shows(signs)
        told = assumed.sure and (sign == "comma" or signs.ambiguous or (sign and signs.grouped))
        words = sorted(signs.words) if assumed.nothing else ()
        currency = next(iter(signs.currencies)) if assumed.currencies and signs.currencies else None
        return replace(
            rule,
            decimal=rule.decimal or (assumed.decimal if told else None),
            currency=rule.currency or currency or self._of_header(name),
            blank=(*rule.blank, *(word for word in words if word not in rule.blank)),
        )

    def _of_header(self, name: str) -> str | None:
        kept = self._mapping.currency
        return None if kept is None or name != "price" or not self._numbers(name).fitting else kept.currency

    def warnings(self) -> tuple[RowWarning, ...]:
        """Warns of cells that other rows made us read in one of two ways. Call it after the last row."""
        return tuple(warning for name in NUMBERS if (warning := self._three_decimals(name)) is not None)

    def _three_decimals(self, name: str) -> RowWarning | None:
        signs, assumed = self._numbers(name), self._assumed.of(name)
        three = divided(signs, assumed.decimal)
        if not three or self._rules.of(name).decimal or not assumed.sure or self._rules.settled:
            return None
        cell, whole, other = "1.299", "1299", "comma"
        read = "as a little more than one"
        if name != "price":
            cell, whole, read = "1.000", "1000", "as 1"
        if assumed.decimal == "comma":
            cell, other = cell.replace(".", ","), "point"
        number = f"1 {name}" if three == 1 else f"{three:,} {name}s"
        return RowWarning(
            three_decimals(name),
            f"{number} such as {cell} were read {read}, not as {whole}, because other {name}s of the file "
            f"are written with a decimal {assumed.decimal}. Import the file with --decimal {other} if that "
            f"is wrong, or with --decimal {assumed.decimal} to confirm it.",
            column=self._mapping.column_of(name),
        )

    def _read(self, name: str) -> tuple[DecimalSign, bool]:
        """The sign by which a column's numbers are read, and whether it is sure."""
        return decided(self._numbers(name), self._beside(name))

    def _beside(self, name: str) -> DecimalSign | None:
        """The sign that another column of the file shows: a stock may be read like the prices."""
        if name == "price":
            return None
        return self._rules.of("price").decimal or shows(self._numbers("price"))

    def _numbers(self, name: str) -> NumberSigns:
        found = self._of_field(name)
        return found if isinstance(found, NumberSigns) else NumberSigns()

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
