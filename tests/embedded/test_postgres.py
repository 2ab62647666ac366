"""Opening the embedded PostgreSQL in this process."""

import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path

import asyncpg
import pytest

from product_importer.embedded import EmbeddedPostgres, cluster, keeper
from product_importer.embedded.postgres import _PostgresServer
from product_importer.embedded.server import LONGEST_SOCKET_PATH

from .conftest import Watch, wait_until


@pytest.fixture
def own_dir(data_dirs):
    """A data directory of whoever runs the tests, shared with other tests."""
    path = data_dirs / str(os.geteuid())
    yield path
    wait_until(Watch(path).gone, "the server had stopped")


def psql(server, dsn, query):
    command = [server.bin_dir / "psql", dsn, "-XAtqc", query]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


async def test_asyncpg_and_psql_take_the_dsn(own_dir, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")  # what the user has set for other databases doesn't matter
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    async with EmbeddedPostgres.open(own_dir) as server:
        connection = await asyncpg.connect(server.dsn)
        try:
            assert await connection.fetchval("SELECT current_database()") == "product_importer"
        finally:
            await connection.close()
        assert await asyncio.to_thread(psql, server, server.dsn, "SELECT 1") == "1"
        assert (server.bin_dir / "pg_dump").is_file()
        assert "ready to accept connections" in server.log.read_text()
    assert Watch(own_dir).gone()


async def test_opening_again_in_one_process_joins(own_dir):
    async with EmbeddedPostgres.open(own_dir) as first:
        postmaster = Watch(own_dir).postmaster()
        async with EmbeddedPostgres.open(own_dir) as second:
            assert second == first
        assert Watch(own_dir).postmaster() == postmaster


async def test_a_dropped_database_is_made_again(own_dir):
    async with EmbeddedPostgres.open(own_dir) as server:
        elsewhere = server.dsn.replace("/product_importer?", "/postgres?")
        await asyncio.to_thread(psql, server, elsewhere, "DROP DATABASE product_importer")
        async with EmbeddedPostgres.open(own_dir) as again:
            assert await asyncio.to_thread(psql, again, again.dsn, "SELECT 1") == "1"


@pytest.fixture
def long_dir(new_dir):
    path = new_dir / ("long" * 40)
    yield path
    shutil.rmtree(_PostgresServer(path).files.runtime)


async def test_a_path_may_be_longer_than_a_socket_may(long_dir):
    async with EmbeddedPostgres.open(long_dir) as server:
        assert await asyncio.to_thread(psql, server, server.dsn, "SELECT 1") == "1"
        directory = await asyncio.to_thread(psql, server, server.dsn, "SHOW unix_socket_directories")
        assert len(f"{directory}/.s.PGSQL.5432".encode()) <= LONGEST_SOCKET_PATH
        assert Path(directory).parent.stat().st_mode & 0o022 == 0
    assert Watch(long_dir).gone()


async def test_the_event_loop_goes_on_during_a_first_start(new_dir):
    longest = 0.0

    async def tick():
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - before)
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    begun = time.perf_counter()
    async with EmbeddedPostgres.open(new_dir):
        taken = time.perf_counter() - begun
    ticking.cancel()
    assert longest < taken / 3


async def test_a_cancelled_start_leaves_nothing_running(own_dir):
    async def use():
        async with EmbeddedPostgres.open(own_dir):
            pytest.fail("it was cancelled before")

    using = asyncio.create_task(use())
    await asyncio.sleep(0)  # it has begun
    using.cancel()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert Watch(own_dir).gone()
    async with EmbeddedPostgres.open(own_dir):
        pass


MIB = 1 << 20


@pytest.mark.parametrize(
    ("container", "buffers"), [(512 * MIB, 128 * MIB), (2048 * MIB, 256 * MIB), (1, 128 * MIB)]
)
def test_buffers_go_by_the_containers_memory(tmp_path, monkeypatch, container, buffers):
    monkeypatch.setattr(cluster, "_CONTAINER_MEMORY", tmp_path / "memory.max")
    (tmp_path / "memory.max").write_text(f"{container}\n")
    assert cluster._buffers() == buffers


def test_buffers_without_a_container_or_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_CONTAINER_MEMORY", tmp_path / "memory.max")
    here = cluster._buffers()
    assert 128 * MIB <= here <= 2048 * MIB
    (tmp_path / "memory.max").write_text("max\n")
    assert cluster._buffers() == here


def test_the_log_is_bounded(tmp_path):
    log = tmp_path / "server.log"
    log.write_bytes(b"x" * keeper.LOG_LIMIT)
    keeper.shorten(str(log))
    assert log.stat().st_size == keeper.LOG_LIMIT
    with log.open("ab") as appending:
        appending.write(b"x")
        appending.flush()
        keeper.shorten(str(log))
        assert log.stat().st_size == 0
        assert (tmp_path / "server.log.old").stat().st_size == keeper.LOG_LIMIT + 1
        appending.write(b"goes on")
    assert log.read_bytes() == b"goes on"


async def test_the_keeper_is_small(own_dir):
    async with EmbeddedPostgres.open(own_dir):
        assert Watch(own_dir).keeper().memory_info().rss < 25 << 20
