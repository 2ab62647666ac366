"""Wakes workers through SAQ, with one queue for each kind of work, so that no kind waits behind another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import MappingProxyType
from typing import Any, Final

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError
from saq.job import Job
from saq.queue.redis import RedisQueue

from product_importer import Importer
from product_importer.support.namespace import redis_name
from product_importer_web.jobs.kinds import JobKind, Task

_logger = logging.getLogger(__name__)

FUNCTION: Final = "perform"
"""The name under which SAQ calls the function of each job."""

HEARTBEAT_SECONDS: Final = 30

JOB: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "timeout": 0,  # imports have no time limit
        "heartbeat": HEARTBEAT_SECONDS,
        "retries": 5,  # with 1, a job that is swept too early would never run
        "ttl": 60,  # results are not used
        "retry_delay": 1.0,
        "retry_backoff": 30.0,
    }
)
"""SAQ's defaults would stop a job after ten seconds, and lose a job whose worker is killed."""

DEQUEUE_SECONDS: Final = 5.0
_SOCKET_SECONDS: Final = 3 * DEQUEUE_SECONDS
_GOODBYE_SECONDS: Final = 0.5

_CHECK_SECONDS: Final = 60


def connect(url: str) -> redis.asyncio.Redis:
    """Returns a client of Redis that waits between retries: otherwise SAQ would retry thousands of times a
    second during an outage.

    redis-py's own policy is lost if the client is made from a URL.
    """
    retry = Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), retries=10)
    return redis.asyncio.Redis.from_url(url, socket_timeout=_SOCKET_SECONDS, retry=retry)


async def _disconnect(*queues: RedisQueue) -> None:
    """Disconnects from Redis in good order, if it can be reached; all queues at the same time."""
    await asyncio.gather(*map(_disconnect_one, queues))


async def _disconnect_one(queue: RedisQueue) -> None:
    with suppress(RedisError, TimeoutError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await queue.disconnect()
    await queue.redis.aclose()


class Queues:
    """The queues of one Redis, made by :meth:`open`. ``client`` is for uses other than the queues."""

    def __init__(
        self,
        client: redis.asyncio.Redis,
        queues: Mapping[str, RedisQueue],
        kinds: Iterable[JobKind],
        schema: str | None,
    ) -> None:
        self.client = client
        self.by_name = queues
        self._check = redis_name(schema, "check", ":")
        self.kinds = {kind.name: kind for kind in kinds}
        self._waking: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, kinds: Iterable[JobKind], schema: str | None = None
    ) -> AsyncIterator[Queues]:
        """Opens the queues. The connection is made with the first command: Redis need not be reachable yet.

        ``schema``: the catalogue's schema, if it has one; it becomes a part of all keys.
        """
        kinds = tuple(kinds)
        async with AsyncExitStack() as stack:
            client = connect(url)
            stack.push_async_callback(client.aclose)
            queues = {
                kind.name: RedisQueue(connect(url), name=redis_name(schema, kind.name, "-")) for kind in kinds
            }
            stack.push_async_callback(_disconnect, *queues.values())
            opened = cls(client, MappingProxyType(queues), kinds, schema)
            stack.push_async_callback(opened._end_waking)
            yield opened

    async def wake(self, importer: Importer, *names: str) -> None:
        """Wakes workers for the due tasks of these kinds, or of all kinds.

        A task that is queued already is not queued twice. If Redis can't be reached, that is logged: the
        workers find the tasks themselves by polling.
        """
        for name in names or self.kinds:
            for task in await self.kinds[name].due(importer):
                try:
                    await self.enqueue(name, task)
                except RedisError as error:
                    _logger.warning("Redis can't be used, so that work is found a little later: %s", error)
                    return

    def wake_soon(self, importer: Importer, *names: str) -> None:
        """Wakes workers as :meth:`wake` does, without waiting: a response must not depend on Redis."""
        task = asyncio.create_task(self._wake_quietly(importer, *names))
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)

    async def _wake_quietly(self, importer: Importer, *names: str) -> None:
        try:
            await self.wake(importer, *names)
        except Exception:
            _logger.exception("Nobody was woken; the workers find out by themselves")

    async def enqueue(self, name: str, task: Task) -> None:
        """Queues a wake-up for the task. Raises RedisError."""
        await self.by_name[name].enqueue(Job(FUNCTION, kwargs={"id": task.id}, key=task.key, **JOB))

    async def _end_waking(self) -> None:
        for task in self._waking:
            task.cancel()
        await asyncio.gather(*self._waking, return_exceptions=True)

    async def check(self) -> None:
        """Raises RedisError if Redis can't be used, or is full."""
        await self.client.set(self._check, "", ex=_CHECK_SECONDS)

    async def depths(self) -> dict[str, int]:
        """Returns the number of wake-ups that are waiting or in progress, by kind. Raises RedisError."""
        return {name: await queue.count("incomplete") for name, queue in self.by_name.items()}
