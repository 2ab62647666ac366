"""What is to be sent, in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from product_importer.packing import pack, unpack
from product_importer.ports import EventBatch
from product_importer_webhooks.bodies import (
    MOST_EVENTS,
    Payloads,
    counted,
    merge,
    merged,
    parts_of,
)
from product_importer_webhooks.errors import EndpointNotFound
from product_importer_webhooks.model import Attempt, Delivery, Endpoint, Part
from product_importer_webhooks.statements import statements

if TYPE_CHECKING:
    import asyncpg

    from product_importer_webhooks.endpoints import Connect, Endpoints

_LINGER_SECONDS: Final = 0.2
"""How long a request that isn't full waits for more events, in the mode ``batch``."""

_COLUMNS: Final = (
    "day", "id", "endpoint_id", "mode", "sku_prefix", "type", "parts", "events", "state", "due_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt at a delivery, and when to try again: None where it succeeded or was the last."""

    delivery: Delivery
    attempt: Attempt
    retry_seconds: float | None


class Queue:
    """The deliveries of one database."""

    def __init__(self, connect: Connect, endpoints: Endpoints) -> None:
        self._connect = connect
        self._endpoints = endpoints
        self._days: set[date] = set()

    async def put(self, batch: EventBatch) -> int:
        """Makes deliveries of a batch's events, once, however often it comes. Says how many."""
        day = batch.timestamp.astimezone(UTC).date()
        if day not in self._days:
            await self.make_day(day)
        sql = statements("deliveries")
        async with self._connect() as connection, connection.transaction():
            rows = await connection.fetch(statements("endpoints")["all"])
            endpoints = [self._endpoints.endpoint(row) for row in rows]
            chosen = [(each, n) for each in endpoints if (n := counted(batch, each.draft))]
            if not chosen and not any(each.draft.mode == "summary" for each in endpoints):
                return 0
            payload = (batch.id, batch.first, batch.type, batch.actor, batch.timestamp, pack(batch.data))
            if not await connection.fetchval(sql["keep_payload"], day, *payload):
                return 0
            records = [record for each, n in chosen for record in _records(batch, day, each, n)]
            await connection.copy_records_to_table("webhook_deliveries", records=records, columns=_COLUMNS)
        return len(records)

    async def make_day(self, day: date) -> None:
        """Makes room for a day's deliveries."""
        async with self._connect() as connection:
            await connection.execute(statements("deliveries")["make_day"], day)
        self._days.add(day)

    async def drop_days(self, keep_days: int) -> int:
        """Drops days that are older, but for those with something to be sent. Says how many."""
        before = datetime.now(UTC).date() - timedelta(days=keep_days)
        async with self._connect() as connection:
            return int(await connection.fetchval(statements("deliveries")["drop_days"], before))

    async def ready(self) -> list[Endpoint]:
        """Endpoints for which something is due."""
        async with self._connect() as connection:
            rows = await connection.fetch(statements("deliveries")["ready"])
        return [self._endpoints.endpoint(row) for row in rows]

    async def current(self, endpoint_id: int) -> Endpoint | None:
        """The endpoint as it is now, unless it was deleted."""
        try:
            return await self._endpoints.get(endpoint_id)
        except EndpointNotFound:
            return None

    async def claim(self, endpoint_id: int, most: int, seconds: float) -> list[Delivery]:
        """Deliveries that are due, for nobody else to take within so many seconds.

        Small ones that were never begun become one. From here on a delivery stays as it is.
        """
        sql = statements("deliveries")
        async with self._connect() as connection, connection.transaction():
            rows = await connection.fetch(sql["claim"], endpoint_id, most, seconds, _LINGER_SECONDS)
            rows.sort(key=lambda row: (row["created_at"], row["id"]))
            claimed = [_delivery(row) for row in rows if row["begun"]]
            fresh = [_delivery(row) for row in rows if not row["begun"]]
            groups = merged(fresh) if fresh and fresh[0].mode == "batch" else [[each] for each in fresh]
            begun = [merge(group) for group in groups]
            absorbed = [(each.day, each.id) for group in groups for each in group[1:]]
            if absorbed:
                await connection.executemany(sql["absorb"], absorbed)
                grown = [merge(group) for group in groups if len(group) > 1]
                values = [(it.day, it.id, _parts_text(it.parts), it.events, it.type) for it in grown]
                await connection.executemany(sql["grow"], values)
        return [*claimed, *begun]

    async def release(self, endpoint_id: int, deliveries: Iterable[Delivery]) -> None:
        """Gives back what was claimed and not tried."""
        values = [(each.day, each.id, each.due_at) for each in deliveries]
        if values:
            async with self._connect() as connection, connection.transaction():
                await connection.execute(statements("endpoints")["share"], endpoint_id)
                await connection.executemany(statements("deliveries")["release"], values)

    async def payloads(self, deliveries: Iterable[Delivery]) -> Payloads:
        """The events of these deliveries."""
        keys = {(each.day, part.batch_id, part.first) for each in deliveries for part in each.parts}
        batches = {}
        async with self._connect() as connection:
            for key in keys:
                row = await connection.fetchrow(statements("deliveries")["payload"], *key)
                if row is not None:
                    batches[key] = _batch(key, row)
        return Payloads(batches)

    async def settle(self, endpoint_id: int, outcomes: Sequence[Outcome]) -> None:
        """Notes how attempts went, all at once."""
        sql = statements("deliveries")
        async with self._connect() as connection, connection.transaction():
            await connection.execute(statements("endpoints")["share"], endpoint_id)
            await connection.executemany(sql["attempted"], [_attempted(endpoint_id, it) for it in outcomes])
            arrived = [it for it in outcomes if it.attempt.succeeded]
            values = [(it.delivery.day, it.delivery.id, it.attempt.number) for it in arrived]
            await connection.executemany(sql["delivered"], values)
            for it in outcomes:
                if it.attempt.succeeded:
                    continue
                key = it.delivery.day, it.delivery.id, it.attempt.number, it.delivery.due_at
                if it.retry_seconds is None:
                    await connection.execute(sql["given_up"], *key, it.attempt.error)
                else:
                    await connection.execute(sql["postponed"], *key, it.retry_seconds, it.attempt.error)

    async def fare(self, endpoint_id: int, failures: int, most: int) -> asyncpg.Record | None:
        """Notes that an endpoint failed so often since it last succeeded, or with 0, that it succeeded.

        After ``most`` failures in a row it is left alone for a while.
        """
        sql = statements("endpoints")
        async with self._connect() as connection:
            if failures:
                return await connection.fetchrow(sql["failing"], endpoint_id, failures, most)
            await connection.execute(sql["succeeded"], endpoint_id)
            return None

    async def warn(self, endpoint_id: int) -> None:
        async with self._connect() as connection:
            await connection.execute(statements("endpoints")["warn"], endpoint_id)

    async def disable(self, endpoint_id: int, reason: str) -> bool:
        """Whether it was enabled. What it was still to get is kept."""
        sql = statements("endpoints")
        async with self._connect() as connection, connection.transaction():
            if await connection.fetchval(sql["disable"], endpoint_id, reason) is None:
                return False
            await connection.execute(sql["hold"], endpoint_id)
            return True


def _records(batch: EventBatch, day: date, endpoint: Endpoint, events: int) -> Iterable[tuple[object, ...]]:
    draft = endpoint.draft
    state = "waiting" if draft.enabled else "held"
    now = datetime.now(UTC)
    for part in parts_of(batch, events, draft.mode):
        full = draft.mode != "batch" or part.count == MOST_EVENTS
        due = now if full else now + timedelta(seconds=_LINGER_SECONDS)
        yield (
            day, uuid4(), endpoint.id, draft.mode, draft.sku_prefix, batch.type, _parts_text((part,)),
            part.count, state, due,
        )  # fmt: skip


def _parts_text(parts: Iterable[Part]) -> str:
    return json.dumps([[part.batch_id, part.first, part.start, part.count] for part in parts])


def _delivery(row: asyncpg.Record) -> Delivery:
    parts = tuple(Part(*part) for part in json.loads(row["parts"]))
    names = ("day", "id", "mode", "sku_prefix", "type", "events", "attempts", "due_at", "created_at")
    return Delivery(parts=parts, **{name: row[name] for name in names})


def _batch(key: tuple[date, str, int], row: asyncpg.Record) -> EventBatch:
    _, batch_id, first = key
    data = unpack(row["payload"])
    return EventBatch(batch_id, row["type"], row["occurred_at"], row["actor"], data, first)


def _attempted(endpoint_id: int, outcome: Outcome) -> tuple[object, ...]:
    delivery, attempt = outcome.delivery, outcome.attempt
    return (
        delivery.day, delivery.id, endpoint_id, attempt.number, attempt.at, attempt.milliseconds,
        attempt.kind, attempt.status, attempt.error, json.dumps(dict(attempt.request)),
        json.dumps(dict(attempt.response)), attempt.answer,
    )  # fmt: skip
