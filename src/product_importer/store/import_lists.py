"""Which imports a list has, as SQL."""

from __future__ import annotations

from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from product_importer.model.import_lists import Alike, ImportFilter
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncpg

_CONDITIONS: Final = MappingProxyType(
    {
        "status": "status = {place}",
        "profile": "options ? 'profile_name' AND options ->> 'profile_name' = {place}",
        "author": "left(author, 200) = left({place}, 200)",
        "filename": "strpos(lower(filename), lower({place})) > 0",
    }
)
"""The condition for each field of a filter, in the words of the indexes."""

LIKENESSES: Final = MappingProxyType(
    {Alike.PROFILE: "by_profile", Alike.URL: "by_url", Alike.FILENAME: "by_name"}
)
"""The columns of the statement ``comparable``; what says most about two imports comes first."""

_FIRST_PLACE: Final = 3


def selection(only: ImportFilter) -> tuple[str, list[str]]:
    """Returns the statement for the ids of wanted imports, and the values of its last parameters; the first
    two are the maximum number, and the id below which they are, or None.
    """
    wanted = {name: str(value) for name, value in asdict(only).items() if value is not None}
    conditions = [
        f"AND {_CONDITIONS[name].format(place=f'${place}::text')}"
        for place, name in enumerate(wanted, start=_FIRST_PLACE)
    ]
    statement = statements("imports")["recent"].format(conditions=" ".join(conditions))
    return statement, list(wanted.values())


async def recent_ids(
    connection: asyncpg.Connection, limit: int, before: int | None, only: ImportFilter
) -> list[int]:
    """Returns the ids of the latest imports below ``before`` that are wanted, the latest first."""
    statement, values = selection(only)
    return [row["id"] for row in await connection.fetch(statement, limit, before, *values)]
