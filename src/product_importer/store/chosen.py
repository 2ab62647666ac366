"""Chooses the products that match a filter, in one snapshot, for exports and for readers."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from product_importer.store.queries import statements
from product_importer.store.search.filtering import Conditions
from product_importer.store.search.page_queries import snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from product_importer.product import ProductFilter
    from product_importer.store.connect import Database

BLOCK: Final = 2_000
"""Products that are fetched at once."""

UNTAKEN_SECONDS: Final = 300
"""Seconds that a reader may pause: its snapshot keeps the database from vacuuming."""


@dataclass(frozen=True, slots=True)
class ChosenProducts:
    """The products that match a filter, in an open snapshot. ``condition`` is the filter as SQL."""

    connection: asyncpg.Connection
    conditions: Conditions
    condition: str

    @property
    def arguments(self) -> list[object]:
        """The arguments of the statements that :meth:`query` returns."""
        return self.conditions.arguments

    def query(self, name: str, **words: str) -> str:
        """Returns the statement of this name for the chosen products."""
        return statements("export")[name].format(chosen=self.condition, **words)


@asynccontextmanager
async def chosen_products(
    database: Database, wanted: ProductFilter, purpose: str
) -> AsyncIterator[ChosenProducts]:
    """Opens a snapshot over a connection of its own, which is named after the ``purpose``.

    The server ends the connection if it is idle for :data:`UNTAKEN_SECONDS`.
    """
    conditions = Conditions(wanted)
    condition = (
        "" if conditions.matches_all else statements("export")["chosen"].format(where=conditions.where)
    )
    patience = {"idle_in_transaction_session_timeout": f"{UNTAKEN_SECONDS:.0f}s"}
    async with database.dedicated(purpose, **patience) as connection, snapshot(connection):
        yield ChosenProducts(connection, conditions, condition)
