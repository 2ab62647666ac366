"""Opens the importer for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.app import Opening


def open_importer(database_url: str | None) -> Opening:
    """Opens the importer, as :meth:`Importer.open`. It is imported here, because a command's help doesn't
    need it.
    """
    from product_importer.app import Importer  # noqa: PLC0415

    return Importer.open(database_url)
