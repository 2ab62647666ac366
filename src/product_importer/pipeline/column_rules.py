"""The rules of values, by the columns of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.model.value_rules import ValueRule
from product_importer.pipeline.active import ActiveNotation
from product_importer.pipeline.assumptions import SETTLED
from product_importer.pipeline.numbers import Notation
from product_importer.pipeline.text import any_true, trimmed

if TYPE_CHECKING:
    from product_importer.pipeline.assumptions import Assumptions
    from product_importer.ports import RawBatch

NO_RULE: Final = ValueRule()

NUMBERS: Final = ("price", "stock")
"""The fields that hold numbers."""


@dataclass(frozen=True, slots=True)
class ColumnRules:
    """``fields``: field → the place of its column; ``by_place``: place → the column's rule; ``every``: the
    rule of all columns: its sign holds for columns of numbers that have none of their own, its words for a
    blank cell are added to theirs. ``settled``: whether the file holds the rejected rows of an import; such
    rows don't show how the others are written, so only rules say it.
    """

    fields: Mapping[str, int] = field(default_factory=dict)
    by_place: Mapping[int, ValueRule] = field(default_factory=dict)
    every: ValueRule = NO_RULE
    settled: bool = False

    def at(self, place: int, target: str) -> ValueRule:
        """The rule of one column, which is used as ``target``."""
        rule = self.by_place.get(place, NO_RULE)
        if target in NUMBERS and self.every.decimal and not rule.decimal:
            return replace(rule, decimal=self.every.decimal)
        return rule

    def of(self, name: str) -> ValueRule:
        """The rule of the column that fills a field."""
        place = self.fields.get(name)
        return NO_RULE if place is None else self.at(place, name)

    def numbers(self, name: str, assumed: Assumptions) -> Notation:
        """How the numbers of a field are read."""
        rule, found = self.of(name), SETTLED if self.settled else assumed.of(name)
        return Notation(
            decimal=rule.decimal or found.decimal,
            sure=rule.decimal is not None or found.sure,
            currencies=found.currencies,
            currency=rule.currency,
            nothing=found.nothing,
            told=rule.decimal is not None,
        )

    def active(self, assumed: Assumptions) -> ActiveNotation:
        rule = self.of("active")
        return ActiveNotation(assumed.minus_one, _lower(rule.yes), _lower(rule.no))

    def blanked(self, raw: RawBatch) -> RawBatch:
        """Returns the rows with blank cells where a rule says that a word stands for one."""
        columns, changed = list(raw.cells.columns), False
        for place, column in enumerate(columns):
            words = {*self.every.blank, *self.by_place.get(place, NO_RULE).blank}
            if words:
                found = pc.is_in(pc.utf8_lower(trimmed(column)), pa.array(sorted(_lower(words))))
                if any_true(found):
                    columns[place], changed = pc.if_else(found, "", column), True
        if not changed:
            return raw
        return replace(raw, cells=pa.RecordBatch.from_arrays(columns, schema=raw.cells.schema))


def _lower(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


NO_RULES: Final = ColumnRules()
