"""The terms under which rows are merged, derived from the options and the file's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.fields import CLEARABLE
from product_importer.pipeline.nameless import nameless_errors
from product_importer.ports import Terms

if TYPE_CHECKING:
    from product_importer.model import ImportOptions
    from product_importer.pipeline.column_uses import FieldMapping


def terms_of(options: ImportOptions, mapping: FieldMapping | None, place: str) -> Terms:
    """Returns the terms. Without a ``mapping`` they suit a writer that saves rejected rows only."""
    clear = options.blank == "clear"
    attributes = () if mapping is None else mapping.attribute_names
    cleared = () if mapping is None else filter(mapping.column_of, CLEARABLE)
    return Terms(
        clear=frozenset(cleared if clear else ()),
        clear_attributes=attributes if clear and attributes else None,
        dry_run=options.dry_run,
        place=place,
        mode=options.mode,
        nameless=nameless_errors(mapping),
        attributes=attributes,
        sku_column=None if mapping is None else mapping.column_of("sku"),
    )
