"""Copying to PostgreSQL and from it, also while the server goes away."""

import asyncio
import gc
import os
import signal
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pyarrow as pa
import pytest

from breaking import bridged
from product_importer.store.copy import copy_batch, copy_words
from product_importer.support.connections import NO_QUERY


@pytest.mark.parametrize("rows", [0, 1, 1_024, 1_025, 5_000])
async def test_a_batch_arrives_row_by_row(server, rows):
    batch = pa.record_batch(
        {
            "number": pa.array(range(rows), pa.int64()),
            "name": pa.array([None if n % 3 == 0 else f"Tea {n}" for n in range(rows)], pa.string()),
            "attributes": pa.array([f'{{"n": {n}}}' for n in range(rows)], pa.string()),
        }
    )
    async with server.database() as url:
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TEMP TABLE copied (attributes jsonb, name text, number bigint)")
        await copy_batch(connection, "copied", batch, json=("attributes",))
        copied = await connection.fetch(
            "SELECT number, name, (attributes->>'n')::bigint AS n FROM copied ORDER BY 1"
        )
        await connection.close()

    assert [tuple(row) for row in copied] == [(n, f"Tea {n}" if n % 3 else None, n) for n in range(rows)]


@pytest.mark.parametrize("rows", [0, 1, 20_000])
async def test_words_come_in_pieces(server, rows):
    """As the server sends them: the first with a header, and values may be cut anywhere."""
    taken = []
    async with server.database() as url:
        connection = await asyncpg.connect(url)
        query = "SELECT int8send(n) FROM generate_series(1, $1) AS n"
        await copy_words(connection, query, rows, size=8, take=lambda words: taken.extend(words.to_pylist()))
        await connection.close()

    assert [int.from_bytes(word, "big") for word in taken] == list(range(1, rows + 1))


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


FAREWELL = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"


async def test_a_copy_after_the_servers_farewell_leaves_no_error_behind(server):
    """The message that the session ends is read, and the end of the connection isn't yet."""
    parts = urlsplit(server.url)
    socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.{parse_qs(parts.query).get('port', ['5432'])[0]}"
    clients, sent, left, batch = [], [], [], pa.record_batch({"value": ["x"]})

    async def serve(reader, writer):
        there, back = await asyncio.open_unix_connection(socket)
        clients.append(writer)
        await bridged(count(reader, back), there, writer, back)

    async def count(reader, back):
        while block := await reader.read(1 << 16):
            sent.append(block)
            back.write(block)

    asyncio.get_running_loop().set_exception_handler(lambda _, context: left.append(context))
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as proxy:
        user = parse_qs(parts.query)["user"][0]
        port = proxy.sockets[0].getsockname()[1]
        connection = await asyncpg.connect(
            host="127.0.0.1", port=port, database=parts.path[1:], user=user, ssl=False
        )
        await connection.execute("CREATE TEMP TABLE copied (value text)")
        await connection.executemany(NO_QUERY, [])
        taken = len(sent)
        await connection.executemany(NO_QUERY, [])
        assert len(sent) == taken, "asking for nothing sends nothing"
        clients[0].write(b"E" + (len(FAREWELL) + 4).to_bytes(4, "big") + FAREWELL)
        await asyncio.sleep(0.1)

        with pytest.raises(asyncpg.InternalClientError):
            await copy_batch(connection, "copied", batch)
        clients[0].close()
        await asyncio.sleep(0.1)
        del connection
        gc.collect()

    assert left == []
