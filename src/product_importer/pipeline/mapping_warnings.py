"""Warns of columns that may have been meant otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.cells.headers import heading
from product_importer.cells.shortening import quoted, shortened
from product_importer.delimited.header import first_of
from product_importer.fields import FIELDS
from product_importer.model import VALUE_CHARS, RowWarning
from product_importer.pipeline.column_uses import ATTRIBUTE, ColumnUse
from product_importer.pipeline.lookalikes import is_another_price, looks_like

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from product_importer.pipeline.assumptions import Guess

LOOKED_AT: Final = {
    "price": "the price",
    "active": "whether a product is active",
    "stock": "how many are in stock",
}
_MOST_WARNINGS: Final = 20


def repeated(free: Sequence[ColumnUse], columns: Sequence[ColumnUse]) -> Iterator[RowWarning]:
    """Warns of columns that repeat a field's header, which the parser has numbered, or name the field as well
    as the column that was taken. ``free``: the columns whose use was not given.

    Which of the English names wins is documented, so nothing is said of those.
    """
    fields = {use.column: use.target for use in columns if use.target in FIELDS}
    taken = {use.target: use for use in columns if use.target in FIELDS}
    for use in free:
        if use.target in FIELDS:
            continue
        first = first_of(use.column)
        if first in fields:
            yield RowWarning(
                "column_repeated",
                f"The file has several columns called {quoted(first)}. The first one is taken as "
                f"{fields[first]}; this one is called {quoted(use.column)}. If it is the one "
                "that counts, map it.",
                column=use.column,
            )
        elif (other := _as_good(use, taken)) is not None:
            yield RowWarning(
                "column_repeated",
                f"Columns {quoted(other.column)} and {quoted(use.column)} both seem to hold the "
                f"{other.target}. The first one named here is taken, and the second one is {_become(use)}. "
                "If that one counts, map it.",
                column=use.column,
            )


def _as_good(use: ColumnUse, taken: Mapping[str, ColumnUse]) -> ColumnUse | None:
    """The column that was taken for a field that this column names as well."""
    found = heading(use.column)
    if found is None or found.named.lesser or (other := taken.get(found.named.field)) is None:
        return None
    best = heading(other.column)
    if best is None or best.named.lesser or (found.named.english and best.named.english and found != best):
        return other if best is not None and best.word == found.word else None
    return other


def refuted_columns(columns: Sequence[ColumnUse], refuted: Collection[Guess]) -> Iterator[RowWarning]:
    for name, place in sorted(refuted, key=lambda guess: guess[1]):
        use = columns[place]
        if use.target == name:
            continue
        yield RowWarning(
            "column_is_no_field",
            f"Column {quoted(use.column)} is called as if it said {LOOKED_AT[name]}, but not one of its "
            f"cells does, so it is {_become(use)}. If it is meant so after all, say so with "
            f'--map "{shortened(use.column, VALUE_CHARS)}={name}" and correct the cells.',
            column=use.column,
        )


def overlooked(
    free: Sequence[ColumnUse], columns: Sequence[ColumnUse], refuted: Collection[Guess]
) -> Iterator[RowWarning]:
    """Warns of columns that look like a field that has no column, or only one with a less certain name."""
    known = {place for _, place in refuted}
    left = [use for use in free if use.target not in FIELDS and use.index not in known]
    for name, what in LOOKED_AT.items():
        taken = next((use for use in columns if use.target == name), None)
        if taken is not None and (name != "price" or not _is_lesser(taken)):
            continue
        alike = [use for use in left if looks_like(name, use.column)]
        if taken is not None:
            alike = [use for use in alike if not is_another_price(use.column)]
        for use in alike[:_MOST_WARNINGS]:
            named = shortened(use.column, VALUE_CHARS)
            yield RowWarning(
                "column_overlooked",
                f"Column {quoted(use.column)} may say {what}, but is {_become(use)}. If it does, say so with "
                f'--map "{named}={name}"; if not, with --map "{named}=attribute".',
                column=use.column,
            )


def _is_lesser(use: ColumnUse) -> bool:
    found = heading(use.column)
    return found is not None and found.named.lesser


def _become(use: ColumnUse) -> str:
    return "kept as an attribute" if use.target == ATTRIBUTE else "left out"
