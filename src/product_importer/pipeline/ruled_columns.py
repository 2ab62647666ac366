"""Completes a mapping with the rules by which the columns' values are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.cells.names import folded
from product_importer.delimited.rejects_file import without_reject_columns
from product_importer.fields import FIELDS
from product_importer.model.value_rules import ValueRule
from product_importer.pipeline.column_rules import ColumnRules
from product_importer.pipeline.column_uses import ATTRIBUTE, ColumnUse
from product_importer.pipeline.mapping import resolve_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.model import ImportOptions
    from product_importer.pipeline.assumptions import Assumptions
    from product_importer.pipeline.column_uses import FieldMapping

CURRENCY: Final = ColumnUse(-1, "currency", ATTRIBUTE)
"""The attribute that keeps the currency of the prices."""


def ruled_mapping(header: Sequence[str], options: ImportOptions, assumed: Assumptions) -> FieldMapping:
    """Returns the mapping of a file's columns with their rules. Raises as :func:`resolve_mapping` does."""
    return ruled(resolve_mapping(header, options, assumed.refuted), options, assumed)


def ruled(mapping: FieldMapping, options: ImportOptions, assumed: Assumptions) -> FieldMapping:
    """Returns the mapping with the rules that the options state."""
    fields = {use.target: use.index for use in mapping.columns if use.target in FIELDS}
    header = [use.column for use in mapping.columns]
    rules = ColumnRules(
        fields,
        every=ValueRule(decimal=options.decimal),
        settled=without_reject_columns(header) < len(header),
    )
    keeps = (
        (assumed.price.currencies or rules.of("price").currency)
        and options.extra == "attributes"
        and all(folded(use.attribute) != CURRENCY.column for use in mapping.columns)
    )
    return replace(mapping, rules=rules, currency=CURRENCY if keeps else None)
