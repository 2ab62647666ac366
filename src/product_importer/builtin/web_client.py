"""Downloads a file. Every address is checked, also those that redirections lead to."""

from __future__ import annotations

import ssl
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import aiofiles
import aiohttp
from yarl import URL

from product_importer.cells.shortening import quoted
from product_importer.errors import FetchError
from product_importer.ports import Fetched, NotModified
from product_importer.support.addresses import guarded, is_forbidden
from product_importer.support.disks import of_this_disk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.ports import Fetch

MOST_REDIRECTIONS: Final = 5

_CONNECT_SECONDS: Final = 30.0
_SILENT_SECONDS: Final = 60.0
_BLOCK: Final = 1 << 18
_USER_AGENT: Final = "Product-Importer/1"
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_KEPT_PACKED: Final = frozenset({"", "identity", "gzip", "x-gzip", "zstd"})
_DEFLATE: Final = "deflate"
_STATUSES: Final = {
    401: "it wants a name and a password, or others than were given",
    403: "it refuses access",
    404: "there is no such file",
    410: "the file is gone",
    429: "it is overloaded; try again later",
    503: "it is overloaded; try again later",
}

_REASONS: Final[Mapping[type[Exception], str]] = {
    TimeoutError: "doesn't answer, or stopped in the middle of the file. Try again later.",
    aiohttp.ClientConnectorDNSError: "is a name that can't be found. Check the URL.",
    aiohttp.ClientSSLError: "offers no safe connection: its certificate isn't accepted.",
    ssl.SSLError: "offers no safe connection: its certificate isn't accepted.",
    aiohttp.ClientPayloadError: "broke the connection off in the middle of the file. Try again later.",
    aiohttp.ClientConnectionError: "can't be reached: the connection was refused or broke off.",
    OSError: "can't be reached: the connection was refused or broke off.",
}
"""What is said about the first type of error that fits, after the host's name."""


async def download(fetch: Fetch) -> Fetched | NotModified:
    """Downloads the file, unless it is still the previous version. Raises FetchError."""
    url = _parsed(fetch.url)
    try:
        for _ in range(MOST_REDIRECTIONS + 1):
            found = await _request(url, fetch)
            if not isinstance(found, URL):
                return found
            url = found
    except FetchError:
        raise
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        if of_this_disk(error):
            raise  # the copy can't be written
        raise _explained(error, url) from error
    raise FetchError(f"{url.host} redirects more than {MOST_REDIRECTIONS} times. Give the file's final URL.")


async def _request(url: URL, fetch: Fetch) -> Fetched | NotModified | URL:
    """Sends one request; returns the next URL if it is redirected."""
    connector = aiohttp.TCPConnector(
        socket_factory=guarded(fetch.allow, public=url.scheme == "https"), ssl=ssl.create_default_context()
    )
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS)
    async with (
        aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
        ) as session,
        session.get(url, headers=_headers(fetch), allow_redirects=False) as answer,
    ):
        if answer.status in _MOVED and "Location" in answer.headers:
            return _parsed(str(url.join(URL(answer.headers["Location"]))))
        if answer.status == 304 and fetch.previous is not None:
            return NotModified()
        if answer.status != 200:
            reason = _STATUSES.get(answer.status, "the file can't be had there")
            raise FetchError(f"{url.host} answered {answer.status}: {reason}.")
        packing = _packing(answer)
        await (_save_inflated(answer, fetch) if packing == _DEFLATE else _save(answer, fetch))
        return Fetched(
            filename=_name_of(answer),
            media_type=answer.content_type,
            charset=answer.charset,
            etag=answer.headers.get("ETag"),
            modified=answer.headers.get("Last-Modified"),
        )


def _headers(fetch: Fetch) -> dict[str, str]:
    headers = {"User-Agent": _USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    if fetch.previous is not None and fetch.previous.etag:
        headers["If-None-Match"] = fetch.previous.etag
    elif fetch.previous is not None and fetch.previous.modified:
        headers["If-Modified-Since"] = fetch.previous.modified
    return headers


def _packing(answer: aiohttp.ClientResponse) -> str:
    """Returns how the content is packed. Raises FetchError if it can't be unpacked. No packing was asked for;
    what is packed nevertheless is kept so, and unpacked by the import, with its limits. Only Deflate, which
    isn't recognised by its first bytes, is unpacked at once.
    """
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing not in _KEPT_PACKED and packing != _DEFLATE:
        raise FetchError(
            f"{answer.url.host} packs the file by the method {quoted(packing)} (Content-Encoding), which "
            "can't be unpacked here. Let it send the file as it is, or packed with gzip."
        )
    return packing


async def _save(answer: aiohttp.ClientResponse, fetch: Fetch) -> None:
    total, done = answer.content_length, 0
    fetch.progress(done, total)
    async with aiofiles.open(fetch.into, "wb") as file:
        async for block in answer.content.iter_chunked(_BLOCK):
            done += len(block)
            fetch.progress(done, total)
            await file.write(block)


async def _save_inflated(answer: aiohttp.ClientResponse, fetch: Fetch) -> None:
    """Saves the unpacked bytes, a piece at a time; each is counted before it is written."""
    inflater, done = None, 0
    fetch.progress(done, None)
    async with aiofiles.open(fetch.into, "wb") as file:
        async for block in answer.content.iter_chunked(_BLOCK):
            inflater = inflater or zlib.decompressobj(zlib.MAX_WBITS if _is_zlib(block) else -zlib.MAX_WBITS)
            rest = block
            while rest and not inflater.eof:
                try:
                    piece = inflater.decompress(rest, _BLOCK)
                except zlib.error as error:
                    raise FetchError(f"{answer.url.host} sends a damaged file ({error}).") from error
                rest = inflater.unconsumed_tail
                done += len(piece)
                fetch.progress(done, None)
                await file.write(piece)
    if inflater is not None and not inflater.eof:
        raise FetchError(f"{answer.url.host} {_REASONS[aiohttp.ClientPayloadError]}")


def _is_zlib(block: bytes) -> bool:
    """Whether Deflate is in its usual envelope, which some servers leave out."""
    return len(block) > 1 and block[0] & 0x0F == zlib.DEFLATED and int.from_bytes(block[:2], "big") % 31 == 0


def _name_of(answer: aiohttp.ClientResponse) -> str | None:
    with suppress(ValueError):
        if answer.content_disposition is not None and answer.content_disposition.filename:
            return answer.content_disposition.filename
    return unquote(answer.url.raw_name) or None


def _parsed(text: str) -> URL:
    try:
        url = URL(text)
        valid = url.scheme in ("https", "http") and bool(url.host) and url.port is not None
    except ValueError:
        valid = False
    if not valid:
        raise FetchError("The URL, or the one that it redirects to, is no web address.")
    return url


def _explained(error: Exception, url: URL) -> FetchError:
    """Returns the error in words, without details of the operator's network."""
    if is_forbidden(error):
        reason = (
            "can be asked over https only: http is for"
            if url.scheme == "http"
            else "is in a private or reserved network. Files are fetched from the Internet and from"
        )
        return FetchError(
            f"{url.host} {reason} networks that the operator allows (PRODUCT_IMPORTER_FETCH_ALLOW).",
            code="fetch_forbidden",
        )
    kind = next((kind for kind in _REASONS if isinstance(error, kind)), None)
    if kind is None:
        return FetchError(f"What {url.host} answers is no proper HTTP ({type(error).__name__}).")
    return FetchError(f"{url.host} {_REASONS[kind]}")
