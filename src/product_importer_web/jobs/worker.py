"""Runs background work until it is asked to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

import saq
from redis.exceptions import RedisError
from saq.job import Job
from saq.types import Context

from product_importer import Importer
from product_importer.errors import ProductImporterError
from product_importer_web.jobs.kinds import JobKind, Task
from product_importer_web.jobs.queues import DEQUEUE_SECONDS, FUNCTION, HEARTBEAT_SECONDS, Queues

_logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 5.0

DRAIN_SECONDS: Final = 5.0
"""How long tasks may take to stop in good order, once the worker is to stop."""

_CHECK_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 0.5
_WAKE_SECONDS: Final = 0.5
_BEAT_SECONDS: Final = HEARTBEAT_SECONDS / 3


def worth_telling(record: logging.LogRecord) -> bool:
    """Returns False for SAQ's tracebacks while Redis is away, several a second: each poll logs one line."""
    return not (record.exc_info and isinstance(record.exc_info[1], RedisError))


class SaqWorker(saq.Worker[Context]):
    """SAQ's worker, without its handling of signals."""

    SIGNALS: list[signal.Signals] = []  # noqa: RUF012 - SAQ declares it so


class Worker:
    """Runs the tasks of every kind, each kind with its own concurrency.

    ``look_seconds``: the interval between polls of PostgreSQL for due tasks. While Redis can't be used, the
    worker starts due tasks itself.
    """

    def __init__(self, importer: Importer, queues: Queues, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._importer = importer
        self._queues = queues
        self._look_seconds = look_seconds
        self._stop = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()
        self._unwoken: set[asyncio.Task[None]] = set()
        self._taken: dict[str, set[str]] = {
            name: set() for name in queues.kinds
        }  # keys of the running tasks, by kind

    async def run(self, stop: Callable[[], Awaitable[object]]) -> None:
        """Works until ``await stop()`` returns; then the tasks stop in good order, for others to continue."""
        for name in ("saq", "asyncio"):  # asyncio logs the errors of SAQ's own tasks
            logging.getLogger(name).addFilter(worth_telling)
        workers = [
            SaqWorker(
                self._queues.by_name[kind.name],
                [(FUNCTION, partial(self._perform, kind))],
                id=f"{kind.name}-{os.getpid()}",
                concurrency=kind.concurrency,
                dequeue_timeout=DEQUEUE_SECONDS,
                timers={"schedule": 5, "worker_info": 10, "sweep": 10, "abort": 5},
                shutdown_grace_period_s=None,  # any number is waited for in full, also by idle workers
                cancellation_hard_deadline_s=1.0,
            )
            for kind in self._queues.kinds.values()
        ]
        looking = asyncio.create_task(self._look())
        working = [asyncio.create_task(worker.start()) for worker in workers]
        try:
            await stop()
            looking.cancel()
            self._stop.set()
            await self._drained()
            waiting = [task for worker in workers for task in worker.tasks]
            for worker in workers:
                worker.event.set()  # SAQ cancels its tasks that wait for work
            await asyncio.wait(working, timeout=_STOP_SECONDS)
            # A task that is just connecting to Redis may have missed that.
            for task in waiting:
                task.cancel()
            await asyncio.wait(working, timeout=_STOP_SECONDS)
        finally:
            for task in (looking, *working, *self._unwoken):
                task.cancel()  # has no effect on a task that has ended
            await asyncio.gather(looking, *self._unwoken, return_exceptions=True)
        with suppress(TimeoutError, ProductImporterError):  # other workers needn't wait for their next poll
            async with asyncio.timeout(_WAKE_SECONDS):
                await self._queues.wake(self._importer)

    async def _drained(self) -> None:
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=DRAIN_SECONDS)
            if late:
                _logger.warning("%d tasks did not come to an edge in time; they are broken off.", len(late))

    async def _look(self) -> None:
        while True:
            try:
                if await self._redis_works():
                    await self._queues.wake(self._importer)
                else:
                    await self._begin_unwoken()
            except ProductImporterError as error:
                _logger.warning("What is due is not known for now: %s", error)
            except Exception:
                _logger.exception("What is due is not known for now")
            await asyncio.sleep(self._look_seconds)

    async def _redis_works(self) -> bool:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._queues.check()
        except (RedisError, TimeoutError) as error:
            reason = str(error) or f"no answer within {_CHECK_SECONDS:g} seconds"
            _logger.warning("Redis can't be used, so that work is found a little later: %s", reason)
            return False
        return True

    async def _begin_unwoken(self) -> None:
        """Starts due tasks without a wake-up. Several workers may start the same task: one of
        them gets it.
        """
        for kind in self._queues.kinds.values():
            taken = self._taken[kind.name]
            for due in await kind.due(self._importer):
                if len(taken) >= kind.concurrency:
                    break
                if due.key not in taken:
                    taken.add(due.key)
                    task = asyncio.create_task(self._run(kind, due))
                    self._unwoken.add(task)
                    task.add_done_callback(self._unwoken.discard)

    async def _perform(self, kind: JobKind, context: Context, *, id: int) -> None:  # noqa: A002 - SAQ gives it by name
        if not self._stop.is_set():
            async with _beating(context["job"]):
                await self._run(kind, Task(context["job"].key, id))

    async def _run(self, kind: JobKind, due: Task) -> None:
        task = asyncio.current_task()
        assert task is not None, "it runs in one"
        self._running.add(task)
        self._taken[kind.name].add(due.key)
        try:
            await kind.run(self._importer, due, self._stop)
        except Exception:
            _logger.exception("%s %d failed; if it is still due, it is tried again", kind.name, due.id)
        finally:
            self._running.discard(task)
            self._taken[kind.name].discard(due.key)


@asynccontextmanager
async def _beating(job: Job) -> AsyncIterator[None]:
    """Tells SAQ that the job is alive. An update after the job's end would keep the job in Redis forever."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            with suppress(RedisError):  # the next beat may succeed, or Redis has lost its data anyway
                await job.update()

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
