"""The source. What it downloads with is loaded for the first file only: every command loads the plugin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from product_importer.ports import Fetch, Fetched, NotModified
    from product_importer.support.addresses import Network


@dataclass(frozen=True, slots=True)
class Access:
    """``key``: a private key, used besides a password. ``known_hosts``: the keys of servers, by default those
    in ``~/.ssh/known_hosts``.
    """

    key: Path | None = None
    known_hosts: Path | None = None


class SftpSource:
    """Fetches ``sftp://user:password@host:port/path``; a path that begins with ``/~/`` is in the home."""

    name = "sftp"
    schemes = ("sftp",)

    def __init__(self, access: Access) -> None:
        self._access = access

    async def fetch(self, fetch: Fetch) -> Fetched | NotModified:
        """Downloads the file, unless it still has the size and the time of before. Raises FetchError."""
        from product_importer_sftp.download import download  # noqa: PLC0415

        return await download(self._access, fetch)

    async def entries(self, url: str, allow: tuple[Network, ...]) -> list[str]:
        """Returns the URLs of the files that match the last part of the path. Raises FetchError."""
        from product_importer_sftp.download import entries  # noqa: PLC0415

        return await entries(self._access, url, allow)
