"""Checks the contract of sources."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from product_importer.errors import FetchError
from product_importer.ports import Fetch, Fetched, NotModified, ReportingSource, Source
from product_importer.testing.contracts import require

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


async def check_source(
    source: Source | ReportingSource, url: str, *, allow: tuple[IPv4Network | IPv6Network, ...] = ()
) -> None:
    """Checks that the source fetches the same file each time, of a URL whose file stays as it is.

    A :class:`~product_importer.ports.ReportingSource` also has to tell its progress up to the file's end, to
    give the same file or none when the version is known, and to end when it is told that the file is too
    large. ``allow``: private networks that it may reach.
    """
    require(isinstance(source, Source), f"{source!r} lacks what a Source has")
    require(urlsplit(url).scheme in source.schemes, f"{url} is of none of the schemes {source.schemes}")
    with TemporaryDirectory(prefix="product-importer-") as folder:
        check = _Check(source, url, Path(folder), allow)
        if len(signature(source.fetch).parameters) > 1:
            require(await check.plain() == await check.plain(), "a second time, it is another file")
            return
        content, found = await check.reporting(None)
        again, same = await check.reporting(found if isinstance(found, Fetched) else None)
        require(
            isinstance(same, NotModified) or again == content, "the version that is known is another file"
        )
        await check.refused()


class _Check:
    def __init__(
        self,
        source: Source | ReportingSource,
        url: str,
        folder: Path,
        allow: tuple[IPv4Network | IPv6Network, ...],
    ) -> None:
        self._source = source
        self._url = url
        self._folder = folder
        self._allow = allow
        self._number = 0

    async def plain(self) -> bytes:
        path = self._path()
        await cast("Source", self._source).fetch(self._url, path)
        require(path.is_file(), "it ended without a file")
        return path.read_bytes()

    async def reporting(self, previous: Fetched | None) -> tuple[bytes | None, object]:
        """Fetches the file, if it isn't the version before, and compares its size with what was told."""
        path = self._path()
        told: list[tuple[int, int | None]] = []
        fetch = Fetch(self._url, path, lambda done, total: told.append((done, total)), previous, self._allow)
        found = await cast("ReportingSource", self._source).fetch(fetch)
        if isinstance(found, NotModified) and previous is not None:
            return None, found
        require(isinstance(found, Fetched), f"fetch() gave {found!r} for a version that nobody knows")
        require(path.is_file(), "it ended without a file")
        done = [each for each, _ in told]
        size = path.stat().st_size
        require(bool(told) and done[-1] == size, f"of {size} bytes, it told of {done[-1:]} at the end")
        require(done == sorted(done), "its progress goes back")
        require({total for _, total in told} <= {None, size}, f"it told of another size than {size} bytes")
        return path.read_bytes(), found

    async def refused(self) -> None:
        def refuse(done: int, total: int | None) -> None:  # noqa: ARG001 - whatever it tells
            raise FetchError("The file is too large for this check.")

        try:
            fetch = Fetch(self._url, self._path(), refuse, None, self._allow)
            await cast("ReportingSource", self._source).fetch(fetch)
        except FetchError as error:
            require("too large for this check" in str(error), f"it hid why it was stopped: {error}")
        else:
            require(False, "it went on although the file was too large")

    def _path(self) -> Path:
        self._number += 1
        return self._folder / f"{self._number}"
