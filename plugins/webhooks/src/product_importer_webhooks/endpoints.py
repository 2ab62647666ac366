"""Stores the endpoints in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from product_importer.model import Actor, RowError
from product_importer_webhooks.checks import check
from product_importer_webhooks.errors import EndpointNotFound, InvalidEndpoint
from product_importer_webhooks.model import Backlog, Endpoint, EndpointDraft
from product_importer_webhooks.signing import new_secret
from product_importer_webhooks.statements import statements

if TYPE_CHECKING:
    import asyncpg

    from product_importer_webhooks.vault import Vault

    Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]
    """A function that provides a connection from a pool."""

OVERLAP_SECONDS: Final = 24 * 3_600
"""How long, after a change of the secret, requests are also signed with the former one."""


MOST_ENDPOINTS: Final = 100
"""Maximum number of endpoints, since each event is compared with every endpoint."""

_TOO_MANY: Final = f"There are {MOST_ENDPOINTS} webhooks, and no more may be. Delete one that nobody needs."


class Endpoints:
    """Creates, returns, changes and deletes endpoints.

    ``actor`` is the one who asks for a change: an :class:`~product_importer.model.Actor`, or its text. It is
    recorded in ``Importer.actions``.
    """

    def __init__(self, connect: Connect, vault: Vault) -> None:
        self._connect = connect
        self._vault = vault

    async def create(self, draft: EndpointDraft, *, actor: Actor | str) -> tuple[Endpoint, bytes]:
        """Creates an endpoint and its secret. Raises :class:`InvalidEndpoint`, also if there are too many.

        Raises SettingsError if it would be the first endpoint and SECRET_KEY is too short.
        """
        check(draft)
        secret = new_secret()
        async with self._connect() as connection, connection.transaction():
            if not await connection.fetchval(statements("endpoints")["any"]):
                self._vault.demand_length()
            create = statements("endpoints").bound(
                "create", **self._values(draft), secret=self._vault.close_in(secret), most=MOST_ENDPOINTS
            )
            row = await connection.fetchrow(*create)
            if row is None:
                raise InvalidEndpoint((RowError("webhook_limit", _TOO_MANY, "url"),))
            await record(connection, actor, "webhook.created", row["id"])
        return self.endpoint(row), secret

    async def all(self) -> list[Endpoint]:
        async with self._connect() as connection:
            return [self.endpoint(row) for row in await connection.fetch(statements("endpoints")["all"])]

    async def get(self, endpoint_id: int) -> Endpoint:
        """Returns the endpoint. Raises :class:`EndpointNotFound`."""
        async with self._connect() as connection:
            return self._found(
                endpoint_id, await connection.fetchrow(statements("endpoints")["get"], endpoint_id)
            )

    async def change(self, endpoint_id: int, draft: EndpointDraft, *, actor: Actor | str) -> Endpoint:
        """Changes the endpoint. Raises :class:`EndpointNotFound` and :class:`InvalidEndpoint`."""
        check(draft)
        sql = statements("endpoints")
        async with self._connect() as connection, connection.transaction():
            row = await connection.fetchrow(*sql.bound("change", id=endpoint_id, **self._values(draft)))
            endpoint = self._found(endpoint_id, row)
            if not draft.enabled:
                await connection.execute(sql["hold"], endpoint_id)
            await record(connection, actor, "webhook.changed", endpoint_id)
        return endpoint

    async def rotate(self, endpoint_id: int, *, actor: Actor | str) -> tuple[Endpoint, bytes]:
        """Gives the endpoint a new secret; the former one stays valid for a day. Raises EndpointNotFound."""
        secret = new_secret()
        async with self._connect() as connection, connection.transaction():
            row = await connection.fetchrow(
                statements("endpoints")["rotate"],
                endpoint_id,
                self._vault.close_in(secret),
                float(OVERLAP_SECONDS),
            )
            endpoint = self._found(endpoint_id, row)
            await record(connection, actor, "webhook.secret_changed", endpoint_id)
        return endpoint, secret

    async def delete(self, endpoint_id: int, *, actor: Actor | str) -> None:
        """Deletes the endpoint and cancels its waiting and held deliveries. Raises
        :class:`EndpointNotFound`.
        """
        sql = statements("endpoints")
        async with self._connect() as connection, connection.transaction():
            if await connection.fetchval(sql["delete"], endpoint_id) is None:
                raise _not_found(endpoint_id)
            await connection.execute(sql["cancel"], endpoint_id)
            await record(connection, actor, "webhook.deleted", endpoint_id)

    async def backlogs(self) -> Mapping[int, Backlog]:
        """Returns the backlogs by endpoint; an endpoint that never had a delivery is left out."""
        async with self._connect() as connection:
            rows = await connection.fetch(statements("endpoints")["backlogs"])
        return {row["endpoint_id"]: Backlog(**dict(list(row.items())[1:])) for row in rows}

    def endpoint(self, row: asyncpg.Record) -> Endpoint:
        """Returns the endpoint of a row. Raises SettingsError if another key encrypted its secrets."""
        secrets = [row["secret"]]
        until = row["previous_until"]
        if until is not None and until > datetime.now(UTC):
            secrets.append(row["previous_secret"])
        else:
            until = None
        return Endpoint(
            id=row["id"],
            draft=EndpointDraft(
                url=row["url"],
                description=row["description"],
                events=tuple(row["events"]),
                sku_prefix=row["sku_prefix"],
                source=row["source"],
                mode=row["mode"],
                values=row["values"],
                ordered=row["ordered"],
                enabled=row["enabled"],
                timeout_seconds=row["timeout_seconds"],
                concurrency=row["concurrency"],
                rate_limit=row["rate_limit"],
                headers=json.loads(self._vault.take_out(row["headers"])),
            ),
            secrets=tuple(self._vault.take_out(secret) for secret in secrets),
            previous_until=until,
            created_at=row["created_at"],
            failing_since=row["failing_since"],
            failures=row["failures"],
            paused_until=row["paused_until"],
            warned_at=row["warned_at"],
            disabled_reason=row["disabled_reason"],
        )

    def _found(self, endpoint_id: int, row: asyncpg.Record | None) -> Endpoint:
        if row is None:
            raise _not_found(endpoint_id)
        return self.endpoint(row)

    def _values(self, draft: EndpointDraft) -> dict[str, object]:
        """Returns the values of the columns that a user chooses."""
        return {
            "url": draft.url,
            "description": draft.description,
            "events": list(dict.fromkeys(draft.events)),
            "sku_prefix": draft.sku_prefix,
            "source": draft.source,
            "mode": draft.mode,
            "values": draft.values,
            "ordered": draft.ordered,
            "enabled": draft.enabled,
            "timeout_seconds": draft.timeout_seconds,
            "concurrency": draft.concurrency,
            "rate_limit": draft.rate_limit,
            "headers": self._vault.close_in(json.dumps(dict(draft.headers)).encode()),
        }


async def record(connection: asyncpg.Connection, actor: Actor | str, action: str, endpoint_id: int) -> None:
    """Records the action and its actor, in the transaction of the change."""
    await connection.execute(statements("endpoints")["record"], str(actor), action, endpoint_id)


def _not_found(endpoint_id: int) -> EndpointNotFound:
    return EndpointNotFound(f"There is no webhook {endpoint_id}; it may have been deleted.")
