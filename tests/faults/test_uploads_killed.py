"""Uploads to a server that is killed in the middle, and the memory that uploads take."""

import asyncio
import hashlib
import io
import os
import re
import signal

import aiohttp
import psutil
import pytest
from tusclient.client import TusClient

from commandline import CommandLine
from halfway import until
from product_importer.store.uploads import STALE_SECONDS

SIZE = 40_000_000
ROOM = 60
"""Megabytes that a server may take for uploads, above what it has when idle."""


@pytest.fixture
def line(shop, redis_url, tmp_path):
    line = CommandLine(tmp_path, shop.url, REDIS_URL=redis_url)
    yield line
    line.close()


async def started(line, port="0"):
    """A web process and its port."""
    process = line.start("web", "--port", port)
    first = (await asyncio.to_thread(process.stdout.readline)).decode()
    found = re.search(r":(\d+)/$", first.strip())
    assert found, first + process.stderr.read().decode()
    return process, found[1]


def stored(line):
    return [path for path in (line.folder / "data" / "imports").rglob("*") if path.is_file()]


async def received(shop):
    return await shop.connection.fetchval("SELECT received FROM uploads")


async def test_an_upload_goes_on_after_its_server_was_killed(shop, line):
    content = os.urandom(SIZE)
    process, port = await started(line)
    sending = TusClient(f"http://127.0.0.1:{port}/api/v1/uploads").uploader(
        file_stream=io.BytesIO(content), retries=60, retry_delay=STALE_SECONDS / 20
    )
    uploading = asyncio.create_task(asyncio.to_thread(sending.upload))

    async def some():
        return await received(shop)

    first = await until(some, "a part was noted")
    process.send_signal(signal.SIGKILL)
    process.wait()
    at = await received(shop)
    assert first <= at < SIZE
    await started(line, port)
    await uploading

    assert await received(shop) == SIZE
    (file,) = stored(line)
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(content).digest()


async def test_a_file_whose_server_was_killed_is_tidied_up(shop, line):
    process, port = await started(line)
    sent = asyncio.Event()

    async def body():
        yield os.urandom(6_000_000)
        sent.set()
        await asyncio.Event().wait()

    async with aiohttp.ClientSession() as session:
        posting = asyncio.create_task(
            session.post(
                f"http://127.0.0.1:{port}/api/v1/imports", data=body(), headers={"Host": "localhost"}
            )
        )

        async def some():
            return await received(shop)

        await until(some, "a part was noted")
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises(aiohttp.ClientError):
            await posting
    assert len(stored(line)) == 1

    await shop.connection.execute("UPDATE uploads SET expires_at = now()")
    await started(line)

    async def gone():
        return not stored(line) and await shop.connection.fetchval("SELECT count(*) FROM uploads") == 0

    await until(gone, "it was tidied up")
    assert await shop.connection.fetchval("SELECT count(*) FROM imports") == 0


@pytest.mark.slow
@pytest.mark.parametrize("form", [False, True])
async def test_memory_stays_flat(shop, line, form):
    process, port = await started(line)
    watched = psutil.Process(process.pid)
    url = f"http://127.0.0.1:{port}/api/v1/imports"
    block = b"x" * 1_000_000

    async def content(size):
        if form:
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(size):
            yield block
        if form:
            yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"} if form else {"Content-Type": "text/csv"}

    async def post(session, size):
        async with session.post(url, data=content(size), headers=headers) as response:
            assert response.status == 202, await response.text()

    async with aiohttp.ClientSession() as session:
        await post(session, 1)
        idle = watched.memory_info().rss
        peak = idle
        posting = asyncio.create_task(post(session, 500))
        while not posting.done():
            peak = max(peak, watched.memory_info().rss)
            await asyncio.wait({posting}, timeout=0.02)
        await posting
    print(f"{idle >> 20} MB idle, {peak >> 20} MB at most while receiving 500 MB")

    assert peak - idle < ROOM << 20
