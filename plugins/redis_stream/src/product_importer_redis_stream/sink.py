"""The sink: it adds one entry to the stream for each event."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from product_importer.support.namespace import redis_name
from product_importer.wire import event_objects

if TYPE_CHECKING:
    from product_importer.ports import EventBatch, SinkHost

_AT_ONCE: Final = 500
"""Number of entries that are sent in one pipeline, before Redis' replies are read."""

_SECONDS: Final = 10.0


class RedisStreamSink:
    """Adds events to ``stream``, which keeps about ``length`` entries: the oldest ones are dropped.

    None stands for ``product-importer:events``, or for a catalogue in a schema of its own,
    ``product-importer:<schema>:events``.
    """

    name = "redis-stream"

    def __init__(self, url: str, stream: str | None = None, length: int = 1_000_000) -> None:
        self._url = url
        self._stream = stream
        self._length = length

    @asynccontextmanager
    async def connected(self, host: SinkHost) -> AsyncIterator[None]:
        """Keeps a connection open; Redis need not be reachable yet."""
        self._name = self._stream or redis_name(host.schema, "events", ":")
        from redis.asyncio import Redis  # noqa: PLC0415 - every command loads this module, only relays connect

        async with Redis.from_url(self._url, socket_timeout=_SECONDS) as self._redis:
            yield

    async def deliver(self, batch: EventBatch) -> None:
        """Adds the events. Raises RedisError; a retry then adds some of the events twice."""
        for first in range(0, batch.data.num_rows, _AT_ONCE):
            part = replace(batch, data=batch.data.slice(first, _AT_ONCE), first=batch.first + first)
            pipeline = self._redis.pipeline(transaction=False)
            for event in event_objects(part):
                fields: dict[Any, Any] = event | {"data": json.dumps(event["data"], ensure_ascii=False)}
                pipeline.xadd(self._name, fields, maxlen=self._length, approximate=True)
            await pipeline.execute()
