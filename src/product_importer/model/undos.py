"""What an undo undoes, and what can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
class ListedUndo:
    """An undo, and its status: ``planned`` until somebody has its plan applied."""

    id: int
    status: Status


@dataclass(frozen=True, slots=True)
class ChangedBy:
    """What an import has changed since a moment: the number of changes of products, and when the last one
    was made.
    """

    id: int
    filename: str
    changes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """What has changed since a moment. ``changes`` is the number of all changes of products; a product may
    have several. ``imports`` are the latest ones, newest first; ``more`` is the number of the others, and
    ``more_changes`` that of their changes. ``edits`` were made by hand, the last one at ``edited_at``.
    """

    changes: int
    imports: tuple[ChangedBy, ...]
    more: int
    more_changes: int
    edits: int
    edited_at: datetime | None
