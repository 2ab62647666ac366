"""Handles servers that go away while asyncpg's connections are in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar, cast

import asyncpg

T = TypeVar("T")

NO_QUERY: Final = "SELECT"
"""A statement that is prepared once for each connection, and never executed."""


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


async def while_connected(
    connection: asyncpg.Connection, copying: Callable[[], Coroutine[object, object, T]]
) -> T:
    """Calls a function that copies data from or to the server, and returns its result.

    Raises asyncpg's errors, also if the connection is lost while the server doesn't read; asyncpg alone would
    wait forever until it may write again.
    """

    async def copied() -> T:
        # If the server has said before that it ends the connection, asyncpg's copying raises an error and
        # forgets a future, about which asyncio logs a traceback later. A query only raises the error, and one
        # without arguments to send is sent nowhere.
        await connection.executemany(NO_QUERY, [])
        return await copying()

    task = asyncio.ensure_future(copied())

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
