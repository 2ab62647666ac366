"""The protocols of sources, which fetch files, and of the storage, which keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

    Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the place of a file says about it: its name, its media type, the charset of its text, and the
    marks of this version of it.

    ``etag`` is any text that differs between versions; ``modified`` is the time of the last change, as the
    place writes it.
    """

    filename: str | None = None
    media_type: str | None = None
    etag: str | None = None
    modified: str | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The file is still the version that ``Fetch.previous`` describes, so it wasn't fetched."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """The file at ``url`` is to be written to the path ``into``, which doesn't exist yet.

    ``previous``: the version that is known already, if its bytes needn't be fetched again. ``progress`` is to
    be called now and then with the number of bytes that have come, and the number of all bytes if it is
    known; it raises an exception if they are too many. A file that ends with fewer bytes is incomplete, and
    isn't imported. ``allow``: the private networks that the operator allows;
    ``product_importer.support.addresses`` has the rule.
    """

    url: str
    into: Path
    progress: Callable[[int, int | None], None]
    previous: Fetched | None = None
    allow: tuple[Network, ...] = ()


@runtime_checkable
class Source(Protocol):
    """Fetches a file from another place, given by a URL whose scheme is one of ``schemes``.

    ``fetch`` writes the file to the path ``into``, which doesn't exist yet. A source that can report its
    progress is a :class:`ReportingSource`.
    """

    @property
    def name(self) -> str: ...

    @property
    def schemes(self) -> tuple[str, ...]: ...

    async def fetch(self, url: str, into: Path) -> None: ...


@runtime_checkable
class ReportingSource(Protocol):
    """A source that reports its progress, and knows files that haven't changed.

    Its ``fetch`` takes one argument. It raises :class:`~product_importer.errors.FetchError` with a sentence
    for users if the file can't be had; the URL's password is removed from any message.
    """

    @property
    def name(self) -> str: ...

    @property
    def schemes(self) -> tuple[str, ...]: ...

    async def fetch(self, fetch: Fetch) -> Fetched | NotModified: ...


@runtime_checkable
class ListingSource(ReportingSource, Protocol):
    """A source that also finds files whose names match a pattern.

    ``entries`` gets a URL with ``*`` in the last part of its path and the networks that the operator allows.
    It returns the URLs of the files, in any order, and raises
    :class:`~product_importer.errors.FetchError` as ``fetch`` does.
    """

    async def entries(self, url: str, allow: tuple[Network, ...]) -> Sequence[str]: ...


class Storage(Protocol):
    """Keeps uploaded files until their import has ended.

    A file is written part by part, by any process, and read when it is complete. Its URL comes from
    :meth:`new`. All methods raise :class:`~product_importer.errors.StorageError`, of code ``disk_full`` where
    there is no room and ``file_gone`` where the file isn't there.
    """

    @property
    def url(self) -> str:
        """The URL of the storage; the URLs of files are beneath it."""

    def new(self, filename: str) -> str:
        """Returns a URL for a new file with this name. Nothing is stored yet."""

    def holds(self, url: str) -> bool:
        """Whether a file with this URL belongs to this storage."""

    async def write(self, url: str, offset: int, part: bytes) -> None:
        """Stores the bytes that follow the first ``offset`` ones durably, so that they survive a crash.

        It overwrites what an interrupted call has stored there; a call that fails leaves the file as it was.
        """

    async def head(self, url: str, size: int) -> bytes:
        """Returns the file's first ``size`` bytes, which must be there."""

    def local(self, url: str, size: int) -> AbstractAsyncContextManager[Path]:
        """Provides the file, of ``size`` bytes, on this machine for as long as the context lasts."""

    async def remove(self, url: str) -> None:
        """Removes the file, complete or not."""

    async def check(self) -> None:
        """Raises if files can't be kept at all."""
