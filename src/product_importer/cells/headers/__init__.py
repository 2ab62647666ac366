"""The words in headers: the languages' names of the fields, and the remarks beside them.

The words are loaded when the first header is read, so that the commands that read none start without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.cells.headers.remarks import Heading


def heading(column: str) -> Heading | None:
    """What the header names, remarks overlooked; None if it names no field for certain."""
    from product_importer.cells.headers import remarks  # noqa: PLC0415

    return remarks.heading(column)


def goes_before_own_name(column: str) -> bool:
    """Whether the header would be taken for a field even beside a column that has the field's own name."""
    from product_importer.cells.headers import remarks  # noqa: PLC0415

    return remarks.goes_before_own_name(column)
