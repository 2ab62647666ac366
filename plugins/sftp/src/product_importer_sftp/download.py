"""Downloads a file, unless it still has the size and the time of before."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

import asyncssh

from product_importer.errors import FetchError
from product_importer.ports import Fetched, NotModified
from product_importer.support.addresses import ForbiddenAddress, connected
from product_importer.support.disks import of_this_disk
from product_importer.support.urls import matches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from product_importer.ports import Fetch
    from product_importer.support.addresses import Network
    from product_importer_sftp.source import Access

_PORT: Final = 22
_LOGIN_SECONDS: Final = 30.0
_ALIVE_SECONDS: Final = 15.0
_HOME: Final = "/~/"

_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (asyncssh.PermissionDenied, "wants a name and a password or a key, or others than were given"),
    (
        asyncssh.HostKeyNotVerifiable,
        "has a host key that isn't known. Add it to the known hosts (PRODUCT_IMPORTER_SFTP_KNOWN_HOSTS)",
    ),
    (asyncssh.SFTPNoSuchFile, "has no such file. Check the URL"),
    (asyncssh.SFTPPermissionDenied, "refuses access to the file"),
    (asyncssh.ConnectionLost, "broke the connection off in the middle of the file. Try again later"),
)

_ELSE: Final = "can't be reached: the connection was refused or broke off"


async def download(access: Access, fetch: Fetch) -> Fetched | NotModified:
    """Downloads the file. Raises FetchError."""
    parts, path = _place(fetch.url)
    async with _client(access, parts, fetch.allow) as client:
        about = await client.stat(path)
        mark = f"{about.size}-{about.mtime}"
        if fetch.previous is not None and fetch.previous.etag == mark:
            return NotModified()
        fetch.progress(0, about.size)
        await client.get(
            path, str(fetch.into), progress_handler=lambda _, __, done, total: fetch.progress(done, total)
        )
    return Fetched(filename=PurePosixPath(path).name, etag=mark)


async def entries(access: Access, url: str, allow: tuple[Network, ...]) -> list[str]:
    """Returns the URLs of the files that match. Raises FetchError."""
    parts, path = _place(url)
    folder, _, pattern = path.rpartition("/")
    async with _client(access, parts, allow) as client:
        found = [
            str(each.filename)
            async for each in client.scandir(folder or ("/" if path.startswith("/") else "."))
            if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR and matches(str(each.filename), pattern)
        ]
    beginning = parts.path.rpartition("/")[0]
    return [urlunsplit(parts._replace(path=f"{beginning}/{quote(name)}")) for name in found]


def _place(url: str) -> tuple[SplitResult, str]:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if not parts.hostname or not PurePosixPath(path).name:
        raise FetchError("The URL has to be sftp://user@host/path.")
    return parts, path.removeprefix(_HOME)


@asynccontextmanager
async def _client(
    access: Access, parts: SplitResult, allow: tuple[Network, ...]
) -> AsyncIterator[asyncssh.SFTPClient]:
    """Connects to the server. Raises FetchError, also for errors of the block."""
    host, port = parts.hostname or "", parts.port or _PORT
    try:
        async with (
            asyncssh.connect(
                host,
                port,
                sock=await connected(host, port, allow),
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
            yield client
    except ForbiddenAddress as error:
        raise FetchError(
            f"{host} is in a private or reserved network. Files are fetched from the Internet and from "
            "networks that the operator allows (PRODUCT_IMPORTER_FETCH_ALLOW).",
            code="fetch_forbidden",
        ) from error
    except (asyncssh.Error, OSError) as error:
        if of_this_disk(error):
            raise  # the copy can't be written
        kinds = (words for kind, words in _REASONS if isinstance(error, kind))
        raise FetchError(f"{host} {next(kinds, _ELSE)}.") from error
