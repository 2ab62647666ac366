"""Sends one request and returns its outcome. Time and size are limited, whatever the receiver does."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import aiohttp

from product_importer.support.addresses import ForbiddenAddress, guarded, is_forbidden
from product_importer_webhooks.model import Attempt, AttemptClass
from product_importer_webhooks.schedule import retry_after
from product_importer_webhooks.secrecy import Secrets
from product_importer_webhooks.signing import signed_headers

if TYPE_CHECKING:
    from product_importer.support.addresses import Network
    from product_importer_webhooks.model import Endpoint

MOST_ANSWER: Final = 64 * 1024
"""Maximum number of bytes of a response that are read; the connection is then closed."""

_SHOWN: Final = 2_000
"""Maximum number of characters of a response, and of a header, that are kept for the log."""

_BLOCK: Final = 8_192
_USER_AGENT: Final = "Product-Importer-Webhooks/1"


@asynccontextmanager
async def http_session(allow: tuple[Network, ...]) -> AsyncIterator[aiohttp.ClientSession]:
    """Opens a session for endpoints: no forbidden address, no proxy, no cookies, no decompression."""
    connector = aiohttp.TCPConnector(
        socket_factory=guarded(allow), limit=0, ttl_dns_cache=10, keepalive_timeout=30
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept-Encoding"),
    ) as session:
        yield session


async def send(
    session: aiohttp.ClientSession,
    endpoint: Endpoint,
    secrets: Iterable[bytes],
    message_id: str,
    body: bytes,
    number: int = 1,
) -> Attempt:
    """POSTs the body, signed now, as attempt ``number``. Raises nothing except on cancellation."""
    keys = tuple(secrets)
    at = datetime.now(UTC)
    began = time.monotonic()
    headers = {
        **endpoint.draft.headers,
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "Accept-Encoding": "identity",
        **signed_headers(keys, message_id, int(at.timestamp()), body),
    }
    hidden = Secrets(endpoint.draft.headers, headers, keys)
    kind: AttemptClass | None = None
    status, error, response, answer, asked = None, None, {}, b"", None
    try:
        async with session.post(
            endpoint.draft.url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=endpoint.draft.timeout_seconds),
        ) as got:
            status, response = got.status, _shown(hidden, got.headers)
            kind, error = _judged(got.status)
            asked = retry_after(got.headers.get("Retry-After"))
            answer = await _beginning(got)
    except Exception as problem:  # noqa: BLE001 - each one is shown in the log
        if kind in (None, "success"):
            kind, error = _explained(problem, endpoint.draft.timeout_seconds)
    assert kind is not None, "it was judged or explained"
    return Attempt(
        at=at,
        milliseconds=round((time.monotonic() - began) * 1000),
        kind=kind,
        status=status,
        error=error,
        request=_shown(hidden, headers),
        response=response,
        answer=hidden.struck(answer.decode("utf-8", "replace").replace("\0", "\ufffd"))[:_SHOWN],
        retry_after=asked,
        number=number,
    )


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """Reads the beginning of the response; never waits for the rest of a longer one."""
    if response.content_length is not None and response.content_length <= MOST_ANSWER:
        return await response.read()
    found = bytearray()
    async for block in response.content.iter_chunked(_BLOCK):
        found += block
        if len(found) >= MOST_ANSWER:
            response.close()
            break
    return bytes(found[:MOST_ANSWER])


def _judged(status: int) -> tuple[AttemptClass, str | None]:
    if 200 <= status < 300:
        return "success", None
    if 300 <= status < 400:
        return "redirect", f"It answered {status}, a redirection. Those aren't followed: give the final URL."
    if status == 410:
        return "gone", "It answered 410: it wants no more webhooks."
    if status in (429, 502, 503, 504):
        return "throttled", f"It answered {status}: it is overloaded, or not there for now."
    if status < 500:
        return "client error", f"It answered {status}: it doesn't take this request."
    return "server error", f"It answered {status}: something went wrong on its side."


def _explained(problem: Exception, seconds: int) -> tuple[AttemptClass, str]:
    """Returns the class and a message of an error, without details of the operator's network."""
    if is_forbidden(problem):
        return "forbidden address", str(ForbiddenAddress())
    if isinstance(problem, asyncio.TimeoutError):
        return "timeout", f"There was no complete answer within {seconds} seconds."
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return "dns", "The name of the host can't be found."
    if isinstance(problem, (aiohttp.ClientSSLError, ssl.SSLError)):
        return "tls", "There is no safe connection: the certificate or the protocol is not accepted."
    if isinstance(problem, (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, OSError)):
        return "connection", "The connection was refused or broke off."
    return "protocol", f"The answer is no proper HTTP ({type(problem).__name__})."


def _shown(hidden: Secrets, headers: Mapping[str, str]) -> dict[str, str]:
    """Returns the headers for the log, without secrets."""
    shown = hidden.headers(headers.items())
    return {name: value[:_SHOWN].replace("\0", "") for name, value in shown.items()}
