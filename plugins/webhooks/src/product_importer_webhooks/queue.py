"""The queue of deliveries, in PostgreSQL."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from product_importer.model import Actor, ActorKind
from product_importer.ports import EventBatch
from product_importer.support.connections import while_connected
from product_importer.support.packing import pack, unpack
from product_importer_webhooks.bodies import (
    MOST_EVENTS,
    NO_PAYLOADS,
    Payloads,
    counted,
    parts_of,
    parts_text,
    products_of,
)
from product_importer_webhooks.claims import LINGER_SECONDS, claim
from product_importer_webhooks.detail import fitting, needed, pieces, suffices
from product_importer_webhooks.endpoints import record
from product_importer_webhooks.errors import EndpointNotFound, ValuesLacking
from product_importer_webhooks.model import Attempt, Delivery, Endpoint
from product_importer_webhooks.statements import statements

if TYPE_CHECKING:
    import asyncpg

    from product_importer_webhooks.endpoints import Connect, Endpoints

_ACTOR: Final = Actor(ActorKind.SYSTEM, "webhooks")

_COLUMNS: Final = (
    "day", "id", "endpoint_id", "mode", "sku_prefix", "type", "parts", "events", "products", "values",
    "size", "state", "due_at",
)  # fmt: skip

_ATTEMPT_COLUMNS: Final = (
    "day", "delivery_id", "endpoint_id", "number", "at", "milliseconds", "class", "status", "error",
    "request", "response", "answer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt at a delivery, and the seconds until the next one: None if it succeeded or was the last."""

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
        """Creates deliveries for a batch's events, only once, however often the batch comes; returns their
        number.

        Raises :class:`ValuesLacking` if an endpoint wants values of products that the batch doesn't have.
        """
        return sum([await self._put(piece) for piece in pieces(fitting(batch))])

    async def _put(self, batch: EventBatch) -> int:
        day = batch.timestamp.astimezone(UTC).date()
        if day not in self._days:
            await self.make_day(day)
        async with self._connect() as connection, connection.transaction():
            rows = await connection.fetch(statements("endpoints")["all"])
            endpoints = [self._endpoints.endpoint(row) for row in rows]
            chosen = [each for each in endpoints if counted(batch, each.draft)]
            # The receiver of a summary gets an import's events page by page.
            readers = [*chosen, *(each for each in endpoints if each.draft.mode == "summary")]
            if not readers:
                return 0
            values = needed(batch.type, (each.draft.values for each in readers))
            if not suffices(batch, values):
                raise ValuesLacking(values)
            if not await connection.fetchval(*_payload(batch, day)):
                return 0
            records = [record for each in chosen for record in _records(batch, day, each)]
            await _copy(connection, "webhook_deliveries", records, _COLUMNS)
        return len(records)

    async def make_day(self, day: date) -> None:
        """Creates the tables for a day's deliveries."""
        async with self._connect() as connection:
            await connection.execute(statements("deliveries")["make_day"], day)
        self._days.add(day)

    async def drop_days(self, keep_days: int) -> int:
        """Drops older days, except those with waiting deliveries; returns their number."""
        before = datetime.now(UTC).date() - timedelta(days=keep_days)
        async with self._connect() as connection:
            return int(await connection.fetchval(statements("deliveries")["drop_days"], before))

    async def ready(self) -> list[Endpoint]:
        """Returns the endpoints for which a delivery is due."""
        async with self._connect() as connection:
            rows = await connection.fetch(statements("deliveries")["ready"])
        return [self._endpoints.endpoint(row) for row in rows]

    async def current(self, endpoint_id: int) -> Endpoint | None:
        """Returns the endpoint as it is now; None if it was deleted."""
        try:
            return await self._endpoints.get(endpoint_id)
        except EndpointNotFound:
            return None

    async def claim(self, endpoint_id: int, most: int, seconds: float) -> list[Delivery]:
        """Claims due deliveries for ``seconds``, so that no other sender takes them.

        Small deliveries that were never begun are merged. The body of a claimed delivery never changes.
        """
        async with self._connect() as connection, connection.transaction():
            return await claim(connection, endpoint_id, most, seconds)

    async def release(self, endpoint_id: int, deliveries: Iterable[Delivery]) -> None:
        """Releases claimed deliveries that weren't tried."""
        values = [(each.day, each.id, each.due_at) for each in deliveries]
        if values:
            async with self._connect() as connection, connection.transaction():
                await connection.execute(statements("endpoints")["share"], endpoint_id)
                await connection.executemany(statements("deliveries")["release"], values)

    async def payloads(self, deliveries: Iterable[Delivery], known: Payloads = NO_PAYLOADS) -> Payloads:
        """Returns the events of these deliveries. Batches that are ``known`` are not read again."""
        keys = {(each.day, part.batch_id, part.first) for each in deliveries for part in each.parts}
        batches = {key: known.batches[key] for key in keys & known.batches.keys()}
        if len(batches) == len(keys):
            return Payloads(batches)
        async with self._connect() as connection:
            for key in keys - batches.keys():
                row = await connection.fetchrow(statements("deliveries")["payload"], *key)
                if row is not None:
                    batches[key] = _batch(key, row)
        return Payloads(batches)

    async def settle(self, endpoint_id: int, outcomes: Sequence[Outcome]) -> None:
        """Stores the outcomes of attempts, all at once."""
        sql = statements("deliveries")
        async with self._connect() as connection, connection.transaction():
            await connection.execute(statements("endpoints")["share"], endpoint_id)
            await _keep_attempts(connection, endpoint_id, outcomes)
            await _count(connection, endpoint_id, [it.attempt for it in outcomes])
            arrived = [it for it in outcomes if it.attempt.succeeded]
            days, ids = [it.delivery.day for it in arrived], [it.delivery.id for it in arrived]
            await connection.execute(sql["delivered"], days, ids, [it.attempt.number for it in arrived])
            for it in outcomes:
                if it.attempt.succeeded:
                    continue
                values = {
                    "day": it.delivery.day,
                    "id": it.delivery.id,
                    "attempts": it.attempt.number,
                    "due_at": it.delivery.due_at,
                    "error": it.attempt.error,
                }
                if it.retry_seconds is None:
                    await connection.execute(*sql.bound("given_up", **values))
                else:
                    postponed = sql.bound("postponed", retry_seconds=it.retry_seconds, **values)
                    await connection.execute(*postponed)

    async def keep_test(
        self, endpoint_id: int, batch: EventBatch, delivery: Delivery, attempt: Attempt
    ) -> None:
        """Stores a test that was sent in the log, from which it can be sent again."""
        if delivery.day not in self._days:
            await self.make_day(delivery.day)
        test = statements("deliveries").bound(
            "keep_test",
            day=delivery.day,
            id=delivery.id,
            endpoint_id=endpoint_id,
            mode=delivery.mode,
            parts=parts_text(delivery.parts),
            state="delivered" if attempt.succeeded else "failed",
            at=delivery.created_at,
            error=attempt.error,
        )
        async with self._connect() as connection, connection.transaction():
            await connection.execute(*_payload(batch, delivery.day))
            await connection.execute(*test)
            await _keep_attempts(connection, endpoint_id, [Outcome(delivery, attempt, None)])
            await _count(connection, endpoint_id, [attempt])

    async def fare(self, endpoint_id: int, failures: int, most: int) -> asyncpg.Record | None:
        """Stores that an endpoint failed so often since it last succeeded, or with 0, that it succeeded.

        After ``most`` failures in a row the endpoint is paused.
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
        """Disables the endpoint and holds its waiting deliveries; returns whether it was enabled."""
        sql = statements("endpoints")
        async with self._connect() as connection, connection.transaction():
            if await connection.fetchval(sql["disable"], endpoint_id, reason) is None:
                return False
            await connection.execute(sql["hold"], endpoint_id)
            await record(connection, _ACTOR, "webhook.disabled", endpoint_id)
            return True


def _payload(batch: EventBatch, day: date) -> tuple[str, *tuple[object, ...]]:
    """Returns the statement that stores the batch's events, with its arguments."""
    return statements("deliveries").bound(
        "keep_payload",
        day=day,
        batch_id=batch.id,
        first=batch.first,
        type=batch.type,
        actor=batch.actor,
        occurred_at=batch.timestamp,
        payload=pack(batch.data),
    )


