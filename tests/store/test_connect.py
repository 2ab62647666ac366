"""Connections that are given back while the server goes away, and what is told of the driver's errors."""

import asyncio
import gc
import os
import signal

import asyncpg
import pytest

from product_importer.errors import DatabaseError, DataRefused, ProductImporterError, TooManyConnections
from product_importer.store.connect import Database, translated_errors


@pytest.mark.whole
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


@pytest.mark.parametrize(
    ("raised", "kind", "code"),
    [
        (asyncpg.DataError("an invalid byte"), DataRefused, None),
        (asyncpg.NumericValueOutOfRangeError("too large"), DataRefused, None),
        (asyncpg.InterfaceError("the connection is closed"), DatabaseError, "database_lost"),
        (asyncpg.ConnectionDoesNotExistError("gone"), DatabaseError, "database_lost"),
        (asyncpg.InternalClientError("out of step"), DatabaseError, "database_lost"),
        (asyncpg.AdminShutdownError("terminated"), DatabaseError, "database_lost"),
        (ConnectionResetError("reset by peer"), DatabaseError, "database_lost"),
        (asyncpg.TooManyConnectionsError("sorry, too many"), TooManyConnections, None),
        (asyncpg.DiskFullError("no space left"), DatabaseError, "database_full"),
        (asyncpg.UndefinedTableError("no such table"), DatabaseError, None),
    ],
)
async def test_what_the_driver_raises_is_told_plainly(raised, kind, code):
    with pytest.raises(ProductImporterError) as told:
        async with translated_errors():
            raise raised
    assert type(told.value) is kind
    assert told.value.__cause__ is raised
    if code is not None:
        assert told.value.code == code


async def test_a_value_that_the_driver_cannot_encode_is_refused(server):
    async with server.database() as url, Database.open(url) as database:
        with pytest.raises(DataRefused, match="can't store a value"):
            async with database.connection() as connection:
                await connection.fetchval("SELECT $1::text", "\ud800")
        with pytest.raises(DataRefused):
            async with database.dedicated("test") as connection:
                await connection.fetchval("SELECT $1::integer", "a text")


async def test_errors_that_are_not_the_drivers_are_left_as_they_are():
    with pytest.raises(ValueError, match="ours"):
        async with translated_errors():
            raise ValueError("ours")
