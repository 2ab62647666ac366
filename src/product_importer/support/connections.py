"""What asyncpg's connections lack where the server goes away while they are being used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

import asyncpg

T = TypeVar("T")


@asynccontextmanager
async def pooled(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """One of the pool's connections. Raises what asyncpg raises.

    Whoever is cancelled while giving it back doesn't wait for that. If the server goes away then, nobody is
    concerned; asyncpg alone would have asyncio log a traceback.
    """
    connection = await pool.acquire()
    try:
        # The pool's proxy is a connection in all but its declared type.
        yield cast("asyncpg.Connection", connection)
    finally:
        releasing = asyncio.ensure_future(pool.release(connection))
        releasing.add_done_callback(_heard_of)
        await asyncio.wait({releasing})
        releasing.result()


async def while_connected(connection: asyncpg.Connection, copying: Coroutine[object, object, T]) -> T:
    """The result of a call that copies data in.

    Raises what asyncpg raises, also where the connection is lost while the server isn't taking any more;
    asyncpg alone would wait for ever until it may write again.
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
        with suppress(asyncpg.InterfaceError):  # a pool has taken the lost one back
            connection.remove_termination_listener(end)


def _heard_of(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()