def _records(batch: EventBatch, day: date, endpoint: Endpoint) -> Iterable[tuple[object, ...]]:
    draft = endpoint.draft
    state = "waiting" if draft.enabled else "held"
    now = datetime.now(UTC)
    products = products_of(batch, draft.sku_prefix) if draft.ordered else None
    for part, size in parts_of(batch, draft):
        full = draft.mode != "batch" or part.count == MOST_EVENTS
        due = now if full else now + timedelta(seconds=LINGER_SECONDS)
        yield (
            day, uuid4(), endpoint.id, draft.mode, draft.sku_prefix, batch.type, parts_text((part,)),
            part.count, None if products is None else products[part.start : part.start + part.count],
            draft.values, size, state, due,
        )  # fmt: skip


def _batch(key: tuple[date, str, int], row: asyncpg.Record) -> EventBatch:
    _, batch_id, first = key
    data = unpack(row["payload"])
    return EventBatch(batch_id, row["type"], row["occurred_at"], row["actor"], data, first)


async def _count(connection: asyncpg.Connection, endpoint_id: int, attempts: Iterable[Attempt]) -> None:
    """Counts attempts in the order of their classes, so that two senders don't deadlock."""
    kinds = sorted(Counter(each.kind for each in attempts).items())
    await connection.executemany(
        statements("deliveries")["count"], [(endpoint_id, kind, number) for kind, number in kinds]
    )


async def _keep_attempts(
    connection: asyncpg.Connection, endpoint_id: int, outcomes: Iterable[Outcome]
) -> None:
    records = [_attempted(endpoint_id, each) for each in outcomes]
    await _copy(connection, "webhook_attempts", records, _ATTEMPT_COLUMNS)


async def _copy(
    connection: asyncpg.Connection,
    table: str,
    records: Iterable[tuple[object, ...]],
    columns: tuple[str, ...],
) -> None:
    await while_connected(
        connection, lambda: connection.copy_records_to_table(table, records=records, columns=columns)
    )


def _attempted(endpoint_id: int, outcome: Outcome) -> tuple[object, ...]:
    delivery, attempt = outcome.delivery, outcome.attempt
    return (
        delivery.day, delivery.id, endpoint_id, attempt.number, attempt.at, attempt.milliseconds,
        attempt.kind, attempt.status, attempt.error, json.dumps(dict(attempt.request)),
        json.dumps(dict(attempt.response)), attempt.answer,
    )  # fmt: skip
