"""Changes of products as lists show them: what a plan would change, and what an import has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

ChangeKind = Literal["created", "updated", "deactivated", "deleted"]

CHANGE_KINDS: Final[tuple[ChangeKind, ...]] = get_args(ChangeKind)

Notable = Literal["price_moved", "value_lost", "deactivated", "deleted"]
"""What stands out among changes: a price that moves by more than half, a product that loses the value of a
field, one that is deactivated, one that is deleted.
"""

NOTABLE: Final[tuple[Notable, ...]] = get_args(Notable)

PAGE_CHANGES: Final = 50
"""Number of changes on one page of a list, unless another one is asked for."""

LARGE_MOVE: Final = 0.5
"""The share of its old value by which a price has to move to stand out."""

ChangeSort = Literal["line", "sku", "-size"]
"""The orders of changes: as in the file, by SKU, or the largest change first."""

CHANGE_SORTS: Final[tuple[ChangeSort, ...]] = get_args(ChangeSort)


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A field's value before and after a change. None: the product has no such value, or doesn't exist."""

    before: object
    after: object


@dataclass(frozen=True, slots=True)
class ListedChange:
    """The change of one product. ``changes`` has the fields that change, by name; a price is a ``Decimal``.

    ``kind`` is ``deactivated`` if the product is active before, not afterwards, and nothing else changes.
    ``product_id`` is None for a product that is yet to be created. ``line`` is the place of the row in the
    file; None for a product that the file lacks. ``price_moves`` is the share of its old value by which the
    price moves, such as -0.25 for a quarter less; None if the product had no price above zero, or has none
    afterwards.

    ``after_known`` is false for a change in the log whose values afterwards aren't known, because another
    program than Product Importer deleted the product: then they are None, and a created product has none.
    """

    kind: ChangeKind
    product_id: int | None
    sku: str
    line: int | None
    changes: Mapping[str, ValueChange]
    price_moves: float | None = None
    after_known: bool = True

    @property
    def stands_out(self) -> bool:
        """Whether the price moves by more than half, or a value is lost."""
        moved = self.price_moves is not None and abs(self.price_moves) > LARGE_MOVE
        return moved or any(lost(change) for change in self.changes.values())


def lost(change: ValueChange) -> bool:
    """Whether the product had a value and has none afterwards."""
    return change.before is not None and change.after is None


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes are wanted: those of a kind, of a field, of SKUs that contain a text, and what stands
    out; None for all.
    """

    kind: ChangeKind | None = None
    field: str | None = None
    sku: str | None = None
    notable: Notable | None = None


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """The numbers of changes. ``kinds``: by kind; ``fields``: by the field that changes, without products
    that are created or deleted; ``lost``: by the field whose value a product loses; ``notable``: by what
    stands out. Zeros are left out.
    """

    kinds: Mapping[str, int]
    fields: Mapping[str, int]
    lost: Mapping[str, int]
    notable: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes. ``summary``: the numbers of all changes; ``total``: how many match. ``next``: the
    place from which the next page goes on; None if this is the last.
    """

    changes: tuple[ListedChange, ...]
    summary: ChangeSummary
    total: int
    next: int | None
