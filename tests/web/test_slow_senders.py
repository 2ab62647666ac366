"""Senders that stop, break off or drip, over bare sockets: nothing of theirs stays, nobody waits for them."""

import asyncio
import json
import re

import pytest
from aiohttp import web

from halfway import until

CSV = b"sku,name\nA,Apple\nB,Banana\n"
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
)
SECONDS = 1.5
"""The time limit: much longer than a busy machine keeps anybody waiting."""


@pytest.fixture(params=[True, False], ids=["cancelling", "as-in-production"])
async def port(request, make_app):
    """Of a server that cancels handlers when their sender has gone, as test servers do, or doesn't."""
    app = await make_app(read_timeout=SECONDS)
    runner = web.AppRunner(app, handler_cancellation=request.param, shutdown_timeout=1, lingering_time=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture(params=["body", "form", "chunks"])
def beginning(request):
    """The head of a request, and the first part of its body."""
    head = b"POST /api/v1/imports HTTP/1.1\r\nHost: localhost\r\n"
    match request.param:
        case "body":
            return head + b"Content-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n" + CSV
        case "form":
            form = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n"
            return head + form + FORM + CSV
        case "chunks":
            chunked = b"Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
            return head + chunked + f"{len(CSV):x}\r\n".encode() + CSV + b"\r\n"


async def counts(shop):
    return [await shop.connection.fetchval(f"SELECT count(*) FROM {it}") for it in ("uploads", "imports")]


def stored(shop):
    folder = shop.folder / "data" / "imports"
    return [path for path in folder.rglob("*") if path.is_file()]


async def nothing_stays(shop):
    async def nothing():
        return await counts(shop) == [0, 0] and not stored(shop)

    await until(nothing, "nothing was left")


async def begun(shop):
    async def receiving():
        return (await counts(shop))[0]

    await until(receiving, "the file was being received")


async def answer(reader):
    """Not read to the connection's end, which may be a hard one for who goes on sending."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    body = await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
    return int(head.split()[1]), head, json.loads(body)


async def test_a_sender_that_falls_silent(shop, port, beginning):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)

    status, head, told = await answer(reader)

    assert (status, told["code"]) == (408, "request_timeout")
    assert b"connection: close" in head
    assert await reader.read() == b"", "the connection is closed"
    await nothing_stays(shop)
    writer.close()


async def test_silence_after_half_an_object(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = b"POST /api/v1/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(head + b'Content-Length: 100\r\n\r\n{"upload"')

    status, _, told = await answer(reader)

    assert (status, told["code"]) == (408, "request_timeout")
    writer.close()


async def test_a_sender_that_drips(shop, port):
    """One byte now and then is no progress."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /api/v1/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        b"Content-Length: 9999\r\n\r\n"
    )

    async def drip():
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(SECONDS / 10)

    dripping = asyncio.create_task(drip())
    status, _, told = await answer(reader)
    dripping.cancel()

    assert (status, told["code"]) == (408, "request_timeout")
    await nothing_stays(shop)
    writer.close()


async def test_a_slow_sender_that_gets_on(shop, port):
    content = b"sku,name\n" + b"".join(b"S%d,Name\n" % n for n in range(26_000))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /api/v1/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nConnection: close\r\n"
        + f"Content-Length: {len(content)}\r\n\r\n".encode()
    )
    for start in range(0, len(content), 20_000):
        writer.write(content[start : start + 20_000])
        await asyncio.sleep(SECONDS / 10)  # longer in all than the limit

    status, _, told = await answer(reader)

    assert (status, told["bytes_total"]) == (202, len(content))
    writer.close()


@pytest.mark.parametrize("how", ["abort", "close", "half-close"])
async def test_a_sender_that_breaks_off(shop, port, beginning, how):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    await begun(shop)
    if how == "abort":
        writer.transport.abort()
    elif how == "close":
        writer.close()
    else:
        writer.write_eof()

    await nothing_stays(shop)
    writer.close()


async def test_a_broken_upload_keeps_what_came(shop, port):
    """That is what the protocol is for."""
    uploads = (await shop.importer()).uploads
    upload = await uploads.begin("a.csv", 1_000_000)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"PATCH /api/v1/uploads/{upload.id} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n".encode()
        + b"Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
        + b"Content-Length: 1000000\r\n\r\n"
        + CSV
    )

    async def there():
        return (await uploads.get(upload.id)).received == len(CSV)

    await until(there, "what came was kept")
    writer.close()

    async def free():
        return await shop.connection.fetchval("SELECT writer IS NULL FROM uploads")

    await until(free, "another sender may go on")


async def test_a_file_that_says_it_is_too_large_is_not_waited_for(shop, port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /api/v1/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        b"Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"
    )
    answered = await reader.readuntil(b"\r\n\r\n")
    while b" 100 " in answered:
        answered = await reader.readuntil(b"\r\n\r\n")

    assert answered.startswith(b"HTTP/1.1 413")
    await nothing_stays(shop)
    writer.close()
