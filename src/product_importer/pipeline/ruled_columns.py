"""Completes a mapping with the rules by which the columns' values are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.cells.names import folded
from product_importer.cells.shortening import quoted
from product_importer.delimited.rejects_file import without_reject_columns
from product_importer.errors import UsageError
from product_importer.fields import FIELDS
from product_importer.model.value_rules import ValueRule
from product_importer.pipeline.column_rules import NUMBERS, ColumnRules
from product_importer.pipeline.column_uses import ATTRIBUTE, ColumnUse
from product_importer.pipeline.mapping import resolve_mapping
from product_importer.pipeline.mapping_refusals import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from product_importer.model import ImportOptions
    from product_importer.pipeline.assumptions import Assumptions
    from product_importer.pipeline.column_uses import FieldMapping

CURRENCY: Final = ColumnUse(-1, "currency", ATTRIBUTE)
"""The attribute that keeps the currency of the prices."""


def ruled_mapping(header: Sequence[str], options: ImportOptions, assumed: Assumptions) -> FieldMapping:
    """Returns the mapping of a file's columns with their rules. Raises as :func:`resolve_mapping` does."""
    return ruled(resolve_mapping(header, options, assumed.refuted), options, assumed)


def ruled(mapping: FieldMapping, options: ImportOptions, assumed: Assumptions) -> FieldMapping:
    """Returns the mapping with the rules that the options state. Raises :class:`UsageError` for a rule of a
    column that the file lacks or that no such rule fits.
    """
    header = [use.column for use in mapping.columns]
    rules = ColumnRules(
        {use.target: use.index for use in mapping.columns if use.target in FIELDS},
        dict(_of_columns(mapping, options)),
        ValueRule(decimal=options.decimal, blank=tuple(options.null)),
        settled=without_reject_columns(header) < len(header),
    )
    of_rule, of_header = rules.of("price").currency, _of_header(mapping)
    if of_rule not in (None, of_header):
        of_header = None
    keeps = (
        (assumed.price.currencies or of_rule or of_header)
        and options.extra == "attributes"
        and all(folded(use.attribute) != CURRENCY.column for use in mapping.columns)
    )
    guessed = tuple(guess for guess in mapping.guessed if guess[1] not in rules.by_place)
    currency = replace(CURRENCY, currency=of_header) if keeps else None
    return replace(mapping, rules=rules, guessed=guessed, currency=currency)


def _of_header(mapping: FieldMapping) -> str | None:
    use = mapping.use_of("price")
    return None if use is None else use.currency


def _of_columns(mapping: FieldMapping, options: ImportOptions) -> Iterator[tuple[int, ValueRule]]:
    seen = set()
    for name, text in options.rule.items():
        rule = rule_of(name, text)
        use = _column(mapping, name)
        if use.index in seen:
            raise UsageError(f"Column {quoted(use.column)} has two rules. Write them as one.")
        seen.add(use.index)
        if (rule.decimal and use.target not in NUMBERS) or (rule.currency and use.target != "price"):
            raise UsageError(
                f"The rule {quoted(text)} is about numbers, but column {quoted(use.column)} is used as "
                f"{use.target}. Map the column to price or stock, or leave the rule out."
            )
        if (rule.yes or rule.no) and use.target != "active":
            raise UsageError(
                f"The rule {quoted(text)} is about yes and no, but column {quoted(use.column)} is used as "
                f"{use.target}. Map the column to active, or leave the rule out."
            )
        yield use.index, rule


def rule_of(name: str, text: str) -> ValueRule:
    """Returns the rule of a column. Raises :class:`UsageError` if the text states none."""
    try:
        return ValueRule.of(text)
    except ValueError as error:
        raise UsageError(f"The rule of column {quoted(name)} can't be used. {error}") from None


def _column(mapping: FieldMapping, name: str) -> ColumnUse:
    """The column with this header or, if there is none, the one that fills the field of this name."""
    wanted = name.strip().casefold()
    for use in mapping.columns:
        if use.column == name:
            return use
    named = [use for use in mapping.columns if use.column.strip().casefold() == wanted]
    named = named or [use for use in mapping.columns if use.target == wanted and use.target in FIELDS]
    if len(named) == 1:
        return named[0]
    flaw = "fits several columns" if named else "is not in the file"
    header = listed([use.column for use in mapping.columns])
    raise UsageError(f"Column {quoted(name)}, which has a rule, {flaw}. The file's columns are {header}.")
