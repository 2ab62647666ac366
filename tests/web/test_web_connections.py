"""Connections as they are served: packed bodies, what is no HTTP, and clients that send or read nothing."""

import asyncio
import json
import logging
import resource
import socket
import time
import zlib
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from halfway import until
from product_importer_web import app as web_app
from product_importer_web.api.outgoing import MOST_EXPORTS, send_pieces
from product_importer_web.connections import listening
from product_importer_web.keys import EXPORTS
from product_importer_web.middleware.headers import HEADERS
from product_importer_web.problems import CONTENT_TYPE
from product_importer_web.routes import ROUTES
from product_importer_web.routing import Permission, Route

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATIENCE = 20
HEAD_SECONDS = 0.5


@pytest.fixture
async def port(make_app):
    async with listening(await make_app(), "127.0.0.1", 0, head_seconds=HEAD_SECONDS) as port:
        yield port


@asynccontextmanager
async def connected(port, data=b""):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        yield reader, writer
    finally:
        writer.close()


async def answer(reader):
    """Status, headers and body of the next answer."""
    async with asyncio.timeout(PATIENCE):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().splitlines()
        headers = dict(line.split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers.get("Content-Length", 0)))
    return int(first.split()[1]), headers, body


def bomb(gigabytes):
    """A gzip stream of zeros, a thousandth of its content's size: one piece of it, many times over."""
    packing = zlib.compressobj(wbits=-15)
    piece = packing.compress(bytes(1 << 26)) + packing.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + bytes(6) + b"\x03" + piece * (gigabytes << 4)


@asynccontextmanager
async def heartbeats():
    """The CPU seconds that the loop was busy between two of its rounds, each time."""
    busy = []

    async def beat():
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.01)
            busy.append(time.thread_time() - before)

    beating = asyncio.create_task(beat())
    try:
        yield busy
    finally:
        beating.cancel()


async def test_a_packed_body_holds_nobody_up(port):
    body = bomb(6)
    lines = b"POST /healthz HTTP/1.1", b"Host: localhost", b"Content-Encoding: gzip", b"Content-Length: %d"
    head = b"\r\n".join((*lines, b"", b"")) % len(body)
    async with heartbeats() as busy, connected(port, head + body) as (reader, _):
        status, headers, body = await answer(reader)
        with suppress(ConnectionResetError):  # nothing more is read from it
            async with asyncio.timeout(PATIENCE):
                assert await reader.read() == b""
        await asyncio.sleep(0.1)
    assert (status, json.loads(body)["code"]) == (415, "content_encoding")
    assert headers["Connection"] == "close"
    assert sum(busy) < 0.25, "it was unpacked"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"G\x00T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "bad_http"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad_http"),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "bad_http"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", 431, "head_too_long"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: \xdf\r\n\r\n", 417, "expectation_failed"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\n\r\n", 417, "expectation_failed"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n", 400, "bad_http"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400, "bad_http"),
    ],
)
async def test_what_is_no_http(port, caplog, data, status, code):
    caplog.set_level(logging.DEBUG)
    async with connected(port, data) as (reader, _):
        found, headers, body = await answer(reader)
    document = json.loads(body)
    assert (found, document["status"], document["code"]) == (status, status, code)
    assert document["request_id"] == headers["X-Request-ID"]
    assert headers["Content-Type"].startswith(CONTENT_TYPE)
    assert headers.items() >= HEADERS.items()
    assert "aiohttp" not in headers["Server"]
    assert not [record for record in caplog.records if record.exc_info or record.levelno > logging.INFO]


