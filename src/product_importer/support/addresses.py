"""Decides which addresses requests may go to: public ones, and those that the operator allows.

The check is made when the socket is created: the checked address is then the one that is connected to,
whatever a name resolves to by then, and however the address was written.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# All or some versions of Python call these addresses global: multicast, relays that lead to private
# addresses, addresses within addresses, and reserved ones.
_DENIED: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
        "100:0:0:1::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class ForbiddenAddress(OSError):
    """Requests may not go to the address. The message hides it, since it may be internal to the operator."""

    def __init__(self) -> None:
        super().__init__(
            "The name leads to an address in a private or reserved network. Requests go there only if the "
            "operator allows it."
        )


def allowed(address: Address, networks: Iterable[Network] = (), *, public: bool = True) -> bool:
    """Returns whether requests may go to the address: one in ``networks``, or a ``public`` one."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in networks):
        return True
    return public and address.is_global and not any(address in network for network in _DENIED)


def guarded(networks: tuple[Network, ...], *, public: bool = True) -> Callable[[Any], socket.socket]:
    """Returns the function that creates aiohttp's sockets; it raises :class:`ForbiddenAddress`.

    Without ``public``, only addresses in the networks are allowed.
    """

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, place = info
        if family not in (socket.AF_INET, socket.AF_INET6) or not _open(str(place[0]), networks, public):
            raise ForbiddenAddress
        return socket.socket(family, kind, protocol)

    return make


async def connected(host: str, port: int, networks: tuple[Network, ...]) -> socket.socket:
    """Returns a socket that is connected to the first address of the host that answers.

    Raises :class:`ForbiddenAddress` if one of its addresses is forbidden, and OSError as connecting does.
    """
    loop = asyncio.get_running_loop()
    failed: OSError | None = None
    for info in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        there = guarded(networks)(info)
        try:
            there.setblocking(False)
            await loop.sock_connect(there, info[4])
        except OSError as error:
            there.close()
            failed = error
        except BaseException:
            there.close()
            raise
        else:
            return there
    raise failed or OSError(f"{host} has no address.")


def is_forbidden(problem: BaseException | None) -> bool:
    """Returns whether the error, or one of its causes, is a :class:`ForbiddenAddress`."""
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        if isinstance(problem, ForbiddenAddress):
            return True
        if isinstance(problem, BaseExceptionGroup):
            return any(map(is_forbidden, problem.exceptions))
        problem = getattr(problem, "os_error", None) or problem.__cause__ or problem.__context__
    return False


def _open(text: str, networks: tuple[Network, ...], public: bool) -> bool:
    try:
        return allowed(ip_address(text.partition("%")[0]), networks, public=public)
    except ValueError:
        return False
