"""The mapping: which field or attribute each column of a file fills."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from product_importer.cells.names import folded, settled
from product_importer.delimited.formulas import attribute_name, spelled_name
from product_importer.fields import FIELDS
from product_importer.model import RowWarning
from product_importer.pipeline.column_rules import NO_RULES, ColumnRules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.pipeline.assumptions import Guess

ATTRIBUTE: Final = "attribute"
IGNORE: Final = "ignore"
TARGETS: Final = (*FIELDS, ATTRIBUTE, IGNORE)
"""The valid uses of a column."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column of the file: its place (from 0), its header, and what it is used as (:data:`TARGETS`).

    ``called`` is the catalogue's name of the attribute, where it differs from the column's.
    ``keeps``: whether cells that hold no value of the column's field are kept as an attribute.
    ``currency``: the currency that a price's header names, as a code, or as a sign that stands for several;
    of the attribute that keeps currencies, the one of prices whose cells carry none.
    """

    index: int
    column: str
    target: str
    called: str | None = None
    keeps: bool = False
    currency: str | None = None

    @property
    def attribute(self) -> str:
        """The name of the attribute that the column holds, if it is used as one."""
        return self.called or attribute_name(self.column)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """The use of every column of a file, in the file's order. A field has at most one column.

    ``guessed``: the columns that were taken for a price, an active flag or a stock by their names alone, so
    that their cells may refute it. ``warnings`` name the columns that may have been meant otherwise.
    ``commands``: the place of the column that says what is done with each row, if the options name one.
    ``store_views``: the places of the columns that name a row's store view, where they weren't mapped
    explicitly. ``rules``: how values are read; ``currency``: the attribute that keeps the currency of the
    prices, which is no column of the file.
    """

    columns: tuple[ColumnUse, ...]
    guessed: tuple[Guess, ...] = field(default=(), compare=False)
    warnings: tuple[RowWarning, ...] = field(default=(), compare=False)
    store_views: tuple[int, ...] = field(default=(), compare=False)
    commands: int | None = None
    rules: ColumnRules = NO_RULES
    currency: ColumnUse | None = None

    def use_of(self, field: str) -> ColumnUse | None:
        return next((use for use in self.columns if use.target == field), None)

    def column_of(self, field: str) -> str | None:
        """The header of the field's column; None where the file has no such column."""
        use = self.use_of(field)
        return None if use is None else use.column

    def index_of(self, field: str) -> int | None:
        """The place, from 0, of the field's column; None where the file has no such column."""
        use = self.use_of(field)
        return None if use is None else use.index

    def column_named(self, header: str) -> ColumnUse | None:
        """The column with this header; else the first one whose header has the same letters, in any case."""
        alike = [use for use in self.columns if folded(use.column) == folded(header)]
        return next((use for use in alike if use.column == header), alike[0] if alike else None)

    @property
    def attributes(self) -> tuple[ColumnUse, ...]:
        return tuple(use for use in self.columns if use.target == ATTRIBUTE)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """The names of all attributes that rows of the file may have."""
        return tuple(use.attribute for use in self._holders)

    @property
    def _holders(self) -> tuple[ColumnUse, ...]:
        held = (use for use in self.columns if use.target == ATTRIBUTE or use.keeps)
        return (*held, *(() if self.currency is None else (self.currency,)))

    def named(self, known: Mapping[str, str]) -> FieldMapping:
        """Returns the mapping with the catalogue's names of attributes; ``known`` gives them by their folded
        forms.

        A name that is spelled out is kept: exports use such names to tell twins apart.
        """
        exact = {use.attribute for use in self._holders if spelled_name(use.column)}
        others = [use for use in self._holders if not spelled_name(use.column)]
        names = settled([use.attribute for use in others], known)
        called = {use.index: name for use, name in zip(others, names, strict=True) if name not in exact}
        columns = (replace(use, called=called.get(use.index)) for use in self.columns)
        currency = self.currency and replace(self.currency, called=called.get(self.currency.index))
        return replace(self, columns=tuple(columns), currency=currency)

    def as_dict(self) -> dict[str, str]:
        """Header → target, as it is shown and stored; it is valid as ``ImportOptions.map``."""
        return {use.column: use.target for use in self.columns}
