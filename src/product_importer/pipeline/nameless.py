"""Rows without a name: they change products that are there, but a new product needs a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.model import RowError
from product_importer.pipeline.rejects import errors_json

if TYPE_CHECKING:
    from product_importer.pipeline.column_uses import FieldMapping

_MESSAGE: Final = (
    "The product is new, and its name is missing. Write one; exports that name only the first row of a "
    "product leave it out on the rows of its variants."
)


def nameless_errors(mapping: FieldMapping | None) -> str:
    """Returns the errors of a row that would create a product without a name, as JSON."""
    column = None if mapping is None else mapping.column_of("name")
    return errors_json((RowError("name_missing", _MESSAGE, column, None if column is None else ""),))
