"""What must be fetched for an import, and the marks by which a schedule knows its file again."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from product_importer.ports import Fetched
from product_importer.store.queries import statements


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a version of a file: those that its place gave, and the digest of its bytes."""

    fetched: Fetched
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ToFetch:
    """The file at ``url`` is to be fetched. ``scheduled``: by a schedule, which keeps the file's marks.

    ``last``: the marks of the file that needn't be imported again.
    """

    url: str
    scheduled: bool
    last: Marks | None


async def to_fetch(connection: asyncpg.Connection, import_id: int) -> ToFetch | None:
    row = await connection.fetchrow(statements("imports")["to_fetch"], import_id)
    if row is None or row["fetch_url"] is None:
        return None
    last = None
    if row["sha256"] is not None:
        last = Marks(Fetched(etag=row["etag"], modified=row["modified"]), row["sha256"])
    return ToFetch(row["fetch_url"], row["scheduled"], last)


async def note_marks(connection: asyncpg.Connection, import_id: int, marks: Marks) -> None:
    """Stores the marks with the run of the schedule that made the import."""
    await connection.execute(
        *statements("imports").bound(
            "mark_run",
            import_id=import_id,
            etag=marks.fetched.etag,
            modified=marks.fetched.modified,
            sha256=marks.sha256,
        )
    )
