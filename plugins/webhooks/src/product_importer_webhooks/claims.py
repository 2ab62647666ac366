"""Claims deliveries from the queue for one sender."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from product_importer_webhooks.bodies import merge, merged, parts_text
from product_importer_webhooks.model import Delivery, Part
from product_importer_webhooks.ordering import Waiting, next_in_order
from product_importer_webhooks.statements import statements

if TYPE_CHECKING:
    import asyncpg

LINGER_SECONDS: Final = 0.2
"""How long a request that isn't full waits for more events, in the mode ``batch``."""

WINDOW: Final = 1_000
"""How many of an ordered endpoint's first deliveries are considered. If none of them may go, none is sent."""


async def claim(
    connection: asyncpg.Connection, endpoint_id: int, most: int, seconds: float
) -> list[Delivery]:
    """Claims deliveries that may be sent now, for ``seconds``, in the caller's transaction."""
    sql = statements("deliveries")
    claimed: list[Delivery] = []
    if await connection.fetchval(sql["any_in_order"], endpoint_id):
        claimed = await _claim_in_order(connection, endpoint_id, most, seconds)
    if len(claimed) < most:
        claimed += await _claim_any(connection, endpoint_id, most - len(claimed), seconds)
    return claimed


async def _claim_any(
    connection: asyncpg.Connection, endpoint_id: int, most: int, seconds: float
) -> list[Delivery]:
    rows = await connection.fetch(
        statements("deliveries")["claim"], endpoint_id, most, seconds, LINGER_SECONDS
    )
    rows.sort(key=lambda row: row["position"])
    begun = [_delivery(row) for row in rows if row["begun"]]
    groups = merged([_delivery(row) for row in rows if not row["begun"]])
    return [*begun, *await _merge(connection, groups)]


async def _claim_in_order(
    connection: asyncpg.Connection, endpoint_id: int, most: int, seconds: float
) -> list[Delivery]:
    """Claims deliveries under the endpoint's lock, so that only one sender takes a product's delivery."""
    sql = statements("deliveries")
    if not await connection.fetchval(statements("endpoints")["lock_enabled"], endpoint_id):
        return []
    groups: list[list[Waiting]] = []
    for window in (2 * most, WINDOW):  # mostly, the first deliveries may go
        rows = await connection.fetch(sql["first_in_order"], endpoint_id, window, LINGER_SECONDS)
        groups = next_in_order([Waiting(_delivery(row), row["due"], row["begun"]) for row in rows], most)
        if len(groups) == most or len(rows) < window:
            break
    taken = [it.delivery for group in groups for it in group]
    due = {
        row["id"]: row["due_at"]
        for row in await connection.fetch(
            sql["take"], [each.day for each in taken], [each.id for each in taken], seconds
        )
    }
    return await _merge(
        connection, [[it.delivery.leased(due[it.delivery.id]) for it in group] for group in groups]
    )


async def _merge(connection: asyncpg.Connection, groups: Sequence[Sequence[Delivery]]) -> list[Delivery]:
    """Merges each group into one delivery, which replaces the first of the group."""
    sql = statements("deliveries")
    deliveries = [merge(group) for group in groups]
    grown = [one for one, group in zip(deliveries, groups, strict=True) if len(group) > 1]
    if grown:
        absorbed = [(each.day, each.id) for group in groups for each in group[1:]]
        await connection.executemany(sql["absorb"], absorbed)
        values = [
            sql.arguments(
                "grow",
                day=it.day,
                id=it.id,
                parts=parts_text(it.parts),
                events=it.events,
                size=it.size,
                type=it.type,
                products=_sorted(it.products),
            )
            for it in grown
        ]
        await connection.executemany(sql["grow"], values)
    return deliveries


def _sorted(products: frozenset[int] | None) -> list[int] | None:
    return None if products is None else sorted(products)


def _delivery(row: asyncpg.Record) -> Delivery:
    names = (
        "day", "id", "mode", "sku_prefix", "type", "events", "attempts", "due_at", "created_at", "position",
        "values", "size",
    )  # fmt: skip
    return Delivery(
        parts=tuple(Part(*part) for part in json.loads(row["parts"])),
        products=None if row["products"] is None else frozenset(row["products"]),
        **{name: row[name] for name in names},
    )
