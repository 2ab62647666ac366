"""Connections that are given back while the server goes away."""

import asyncio
import gc
import os
import signal

import pytest

from product_importer.store.connect import Database


async def test_who_is_cancelled_on_giving_one_back_leaves_no_traceback(server):
    """Though it isn't known yet whether the server has taken note."""
    unheard = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    process = asyncio.get_running_loop().create_future()

    async with server.database() as url, Database.open(url) as database:

        async def query():
            async with database.connection() as connection:
                process.set_result(await connection.fetchval("SELECT pg_backend_pid()"))
                os.kill(process.result(), signal.SIGSTOP)

        querying = asyncio.create_task(query())
        backend = await process
        await asyncio.wait({querying}, timeout=0.1)
        querying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await querying
        async with database.connection() as connection:
            await connection.execute("SELECT pg_terminate_backend($1)", backend)
        os.kill(backend, signal.SIGCONT)

    gc.collect()
    assert unheard == []
