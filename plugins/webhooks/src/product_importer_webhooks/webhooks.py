"""The webhooks of one database, as pages and programs use them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pyarrow as pa

from product_importer.ports import EventBatch
from product_importer.support.packing import unpack
from product_importer.wire import event_objects
from product_importer_webhooks.bodies import Payloads
from product_importer_webhooks.client import http_session, send
from product_importer_webhooks.detail import with_only
from product_importer_webhooks.endpoints import Endpoints, record
from product_importer_webhooks.errors import EndpointNotFound
from product_importer_webhooks.model import (
    TEST,
    Attempt,
    Delivery,
    EndpointDraft,
    Figures,
    LoggedDelivery,
    Part,
    State,
)
from product_importer_webhooks.queue import Queue
from product_importer_webhooks.settings import load_webhook_settings
from product_importer_webhooks.statements import statements
from product_importer_webhooks.vault import Vault

if TYPE_CHECKING:
    import asyncpg

    from product_importer.model import Actor
    from product_importer.ports import EventValues
    from product_importer_webhooks.endpoints import Connect
    from product_importer_webhooks.model import Endpoint

KEPT: Final = "(unchanged)"
"""A placeholder for the hidden value of a header; sent back, it keeps the value."""

_TEST_MESSAGE: Final = "This is a test of your webhook. Nothing has changed."

_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1)

Place = tuple[datetime, str, int]
"""The place that a reader of changes has reached."""

START: Final[Place] = (datetime(1, 1, 1, tzinfo=UTC), "", 0)


@dataclass(frozen=True, slots=True)
class Replay:
    """The deliveries to send again: by ids, or by states, made at or after ``since`` and before ``until``."""

    ids: tuple[UUID, ...] | None = None
    states: tuple[State, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


class Webhooks:
    """Made by :meth:`on`. Its ``endpoints`` can be listed and changed; its ``vault`` encrypts notices."""

    def __init__(self, connect: Connect, vault: Vault) -> None:
        self.endpoints = Endpoints(connect, vault)
        self.vault = vault
        self._connect = connect

    @classmethod
    async def on(cls, connect: Connect) -> Webhooks:
        """Returns the webhooks. Raises SettingsError if there is no key for secrets."""
        return cls(connect, await asyncio.to_thread(Vault.open))

    async def change(self, endpoint_id: int, draft: EndpointDraft, *, actor: Actor | str) -> None:
        """Changes an endpoint; headers with the value :data:`KEPT` keep theirs.

        Such headers are dropped if the URL now has another origin, so that one receiver's secrets aren't sent
        to another.
        """
        before = (await self.endpoints.get(endpoint_id)).draft
        moved = _origin(before.url) != _origin(draft.url)
        headers = {
            name: before.headers.get(name, value) if value == KEPT else value
            for name, value in draft.headers.items()
            if not (moved and value == KEPT)
        }
        await self.endpoints.change(endpoint_id, replace(draft, headers=headers), actor=actor)

    async def test(self, endpoint_id: int, *, actor: Actor | str) -> tuple[Delivery, Attempt]:
        """Sends one test event by ``actor``, now and only once, and stores it in the log.

        Raises :class:`EndpointNotFound`.
        """
        endpoint = await self.endpoints.get(endpoint_id)
        now = datetime.now(UTC)
        data = pa.RecordBatch.from_pydict({"message": [_TEST_MESSAGE]})
        batch = EventBatch(f"test-{uuid4().hex}", TEST, now, str(actor), data)
        parts = (Part(batch.id, batch.first, 0, 1),)
        delivery = Delivery(now.date(), uuid4(), endpoint.draft.mode, "", TEST, parts, 1, 0, now, now)
        body = Payloads({(delivery.day, batch.id, batch.first): batch}).body(delivery)
        async with http_session(load_webhook_settings().allow) as session:
            attempt = await send(session, endpoint, endpoint.secrets, delivery.message_id, body)
        await Queue(self._connect, self.endpoints).keep_test(endpoint_id, batch, delivery, attempt)
        return delivery, attempt

    async def deliveries(
        self,
        endpoint_id: int,
        state: State | None = None,
        before: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> list[LoggedDelivery]:
        """Returns the endpoint's deliveries, latest first. Raises :class:`EndpointNotFound`."""
        await self.endpoints.get(endpoint_id)
        moment, last = before or _LAST
        async with self._connect() as connection:
            rows = await connection.fetch(
                *statements("deliveries").bound(
                    "log",
                    endpoint_id=endpoint_id,
                    state=state,
                    before=moment,
                    before_id=last,
                    most=limit,
                )
            )
        return [_logged(row) for row in rows]

    async def delivery(self, endpoint_id: int, delivery_id: UUID) -> tuple[LoggedDelivery, list[Attempt]]:
        """Returns a delivery with all its attempts, oldest first. Raises :class:`EndpointNotFound`."""
        sql = statements("deliveries")
        async with self._connect() as connection:
            row = await connection.fetchrow(sql["one"], endpoint_id, delivery_id)
            if row is None:
                raise EndpointNotFound(f"There is no delivery {delivery_id}; it may be too old to be kept.")
            attempts = await connection.fetch(sql["attempts"], endpoint_id, delivery_id)
        return _logged(row), [_attempt(each) for each in attempts]

    async def replay(self, endpoint_id: int, wanted: Replay, *, actor: Actor | str) -> int:
        """Sends deliveries again, under their old ids; returns their number. Raises
        :class:`EndpointNotFound`.
        """
        await self.endpoints.get(endpoint_id)
        async with self._connect() as connection, connection.transaction():
            await connection.execute(statements("endpoints")["lock"], endpoint_id)
            done = await connection.execute(
                *statements("deliveries").bound(
                    "replay",
                    endpoint_id=endpoint_id,
                    ids=None if wanted.ids is None else list(wanted.ids),
                    states=None if wanted.states is None else list(wanted.states),
                    since=wanted.since,
                    until=wanted.until,
                )
            )
            await record(connection, actor, "webhook.replayed", endpoint_id)
        return int(done.rpartition(" ")[2])

    async def changes(
        self, import_id: int, after: Place = START, values: EventValues = "none"
    ) -> tuple[list[dict[str, Any]], Place | None]:
        """Returns some thousand events of an import, and the place to continue from; None after the last.

        ``values``: the values that the events have, if a webhook wanted them when they were stored.
        """
        async with self._connect() as connection:
            moment, batch_id, first = after
            rows = await connection.fetch(
                *statements("deliveries").bound(
                    "payloads_of",
                    actor=f"import:{import_id}",
                    occurred_at=moment,
                    batch_id=batch_id,
                    first=first,
                    most=2,
                )
            )
        if not rows:
            return [], None
        row = rows[0]
        batch = EventBatch(
            row["batch_id"],
            row["type"],
            row["occurred_at"],
            row["actor"],
            unpack(row["payload"]),
            row["first"],
        )
        there = (row["occurred_at"], row["batch_id"], row["first"])
        return list(event_objects(with_only(batch, values))), there if len(rows) > 1 else None

    async def figures(self) -> list[Figures]:
        """Returns each endpoint's figures; the time doesn't grow with the number of past deliveries."""
        sql = statements("deliveries")
        endpoints = await self.endpoints.all()
        async with self._connect() as connection:
            waiting = {row["endpoint_id"]: row for row in await connection.fetch(sql["waiting"])}
            attempts: dict[int, dict[str, int]] = {each.id: {} for each in endpoints}
            for row in await connection.fetch(sql["counts"]):
                attempts.setdefault(row["endpoint_id"], {})[row["class"]] = row["attempts"]
        return [_figures(each, waiting.get(each.id), attempts[each.id]) for each in endpoints]

    async def classes(self) -> dict[str, int]:
        """Returns how often the attempts of the last day ended in each way."""
        async with self._connect() as connection:
            rows = await connection.fetch(statements("deliveries")["classes"])
        return {row["class"]: row["attempts"] for row in rows}


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    """Returns scheme, host and port; None if the URL is invalid."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None


def _figures(endpoint: Endpoint, waiting: asyncpg.Record | None, attempts: Mapping[str, int]) -> Figures:
    requests, events, oldest_at = 0, 0, None
    if waiting is not None:
        requests, events, oldest_at = waiting["requests"], waiting["events"], waiting["oldest_at"]
    return Figures(endpoint, requests, events, oldest_at, attempts)


def _logged(row: asyncpg.Record) -> LoggedDelivery:
    return LoggedDelivery(**{name: row[name] for name in LoggedDelivery.__slots__})


def _attempt(row: asyncpg.Record) -> Attempt:
    return Attempt(
        at=row["at"],
        milliseconds=row["milliseconds"],
        kind=row["class"],
        status=row["status"],
        error=row["error"],
        request=json.loads(row["request"]),
        response=json.loads(row["response"]),
        answer=row["answer"],
        number=row["number"],
    )
