"""Downloads a file, unless it still has the size and the time of before."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

import asyncssh

from product_importer.errors import FetchError
from product_importer.ports import Fetched, NotModified
from product_importer.support.addresses import ForbiddenAddress, connected

if TYPE_CHECKING:
    from product_importer.ports import Fetch
    from product_importer_sftp.source import Access

_PORT: Final = 22
_LOGIN_SECONDS: Final = 30.0
_ALIVE_SECONDS: Final = 15.0
_HOME: Final = "/~/"

_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (asyncssh.PermissionDenied, "refuses the name, the password or the key"),
    (
        asyncssh.HostKeyNotVerifiable,
        "has a host key that isn't known. Add it to the known hosts (PRODUCT_IMPORTER_SFTP_KNOWN_HOSTS)",
    ),
    (asyncssh.SFTPNoSuchFile, "has no such file"),
    (asyncssh.SFTPPermissionDenied, "doesn't let this user read the file"),
    (asyncssh.ConnectionLost, "broke the connection off. Try again later"),
)


async def download(access: Access, fetch: Fetch) -> Fetched | NotModified:
    """Downloads the file. Raises FetchError."""
    parts = urlsplit(fetch.url)
    path = unquote(parts.path)
    if not parts.hostname or not PurePosixPath(path).name:
        raise FetchError("The URL has to be sftp://user@host/path.")
    try:
        return await _download(access, fetch, parts, path.removeprefix(_HOME))
    except ForbiddenAddress as error:
        raise FetchError(
            f"{parts.hostname} is in a private or reserved network. Files are fetched from the Internet "
            "and from networks that the operator allows (PRODUCT_IMPORTER_FETCH_ALLOW).",
            code="fetch_forbidden",
        ) from error
    except (asyncssh.Error, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise  # the copy can't be written
        kinds = (words for kind, words in _REASONS if isinstance(error, kind))
        words = next(kinds, "can't be reached, or doesn't give the file")
        raise FetchError(f"{parts.hostname} {words}.") from error


async def _download(access: Access, fetch: Fetch, parts: SplitResult, path: str) -> Fetched | NotModified:
    host, port = parts.hostname or "", parts.port or _PORT
    there = await connected(host, port, fetch.allow)
    async with (
        asyncssh.connect(
            host,
            port,
            sock=there,
            config=None,
            username=unquote(parts.username or ""),
            password=None if parts.password is None else unquote(parts.password),
            client_keys=None if access.key is None else [str(access.key)],
            agent_path=None,
            known_hosts=() if access.known_hosts is None else str(access.known_hosts),
            login_timeout=_LOGIN_SECONDS,
            keepalive_interval=_ALIVE_SECONDS,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        about = await client.stat(path)
        mark = f"{about.size}-{about.mtime}"
        if fetch.previous is not None and fetch.previous.etag == mark:
            return NotModified()
        fetch.progress(0, about.size)
        await client.get(
            path, str(fetch.into), progress_handler=lambda _, __, done, total: fetch.progress(done, total)
        )
    return Fetched(filename=PurePosixPath(path).name, etag=mark)
