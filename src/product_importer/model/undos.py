"""What an undo undoes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Undo:
    """What an import undoes, if it is an undo: the changes by another import (``of_import``), by a deletion
    of all products (``of_deletion``), or all changes after a moment (``to``). The other two are None.

    ``products`` (ids), ``skus`` and ``fields`` say which part of that; None for all. A product is meant if
    its id or its SKU is named.
    """

    of_import: int | None = None
    of_deletion: int | None = None
    to: datetime | None = None
    products: tuple[int, ...] | None = None
    skus: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None
