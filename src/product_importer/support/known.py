"""Checks names and moments that a caller gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer.fields import NAMES
from product_importer.model import CHANGE_KINDS, NOTABLE, ChangeFilter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from product_importer.model import ChangeKind, Notable


def check_known(kind: str, name: str | None, known: Iterable[str]) -> None:
    """Raises :class:`UsageError` for a name that isn't known; None is no name."""
    if name is not None and name not in known:
        raise UsageError(f"There is no {kind} {quoted(name)}. Known: {', '.join(sorted(known))}.")


def check_moment(moment: datetime) -> None:
    """Raises :class:`UsageError` for a moment without a time zone."""
    if moment.tzinfo is None:
        raise UsageError("A moment needs a time zone, such as the Z in 2026-03-01T12:00:00Z.")


def known_changes(
    kind: ChangeKind | None, field: str | None, sku: str | None, notable: Notable | None
) -> ChangeFilter:
    """Returns the filter of changes. Raises :class:`UsageError` for an unknown kind, field or notable."""
    check_known("kind of change", kind, CHANGE_KINDS)
    check_known("field", field, NAMES)
    check_known("notable change", notable, NOTABLE)
    return ChangeFilter(kind, field, sku, notable)
