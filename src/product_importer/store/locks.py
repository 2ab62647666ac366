"""The numbers of all advisory locks that the library takes: in one place, so that no number has two meanings.

PostgreSQL keeps locks of one number and locks of two numbers apart. Those of two are a class and the id of
the row that is locked. A catalogue in a schema of its own has numbers of its own. Older processes at the same
database use the same numbers, so they never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from product_importer.support.namespace import salt

_CLASS_BITS: Final = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Locks:
    """The numbers of one catalogue, made by :meth:`of`.

    ``migrating``: one process at a time migrates. ``indexing``: one process at a time brings the tables for
    sorting and searching up to date. ``imports``: the class of whoever runs an import, ``deletions``: of
    whoever runs a deletion of all products, ``sinks``: of whoever delivers to an event sink. ``salt``: what
    numbers in SQL are combined with (``lock_number``).
    """

    salt: int = 0
    migrating: int = 7163002
    indexing: int = 7163004
    imports: int = 7163003
    deletions: int = 7163005
    sinks: int = 7163006

    @classmethod
    def of(cls, schema: str | None) -> Locks:
        """Those of the catalogue in this schema; None: of the one that the connections find by themselves."""
        plain, by = cls(), salt(schema)
        return cls(
            salt=by,
            migrating=plain.migrating ^ by,
            indexing=plain.indexing ^ by,
            imports=plain.imports ^ by & _CLASS_BITS,
            deletions=plain.deletions ^ by & _CLASS_BITS,
            sinks=plain.sinks ^ by & _CLASS_BITS,
        )


def second(row_id: int) -> int:
    """The second number of a lock, a signed integer of 32 bits, made of a row's id."""
    low = row_id & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low
