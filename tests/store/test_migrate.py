"""Migrations: once each, in order, however many begin at once and however they end."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager

import asyncpg
import pytest

from product_importer.errors import MigrationError
from product_importer.model import MigrationSet
from product_importer.store.migrate import CORE, migrate, read_migrations

PROGRAM = """
import asyncio, sys
from pathlib import Path
import asyncpg
from product_importer.model import MigrationSet
from product_importer.store.migrate import migrate

async def main(url, *directory):
    connection = await asyncpg.connect(url)
    sets = [MigrationSet("acme", Path(name)) for name in directory]
    print(len(await migrate(connection, sets)), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def empty(server):
    """The URL of an empty database."""
    async with server.database("template0") as url:
        yield url


@asynccontextmanager
async def connected(url):
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def acme(tmp_path, *migrations):
    directory = tmp_path / "acme"
    directory.mkdir(exist_ok=True)
    for number, sql in enumerate(migrations, start=1):
        (directory / f"{number:04d}_step.sql").write_text(sql)
    return MigrationSet("acme", directory)


async def history(connection, name):
    rows = await connection.fetch(
        "SELECT version FROM schema_migrations WHERE set_name = $1 ORDER BY version", name
    )
    return [row["version"] for row in rows]


@pytest.mark.whole
async def test_six_processes_begin_at_once(empty, tmp_path):
    acme(tmp_path, "CREATE TABLE acme (n integer)", "INSERT INTO acme VALUES (1)")
    processes = [start(empty, tmp_path / "acme") for _ in range(6)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]

    assert [process.returncode for process in processes] == [0] * 6
    applied = len(read_migrations(CORE)) + 2
    assert sorted(map(int, outputs)) == [0] * 5 + [applied]
    async with connected(empty) as connection:
        assert await connection.fetchval("SELECT count(*) FROM acme") == 1
        assert await migrate(connection) == ()


@pytest.mark.whole
async def test_a_kill_half_way_leaves_nothing_half_done(empty, tmp_path):
    slow = acme(
        tmp_path,
        "CREATE TABLE first (n integer)",
        "CREATE TABLE second (n integer); SELECT pg_sleep(60); CREATE TABLE third (n integer)",
    )
    process = start(empty, slow.directory)
    try:
        async with connected(empty) as connection:
            while not await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event = 'PgSleep'"
            ):
                assert process.poll() is None
                await asyncio.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)

    async with connected(empty) as connection:
        # The server notices the death only when it is done sleeping; an administrator is quicker.
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        quick = acme(tmp_path, "CREATE TABLE first (n integer)", "CREATE TABLE second (n integer)")
        applied = await migrate(connection, [quick])

        assert [(it.set_name, it.version) for it in applied] == [("acme", 2)]
        assert await history(connection, "acme") == [1, 2]
        assert await connection.fetchval("SELECT to_regclass('third')") is None


async def test_a_set_goes_on_where_it_was(empty, tmp_path):
    async with connected(empty) as connection:
        assert len(await migrate(connection, [acme(tmp_path, "CREATE TABLE a (n integer)")])) > 1
        grown = acme(tmp_path, "CREATE TABLE a (n integer)", "ALTER TABLE a ADD m integer")
        assert [it.version for it in await migrate(connection, [grown])] == [2]
        assert await migrate(connection, [grown]) == ()
        assert await history(connection, "acme") == [1, 2]
        assert await history(connection, "core") == [it.version for it in read_migrations(CORE)]


async def test_an_edited_migration_is_refused(empty, tmp_path):
    async with connected(empty) as connection:
        await migrate(connection, [acme(tmp_path, "CREATE TABLE a (n integer)")])
        edited = acme(tmp_path, "CREATE TABLE a (n bigint)", "CREATE TABLE b (n integer)")
        with pytest.raises(MigrationError, match=r"0001_step of 'acme' was changed after it was applied"):
            await migrate(connection, [edited])
        assert await connection.fetchval("SELECT to_regclass('b')") is None


