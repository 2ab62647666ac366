"""Handles servers that go away while asyncpg's connections are in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

import asyncpg

T = TypeVar("T")


@asynccontextmanager
async def pooled(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """Provides one of the pool's connections. Raises asyncpg's errors.

    A caller that is cancelled while the connection is released doesn't wait for the release. If the server
    goes away then, its error is retrieved; otherwise asyncio would log a traceback.
    """
    connection = await pool.acquire()
    try:
        # The pool's proxy behaves as a connection, although its declared type differs.
        yield cast("asyncpg.Connection", connection)
    finally:
        releasing = asyncio.ensure_future(pool.release(connection))
        releasing.add_done_callback(_heard_of)
        await asyncio.wait({releasing})
        releasing.result()


async def while_connected(connection: asyncpg.Connection, copying: Coroutine[object, object, T]) -> T:
    """Returns the result of a call that copies data to the server.

    Raises asyncpg's errors, also if the connection is lost while the server doesn't read; asyncpg alone would
    wait forever until it may write again.
    """
    task = asyncio.ensure_future(copying)

    def end(_: object) -> None:
        task.cancel()

    connection.add_termination_listener(end)
    try:
        return await task
    except asyncio.CancelledError:
        waiting = asyncio.current_task()
        if waiting is not None and waiting.cancelling():
            raise
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of a copy") from None
    finally:
        with suppress(asyncpg.InterfaceError):  # a pool has already taken the lost connection back
            connection.remove_termination_listener(end)


def _heard_of(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()
