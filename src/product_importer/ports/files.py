"""The protocols of sources, which fetch files, and of the storage, which keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path


@runtime_checkable
class Source(Protocol):
    """Fetches a file from another place, given by a URL whose scheme is one of ``schemes``."""

    @property
    def name(self) -> str: ...

    @property
    def schemes(self) -> tuple[str, ...]: ...

    async def fetch(self, url: str, into: Path) -> None: ...


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
