"""Where files come from, and where they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path


@runtime_checkable
class Source(Protocol):
    """Fetches a file from somewhere else, named by a URL whose scheme is one of ``schemes``."""

    @property
    def name(self) -> str: ...

    @property
    def schemes(self) -> tuple[str, ...]: ...

    async def fetch(self, url: str, into: Path) -> None: ...


class Storage(Protocol):
    """Keeps files that were handed over until their import has ended.

    A file is written part by part, by any process, and read when it is whole. It is known by a URL that
    :meth:`new` makes up. All methods raise :class:`~product_importer.errors.StorageError`, of code
    ``disk_full`` where there is no room and ``file_gone`` where the file isn't there.
    """

    @property
    def url(self) -> str:
        """Where the files lie; their own URLs are beneath it."""

    def new(self, filename: str) -> str:
        """A URL for a file that comes under this name. Nothing is stored yet."""

    def holds(self, url: str) -> bool:
        """Whether a file of this URL would lie here."""

    async def write(self, url: str, offset: int, part: bytes) -> None:
        """Stores the bytes that follow the first ``offset`` ones, so that they outlive a crash.

        What an interrupted call has stored there gives way; a call that fails leaves the file as it was.
        """

    async def head(self, url: str, size: int) -> bytes:
        """The file's first ``size`` bytes, which are there."""

    def local(self, url: str, size: int) -> AbstractAsyncContextManager[Path]:
        """The file, of ``size`` bytes, on this machine, for as long as the context lasts."""

    async def remove(self, url: str) -> None:
        """Removes the file, or what there is of it."""

    async def check(self) -> None:
        """Raises where files can't be kept at all."""
