"""Nothing is sent into private networks, however the address is written."""

import socket
from ipaddress import ip_address, ip_network

import pytest
from aiohttp.resolver import ThreadedResolver
from hypothesis import given
from hypothesis import strategies as st
from receiver import receiving

from product_importer_webhooks.addresses import ForbiddenAddress, allowed, guarded
from product_importer_webhooks.client import http_session, send
from product_importer_webhooks.model import Endpoint, EndpointDraft

TRAPS = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "fec0::1",
    "5f00::1",
    "3fff::1",
    "2001:db8::1",
    "2001::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
    "100::1",
    "100:0:0:1::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700:4700::1111",
    "2a00:1450:4001:829::200e",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("text", TRAPS)
def test_what_is_denied(text):
    assert not allowed(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_allowed(text):
    assert allowed(ip_address(text))


def test_an_operator_can_open_a_network_and_no_more():
    open_one = (ip_network("10.1.0.0/16"),)

    assert allowed(ip_address("10.1.2.3"), open_one)
    assert allowed(ip_address("::ffff:10.1.2.3"), open_one)
    assert not allowed(ip_address("10.2.0.1"), open_one)
    assert not allowed(ip_address("127.0.0.1"), open_one)


@given(st.integers(0, 2**32 - 1))
def test_an_address_within_an_address_is_no_way_in(number):
    inner = ip_address(number)
    nested = [
        ip_address(f"::ffff:{inner}"),
        ip_address((0x64FF9B << 96) | number),
        ip_address((0x2002 << 112) | (number << 80)),
        ip_address(number),
    ]
    for address in nested:
        if allowed(address):
            assert inner.is_global


@given(st.ip_addresses())
def test_what_is_allowed_is_global(address):
    if allowed(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_private


def test_only_internet_sockets_are_made():
    make = guarded(())

    for place in (("127.0.0.1", 80), ("fe80::1%eth0", 80, 0, 0), ("not an address", 80)):
        family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        with pytest.raises(ForbiddenAddress):
            make((family, socket.SOCK_STREAM, 6, "", place))
    with pytest.raises(ForbiddenAddress):
        make((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/run/docker.sock"))


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
