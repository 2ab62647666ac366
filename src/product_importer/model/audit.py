"""Entries of the audit log: acts, and changes of products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The entries that are wanted; what is None doesn't matter.

    ``actor`` is the text of an :class:`Actor`. ``action`` names what was done, such as ``import.cancelled``
    or ``products.updated``, and ``subject`` its object, such as ``import:5``. ``since`` is included,
    ``until`` isn't.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


WHOLE_AUDIT: Final = AuditFilter()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An act, or changes of products: then ``products`` is their number, ``action`` is ``products.created``,
    ``products.updated`` or ``products.deleted``, and ``subject`` the import that made them, or empty. All
    changes of a kind by an import are one entry, at the time of the first of them. If the list is limited to
    a span of time, the entry counts the changes in this span only.

    ``author``: who began that import; None if that isn't known.

    ``place`` continues a list after this entry.
    """

    place: str
    at: datetime
    actor: str
    action: str
    subject: str
    products: int | None = None
    author: str | None = None
