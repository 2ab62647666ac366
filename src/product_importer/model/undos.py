"""What an undo undoes, and what can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.model.imports import Status


@dataclass(frozen=True, slots=True)
class Undo:
    """What an import undoes, if it is an undo: the changes by another import (``of_import``), by a deletion
    of all products (``of_deletion``), by somebody who edited or deleted products (``of_change``, the number
    of the change set), or all changes after a moment (``to``). The other three are None.

    ``products`` (ids), ``skus`` and ``fields`` say which part of that; None for all. A product is meant if
    its id or its SKU is named.
    """

    of_import: int | None = None
    of_deletion: int | None = None
    of_change: int | None = None
    to: datetime | None = None
    products: tuple[int, ...] | None = None
    skus: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ChangedProduct:
    """A product that an import has changed. ``sku`` is the one after the change, or the last one."""

    id: int
    sku: str
    kind: Literal["created", "updated", "deleted"]


@dataclass(frozen=True, slots=True)
class Undoable:
    """What an import has changed, and so what can be undone of it, as a whole or in part.

    ``created``, ``updated`` and ``deleted`` are numbers of products, and ``fields`` says of how many updated
    ones each field was changed. ``products`` is a page of all of them; ``next`` is the value of ``after`` for
    the next page, None at the end.
    """

    created: int
    updated: int
    deleted: int
    fields: Mapping[str, int]
    products: tuple[ChangedProduct, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class ListedUndo:
    """An undo, and its status: ``planned`` until somebody has its plan applied."""

    id: int
    status: Status
