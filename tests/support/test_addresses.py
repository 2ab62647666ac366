"""Which addresses requests may go to, however an address is written."""

import socket
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.support.addresses import ForbiddenAddress, allowed, connected, guarded

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


async def test_a_guarded_connection_goes_nowhere_else(unused_tcp_port):
    with pytest.raises(ForbiddenAddress):
        await connected("localhost", unused_tcp_port, ())


async def test_a_guarded_connection_to_an_opened_network():
    loopback = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        with await connected("localhost", server.getsockname()[1], loopback) as there:
            assert there.getpeername() == server.getsockname()
            assert not there.getblocking()
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        await connected("127.0.0.1", port, loopback)
