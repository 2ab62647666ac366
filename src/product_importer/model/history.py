"""The history of a product, as the log of changes has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from product_importer.model.listed_changes import ListedChange, ValueChange

ChangeCause = Literal["import", "edit", "deletion", "undo"]
"""What caused a change of a product. ``deletion`` is that of all products."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of a product.

    ``number`` is that of its change set. ``actor`` is the text of an
    :class:`~product_importer.model.Actor`. ``changes`` has the changed fields by name; a price is a
    ``Decimal``. Of a new product, these are the fields that it had, and of a deleted one those that it had
    last.
    """

    number: int
    at: datetime
    actor: str
    cause: ChangeCause
    import_id: int | None
    kind: Literal["created", "updated", "deleted"]
    changes: Mapping[str, ValueChange]


@dataclass(frozen=True, slots=True)
class ProductHistory:
    """A part of a product's history, newest change first.

    ``next``: the value of ``before`` for the part that follows; None at the end. ``complete``: false if
    this is the end, though the product is older: the log lacks changes before ``since``.
    """

    entries: tuple[HistoryEntry, ...]
    next: int | None
    complete: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a field, when, and why: see :class:`HistoryEntry`."""

    number: int
    at: datetime
    actor: str
    cause: ChangeCause
    import_id: int | None


@dataclass(frozen=True, slots=True)
class ProductOrigins:
    """Who set the fields of a product last, by field. A field that is missing was set before ``since``, when
    the log begins, or, if ``deeper`` is true, so many changes ago that it wasn't looked for.
    """

    fields: Mapping[str, Origin]
    deeper: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class ComparedMoment:
    """A moment of a product: just after the change with this ``number``. None: now, if ``at`` is None, too;
    otherwise before its first change. ``exists``: whether there was such a product.
    """

    number: int | None
    at: datetime | None
    exists: bool


@dataclass(frozen=True, slots=True)
class ProductComparison:
    """What differs between two moments of a product: fields by name, with their values at both."""

    earlier: ComparedMoment
    later: ComparedMoment
    changes: Mapping[str, ValueChange]


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The changes that one transaction made in one way: it created, changed or deleted products.

    ``position`` continues after this set: see ``Importer.changes.since``. ``number``, ``at``, ``actor``,
    ``cause`` and ``import_id`` are those of :class:`HistoryEntry`.
    """

    position: str
    number: int
    at: datetime
    actor: str
    cause: ChangeCause
    import_id: int | None
    changes: tuple[ListedChange, ...]