async def test_a_database_that_is_ahead_is_refused(empty, tmp_path):
    async with connected(empty) as connection:
        await migrate(connection, [acme(tmp_path, "SELECT 1", "SELECT 2", "SELECT 3")])
        (tmp_path / "acme" / "0003_step.sql").unlink()
        (tmp_path / "acme" / "0002_step.sql").unlink()
        with pytest.raises(MigrationError, match="has migration 0003 of 'acme', newer than the 0001"):
            await migrate(connection, [MigrationSet("acme", tmp_path / "acme")])


async def test_a_migration_that_fails_is_named_and_taken_back(empty, tmp_path):
    async with connected(empty) as connection:
        broken = acme(tmp_path, "CREATE TABLE a (n integer)", "CREATE TABLE b (n integer); SELECT 1/0")
        with pytest.raises(MigrationError, match="0002_step of 'acme' failed: division by zero"):
            await migrate(connection, [broken])
        assert await history(connection, "acme") == [1]
        assert await connection.fetchval("SELECT to_regclass('b')") is None
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert await connection.fetchval(locks) == 0


@pytest.mark.parametrize("names", [["0002_a.sql"], ["0001_a.sql", "0003_b.sql"], ["1_a.sql"]])
async def test_numbers_without_order_are_refused(empty, tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    async with connected(empty) as connection:
        with pytest.raises(MigrationError, match="expected a file"):
            await migrate(connection, [MigrationSet("acme", tmp_path)])
        assert await connection.fetchval("SELECT to_regclass('products')") is None


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MigrationError, match="Migration set 'acme': there is no folder .*nowhere"):
        read_migrations(MigrationSet("acme", tmp_path / "nowhere"))


async def test_the_schema_keeps_what_the_code_relies_on(shop):
    """The ledger, the uniqueness of keys and the price's range are the database's promises as well."""
    execute = shop.connection.execute
    product = "INSERT INTO products (sku_key, sku, name, price) VALUES ($1, $1, $1, $2)"
    await execute(product, "a", 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute(product, "a", 1)
    with pytest.raises(asyncpg.CheckViolationError):
        await execute(product, "b", -1)
    await execute("INSERT INTO imports (source, filename, options, bytes_total) VALUES ('', '', '{}', 0)")
    chunk = (
        "INSERT INTO import_chunks (import_id, phase, first, last, lease_token, read, created)"
        " VALUES (1, 'saving', $1, $1, 1, 1, $2)"
    )
    await execute(chunk, 1, 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute(chunk, 1, 1)
    with pytest.raises(asyncpg.CheckViolationError):
        await execute(chunk, 2, 0)


async def test_ids_are_never_given_twice(shop):
    """Blocks for imports and single ids for everybody else come from one sequence, under one lock."""

    async def take(amount):
        async with connected(shop.url) as connection:
            return [
                (await connection.fetchval("SELECT reserve_product_ids($1)", amount), amount)
                for _ in range(20)
            ]

    taken = await asyncio.gather(*(take(amount) for amount in (1, 1, 2, 7, 100)))
    ids = [first + n for blocks in taken for first, amount in blocks for n in range(amount)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "SQL_ASCII"])
async def test_a_database_that_is_not_in_utf8_is_refused(empty, encoding):
    other = f"other_{encoding.lower()}"
    async with connected(empty) as connection:
        await connection.execute(
            f"CREATE DATABASE {other} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
        try:
            inside = await asyncpg.connect(empty, database=other)
            try:
                with pytest.raises(
                    MigrationError, match=f"{other} has the encoding {encoding}.*ENCODING 'UTF8'"
                ):
                    await migrate(inside)
                assert await inside.fetchval("SELECT to_regclass('schema_migrations')") is None
            finally:
                await inside.close()
        finally:
            await connection.execute(f"DROP DATABASE {other}")