@pytest.mark.parametrize("beginning", [b"", b"GET /hea", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"])
@pytest.mark.parametrize("before", [b"", GET], ids=["new", "kept"])
async def test_a_connection_without_a_request_is_closed(port, beginning, before):
    if before and not beginning:
        pytest.skip("one that is kept may be silent for longer")
    async with connected(port, before) as (reader, writer):
        if before:
            assert (await answer(reader))[0] == 200
        writer.write(beginning)
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""


async def test_headers_without_an_end_are_not_waited_for(port):
    async with connected(port, GET[:-2]) as (reader, writer), asyncio.timeout(PATIENCE):
        ending = asyncio.ensure_future(reader.read())
        while not ending.done():
            writer.write(b"X: y\r\n")
            await asyncio.wait({ending}, timeout=0.05)
        assert ending.exception() or ending.result() == b""


async def test_a_kept_connection_and_a_slow_body_live_on(port):
    async with connected(port, GET) as (reader, writer):
        assert (await answer(reader))[0] == 200
        await asyncio.sleep(2 * HEAD_SECONDS)
        writer.write(b"POST /api/v1/products HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
        await asyncio.sleep(2 * HEAD_SECONDS)
        writer.write(b"}")
        assert (await answer(reader))[0] == 415


async def test_no_more_exports_at_once_than_there_are_connections_for(make_app, aiohttp_client):
    app = await make_app()
    client = await aiohttp_client(app)
    for _ in range(MOST_EXPORTS - 1):
        await app[EXPORTS].acquire()
    assert (await client.get("/api/v1/products.csv")).status == 200
    await app[EXPORTS].acquire()
    refused = await client.get("/api/v1/products.csv")
    assert (refused.status, (await refused.json(content_type=CONTENT_TYPE))["code"]) == (
        503,
        "too_many_exports",
    )
    assert int(refused.headers["Retry-After"]) > 0
    app[EXPORTS].release()
    assert (await client.get("/api/v1/products.csv")).status == 200


async def test_nobody_is_written_to_who_does_not_read(make_app, monkeypatch):
    ended = asyncio.Event()

    async def endless(request):
        async def pieces():
            try:
                while True:
                    yield bytes(1 << 20)
            finally:
                ended.set()

        response = web.StreamResponse()
        every = pieces()
        try:
            await send_pieces(request, response, every)
        finally:
            await every.aclose()
        return response

    extra = Route("GET", "/endless", endless, Permission.PUBLIC, "endless")
    monkeypatch.setattr(web_app, "ROUTES", (*ROUTES, extra))
    app = await make_app(read_timeout=0.3)
    data = GET.replace(b"/healthz", b"/endless")
    async with listening(app, "127.0.0.1", 0) as port, connected(port, data), asyncio.timeout(PATIENCE):
        await ended.wait()


async def test_too_many_connections_do_not_fill_the_log(port, caplog):
    """Each is tried to be accepted again and again while there are no descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    with socket.socket() as highest:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest.fileno() + 1, hard))
        try:
            await asyncio.sleep(2.5)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    told = [each for each in caplog.records if "accept" in each.message]
    assert len(told) == 1, "once a minute"

    for each in waiting:
        each.close()
    async with connected(port, GET) as (reader, _):
        assert (await answer(reader))[0] == 200


BROKEN_OFF = {
    "half a JSON body": (b"POST /api/v1/products HTTP/1.1", b"Content-Type: application/json"),
    "half a file": (b"POST /api/v1/imports HTTP/1.1", b"Content-Type: text/csv"),
    "half a form": (b"POST /api/v1/imports HTTP/1.1", b"Content-Type: multipart/form-data; boundary=b"),
    "half of what is refused": (b"POST /nowhere HTTP/1.1", b"Content-Encoding: gzip"),
    "half a body in pieces": (b"POST /api/v1/products HTTP/1.1", b"Transfer-Encoding: chunked"),
}


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize(("line", "header"), BROKEN_OFF.values(), ids=BROKEN_OFF)
async def test_a_sender_that_breaks_off_is_one_line_in_the_log(port, caplog, line, header, how):
    caplog.set_level(logging.INFO)
    rest = (b"", b"1000") if b"chunked" in header else (b"Content-Length: 1000", b"")
    head = b"\r\n".join((line, b"Host: localhost", header, *rest, b'{"sku": '))
    async with connected(port, head) as (_, writer):
        await writer.drain()
        await asyncio.sleep(0.1)  # it has been read, and more is waited for
        if how == "reset":
            writer.transport.abort()

    async def logged():
        return bool(caplog.records)

    await until(logged, "it was logged")
    await asyncio.sleep(0.1)  # another line would follow at once
    assert [(each.levelname, each.exc_info) for each in caplog.records] == [("INFO", None)], caplog.text
