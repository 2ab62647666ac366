"""The numbers of all advisory locks that the library takes, in one place, so that no number has two meanings.

PostgreSQL keeps locks of one number and locks of two numbers apart. A lock of two numbers consists of a class
and the id of the locked row. A catalogue in a schema of its own has its own numbers. The numbers never
change, since older processes may use the same database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from product_importer.support.namespace import salt

_CLASS_BITS: Final = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Locks:
    """The lock numbers of one catalogue, made by :meth:`of`.

    ``migrating``: one process at a time migrates. ``indexing``: one process at a time updates the tables for
    sorting and searching. ``imports``, ``deletions``, ``sinks``: the lock classes for running an import, for
    running a deletion of all products, and for delivering to a sink. ``resubmissions``: for resubmitting rows
    of an import. ``salt``: the value that numbers in SQL
    are combined with (``lock_number``).
    """

    salt: int = 0
    migrating: int = 7163002
    indexing: int = 7163004
    imports: int = 7163003
    deletions: int = 7163005
    sinks: int = 7163006
    resubmissions: int = 7163007

    @classmethod
    def of(cls, schema: str | None) -> Locks:
        """Returns the numbers for the catalogue in this schema; None: in the one of the search path."""
        plain, by = cls(), salt(schema)
        return cls(
            salt=by,
            migrating=plain.migrating ^ by,
            indexing=plain.indexing ^ by,
            imports=plain.imports ^ by & _CLASS_BITS,
            deletions=plain.deletions ^ by & _CLASS_BITS,
            sinks=plain.sinks ^ by & _CLASS_BITS,
            resubmissions=plain.resubmissions ^ by & _CLASS_BITS,
        )


def second(row_id: int) -> int:
    """Returns the second number of a lock: the row's id as a signed integer of 32 bits."""
    low = row_id & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low
