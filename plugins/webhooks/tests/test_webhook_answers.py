"""Every way in which an attempt can end, over real connections."""

import asyncio
import gzip
import re
import socket
import ssl
import struct
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from receiver import receiving

from product_importer_webhooks.client import MOST_ANSWER, http_session, send
from product_importer_webhooks.model import Endpoint, EndpointDraft
from product_importer_webhooks.schedule import DELAYS, LONGEST, delay, retry_after

LOOPBACK = (ip_network("127.0.0.0/8"),)
SECRET = b"x" * 32
WEBHOOKS_DOC = Path(__file__).parents[3] / "docs" / "webhooks.md"


def endpoint(url, seconds=5):
    return Endpoint(1, EndpointDraft(url, timeout_seconds=seconds), (SECRET,), *[None] * 3, 0, *[None] * 3)


def answering(status, **headers):
    async def answer(request):
        return web.Response(
            status=status, text="so", headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return answer


@pytest.fixture
async def session():
    async with http_session(LOOPBACK) as session:
        yield session


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, "success"), (201, "success"), (202, "success"), (204, "success"), (299, "success"),
        (301, "redirect"), (302, "redirect"), (307, "redirect"), (304, "redirect"),
        (400, "client error"), (401, "client error"), (404, "client error"), (410, "gone"),
        (429, "throttled"), (502, "throttled"), (503, "throttled"), (504, "throttled"),
        (500, "server error"), (501, "server error"),
    ],
)  # fmt: skip
async def test_statuses(receiver, session, status, kind):
    receiver.answers = [answering(status, Location="http://127.0.0.1:9/")]

    attempt = await send(session, endpoint(receiver.url), [SECRET], "msg_1", b"{}")

    assert (attempt.kind, attempt.status) == (kind, status)
    assert attempt.succeeded is (kind == "success")
    assert len(receiver.requests) == 1, "redirects are not followed"
    assert attempt.request["webhook-id"] == "msg_1"
    assert attempt.request["webhook-signature"] == "(hidden)"


async def test_retry_after_in_both_forms(receiver, session):
    later = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    receiver.answers = [answering(429, Retry_After="120"), answering(503, Retry_After=later)]

    seconds = await send(session, endpoint(receiver.url), [SECRET], "msg_1", b"{}")
    date = await send(session, endpoint(receiver.url), [SECRET], "msg_1", b"{}")

    assert seconds.retry_after == 120
    assert 7_100 < date.retry_after <= 7_200


@pytest.mark.parametrize("text", [None, "", "soon", "-5", "1.5", "١٢", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_a_retry_after_that_cannot_be_read(text):
    assert retry_after(text) is None


def test_retry_after_is_capped():
    assert retry_after("999999999999999999999") == LONGEST
    assert retry_after("Fri, 31 Dec 9999 23:59:59 GMT") == LONGEST
    assert retry_after("Fri, 01 Jan 1999 00:00:00 GMT") == 0


@given(st.text(max_size=40))
def test_no_retry_after_is_an_error(text):
    found = retry_after(text)
    assert found is None or 0 <= found <= LONGEST


def test_the_schedule_is_the_documented_one():
    (row,) = re.findall("tried again after (.*), each ± 20 %", WEBHOOKS_DOC.read_text())
    units = {"seconds": 1, "minutes": 60, "hours": 3_600}
    documented = [
        int(number) * units[unit]
        for numbers, unit in re.findall(rf"([\d, and]+) ({'|'.join(units)})", row)
        for number in re.findall(r"\d+", numbers)
    ]
    assert list(DELAYS) == documented


def test_attempts_are_spread_around_the_schedule():
    for attempts, seconds in enumerate(DELAYS, start=1):
        waits = {delay(attempts, None) for _ in range(50)}
        assert len(waits) > 1 or seconds == LONGEST
        assert all(0.8 * seconds <= wait <= min(LONGEST, 1.2 * seconds) for wait in waits)
    assert delay(10, None) is None
    assert delay(1, 3_600) == 3_600
    assert delay(9, 1) >= 0.8 * DELAYS[-1]


async def test_nobody_listens(session):
    async with receiving() as gone:
        url = gone.url
    attempt = await send(session, endpoint(url), [SECRET], "msg_1", b"{}")

    assert (attempt.kind, attempt.status) == ("connection", None)


async def test_a_name_that_does_not_exist(session):
    attempt = await send(session, endpoint("http://nobody.invalid/"), [SECRET], "msg_1", b"{}")

    assert attempt.kind == "dns"


async def test_a_certificate_that_nobody_trusts(session):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with receiving(context) as receiver:
        attempt = await send(session, endpoint(receiver.url), [SECRET], "msg_1", b"{}")

        assert attempt.kind == "tls"
        assert receiver.requests == []


async def raw(answer):
    """The URL of a server that says these bytes, and closes."""

    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        try:
            await answer(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def silence(writer):
    await asyncio.sleep(30)


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_headers(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Slow: x\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


async def garbage(writer):
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        (reset, {"connection"}),
        (silence, {"timeout"}),
        (drip, {"timeout"}),
        (drip_headers, {"timeout", "protocol"}),
        (garbage, {"protocol"}),
    ],
)
async def test_bad_manners(session, answer, kinds):
    server, url = await raw(answer)
    try:
        attempt = await send(session, endpoint(url, seconds=1), [SECRET], "msg_1", b"{}")
    finally:
        server.close()

    assert attempt.kind in kinds
    assert attempt.milliseconds < 10_000


async def test_an_endless_answer_is_cut_off(session):
    sent = 0

    async def endless(writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    server, url = await raw(endless)
    try:
        attempt = await send(session, endpoint(url), [SECRET], "msg_1", b"{}")
    finally:
        server.close()

    assert attempt.succeeded
    assert len(attempt.answer) == 2_000
    assert sent < 200 * MOST_ANSWER, "what is left stays with the sender, but for the network's buffers"


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_bomb_is_not_unpacked(receiver, session, encoding, pack):
    bomb = pack(b"\0" * 50_000_000)

    async def answer(request):
        return web.Response(body=bomb, headers={"Content-Encoding": encoding})

    receiver.answers = [answer]

    attempt = await send(session, endpoint(receiver.url), [SECRET], "msg_1", b"{}")

    assert attempt.succeeded
    assert len(attempt.answer) <= 2_000
