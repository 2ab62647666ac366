"""Copying while the server goes away."""

import asyncio
import os
import signal

import asyncpg
import pyarrow as pa
import pytest

from product_importer.store.copy import copy_batch


async def test_a_server_that_goes_away_ends_it(server):
    """Also while it takes no more for now, so that nothing is being sent."""
    batch = pa.record_batch({"value": ["x" * 1_000] * 20_000})

    async with server.database() as url:
        connection, other = await asyncpg.connect(url), await asyncpg.connect(url)
        await connection.execute("CREATE TEMP TABLE copied (value text)")
        backend = connection.get_server_pid()
        os.kill(backend, signal.SIGSTOP)
        copying = asyncio.create_task(copy_batch(connection, "copied", batch))
        await asyncio.wait({copying}, timeout=0.3)
        await other.execute("SELECT pg_terminate_backend($1)", backend)
        os.kill(backend, signal.SIGCONT)

        async with asyncio.timeout(10):
            with pytest.raises(asyncpg.PostgresConnectionError):
                await copying
        await other.close()
