"""Writes change sets, and with them the places of their events in the outbox."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from product_importer.store.changes.sets import stored
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncpg

    from product_importer.store.changes.sets import Author, Changes
    from product_importer.store.events import Audience


class ChangeLog:
    """Adds to the log of changes. ``audience``: the sinks that may want events of them."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience

    async def write(self, connection: asyncpg.Connection, author: Author, changes: Changes) -> None:
        """Writes the set in the transaction that changes the products, after that statement. Without
        products, nothing is written.
        """
        if not len(changes):
            return
        ids = pc.min_max(changes.data.column("product_id"))
        payload, narrow = stored(changes)
        await connection.execute(
            *statements("changes").bound(
                "write",
                number=changes.number,
                id=uuid.uuid4(),
                import_id=author.import_id,
                first_id=ids["min"].as_py(),
                last_id=ids["max"].as_py(),
                products=len(changes),
                kind=changes.kind,
                type=f"product.{changes.kind}",
                cause=author.cause,
                actor=author.actor,
                payload=payload,
                narrow=narrow,
                heard=await self._audience.listens(connection),
            )
        )
