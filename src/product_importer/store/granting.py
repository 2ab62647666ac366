"""Gives the application's role what it needs, where another role owns the tables.

The owner migrates and drops old months of the log of changes. The application reads and writes products and
imports, and only adds to the log: the server refuses everything else, whatever a program tries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from product_importer.errors import UsageError
from product_importer.store.migrate import CORE, read_migrations
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from product_importer.model import MigrationSet
    from product_importer.store.connect import Database

_CREATED: Final = re.compile(
    r"^ *CREATE (?:OR REPLACE )?(?:TABLE|VIEW|SEQUENCE|FUNCTION) (?:IF NOT EXISTS )?(\w+)", re.MULTILINE
)
_HISTORY: Final = "schema_migrations"


async def grant(database: Database, role: str, sets: Iterable[MigrationSet] = ()) -> None:
    """Gives the role what the application needs of the tables of the core schema and of ``sets``, no more.

    Raises :class:`UsageError` if there is no such role, if it has the owner's rights anyway, or if the
    present user isn't the owner.
    """
    sql = statements("schemas")
    async with database.connection() as connection, connection.transaction():
        found = await connection.fetchrow(sql["role"], role)
        if found is None:
            raise UsageError(f"The server has no role {role}. Create it: CREATE ROLE {role} LOGIN")
        if not found["granting"]:
            raise UsageError(
                f"Only the owner of the tables, {found['owner']}, can give others rights to them."
            )
        if found["owns"]:
            raise UsageError(
                f"The role {role} has the rights of the owner of the tables, {found['owner']}, so it can "
                "change the log. Name another role for the application."
            )
        for row in await connection.fetch(*sql.bound("grants", role=role, names=_names(sets))):
            await connection.execute(row["statement"])


def _names(sets: Iterable[MigrationSet]) -> list[str]:
    """Returns the names of all that the migrations create. Partitions are left out: they are reached through
    their tables.
    """
    files = [migration.sql for each in (CORE, *sets) for migration in read_migrations(each)]
    return sorted({_HISTORY, *(name for text in files for name in _CREATED.findall(text))})
