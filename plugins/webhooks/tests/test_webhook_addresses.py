"""Nothing is sent into private networks, however the address is written."""

import socket
from ipaddress import ip_network

import pytest
from aiohttp.resolver import ThreadedResolver
from receiver import receiving

from product_importer_webhooks.client import http_session, send
from product_importer_webhooks.model import Endpoint, EndpointDraft


def endpoint(url):
    return Endpoint(1, EndpointDraft(url, timeout_seconds=5), (b"x" * 32,), *[None] * 3, 0, *[None] * 3)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]",
        "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "0", "0.0.0.0", "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
async def test_this_machine_cannot_be_reached_by_any_of_its_names(host):
    async with receiving() as receiver, http_session(()) as session:
        port = receiver.url.rpartition(":")[2].partition("/")[0]

        attempt = await send(session, endpoint(f"http://{host}:{port}/"), [b"x" * 32], "msg_1", b"{}")

        assert attempt.kind in ("forbidden address", "dns", "protocol"), attempt
        assert "127.0.0.1" not in (attempt.error or "")
        assert receiver.requests == []


async def test_a_name_that_leads_here_whatever_it_led_to_before(monkeypatch):
    """The address is checked that is connected to, not one that was looked up before."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 6,
                "flags": 0,
            }
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    async with receiving() as receiver, http_session(()) as session:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        url = f"http://rebinding.example:{port}/"
        attempt = await send(session, endpoint(url), [b"x" * 32], "msg_1", b"{}")

        assert attempt.kind == "forbidden address"
        assert receiver.requests == []


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    async with receiving() as proxy, http_session((ip_network("127.0.0.0/8"),)) as session:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with receiving() as receiver:
            attempt = await send(session, endpoint(receiver.url), [b"x" * 32], "msg_1", b"{}")

            assert attempt.succeeded
            assert len(receiver.requests) == 1
        assert proxy.requests == []
