"""Transactions under an import's lease token, refused once another process has taken the import over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg
import numpy as np

from product_importer.errors import ImportCancelled, LeaseLost
from product_importer.model import Actor, ActorKind
from product_importer.store.changes.sets import Author
from product_importer.store.merging import Conflict
from product_importer.store.queries import statements

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_ATTEMPTS: Final = 50
_PAUSE: Final = 0.02
"""Seconds between attempts, growing with each. A conflict means that another transaction was committed, so
there is progress; the number of attempts is a limit for impossible cases.
"""


class FencedWriter:
    """Writes over one connection, for the owner of an import's lease."""

    def __init__(self, connection: asyncpg.Connection, import_id: int, lease_token: int) -> None:
        self._connection = connection
        self._import_id = import_id
        self._lease_token = lease_token
        self._author = Author(str(Actor(ActorKind.IMPORT, str(import_id))), "import", import_id)
        self._transaction = 0  # the lowest 32 bits of the transaction's id, as a signed number

    def _try_again_at_once(self) -> bool:
        """Called after a conflict: returns whether to try again without a pause."""
        return False

    async def _transact(self, body: Callable[[], Awaitable[None]]) -> None:
        """Runs the body in a transaction, again after conflicts. Raises :class:`LeaseLost` and
        :class:`ImportCancelled`; then nothing was written.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._connection.transaction():
                    await self._fence()
                    await body()
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name != "products_pkey" or attempt == _ATTEMPTS:
                    raise
            except (Conflict, asyncpg.DeadlockDetectedError):
                if attempt == _ATTEMPTS:
                    raise
            else:
                return
            if not self._try_again_at_once():
                await asyncio.sleep(_PAUSE * attempt)

    async def _fence(self) -> None:
        row = await self._connection.fetchrow(
            statements("imports")["fence"], self._import_id, self._lease_token
        )
        if row is None:
            raise LeaseLost(f"Import {self._import_id} has been taken over by another process.")
        if row["cancelled"]:
            raise ImportCancelled(f"Import {self._import_id} was cancelled.")
        self._transaction = int(np.uint32(row["transaction"] & 0xFFFFFFFF).astype(np.int32))
