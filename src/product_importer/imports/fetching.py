"""Fetches an import's file from its URL into the storage, under the import's lease."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote, urlsplit

from product_importer.errors import FetchError, FileError, ImportInterrupted, PluginError, UsageError
from product_importer.guards import guard
from product_importer.ports import Fetch, Fetched
from product_importer.storage.names import file_name
from product_importer.storage.temporary import temporary_folder
from product_importer.store.receiving import PART_BYTES
from product_importer.support.urls import scrubbed, without_secrets

if TYPE_CHECKING:
    from product_importer.pipeline.watch import OnProgress
    from product_importer.ports import ReportingSource, Source, Storage
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store.leases import PostgresLease

_TICK: Final = 0.25
"""Seconds between heartbeats, and between progress messages."""

_LONGEST: Final = 2_000
"""Maximum number of characters of a URL."""


def check_url(url: str, plugins: PluginSet) -> None:
    """Raises :class:`UsageError` if the text is no URL, or no source fetches URLs of its scheme."""
    try:
        valid = len(url) <= _LONGEST and url.isprintable() and " " not in url and bool(urlsplit(url).scheme)
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"This is no URL. Give one without blanks, up to {_LONGEST:,} characters long.")
    plugins.source_for(url)


def name_in(url: str) -> str:
    """Returns the file's name, as the URL has it."""
    return file_name(unquote(urlsplit(url).path))


class Fetching:
    """Fetches one import's file."""

    def __init__(
        self,
        lease: PostgresLease,
        plugins: PluginSet,
        storage: Storage,
        settings: Settings,
        on_progress: OnProgress | None,
        stop: asyncio.Event | None,
    ) -> None:
        self._lease = lease
        self._plugins = plugins
        self._storage = storage
        self._settings = settings
        self._on_progress = on_progress
        self._stop = stop
        self._done = 0
        self._total: int | None = None

    async def run(self, url: str) -> None:
        """Fetches the file, keeps it in the storage and records that.

        Raises :class:`FetchError`, :class:`StorageError`, :class:`PluginError` and the lease's errors, and
        :class:`ImportInterrupted` if the process is to stop.
        """
        task = asyncio.create_task(self._run(url))
        try:
            while not (await asyncio.wait({task}, timeout=_TICK))[0]:
                await self._lease.fetching(self._done, self._total)
                if self._on_progress is not None:
                    self._on_progress(await self._lease.state())
                if self._stop is not None and self._stop.is_set():
                    raise ImportInterrupted("The process stops; the file is fetched anew in another.")
            task.result()
        finally:
            task.cancel()
            with suppress(BaseException):
                await task

    async def _run(self, url: str) -> None:
        with temporary_folder() as folder:
            path = folder / name_in(url)
            fetched = await self._fetched(url, path)
            await self._keep(path, file_name(fetched.filename) if fetched.filename else path.name)

    async def _fetched(self, url: str, path: Path) -> Fetched:
        source = self._plugins.source_for(url)
        try:
            with guard(self._plugins, "source", source.name, on=without_secrets(url)):
                async with asyncio.timeout(self._settings.fetch_seconds) as limit:
                    return await self._ask(source, url, path)
        except PluginError as error:
            if limit.expired():
                raise FetchError(
                    f"{without_secrets(url)} was not fetched within {self._settings.fetch_seconds:g} seconds "
                    "(PRODUCT_IMPORTER_FETCH_SECONDS).",
                    code="fetch_timeout",
                ) from None
            raise PluginError(scrubbed(str(error), url), plugin=error.plugin, code=error.code) from None
        except FileError as error:
            raise FetchError(scrubbed(str(error), url), code=error.code) from None

    async def _ask(self, source: Source | ReportingSource, url: str, path: Path) -> Fetched:
        found: object = Fetched()
        if len(signature(source.fetch).parameters) == 1:
            fetch = Fetch(url, path, self._progress, allow=self._settings.fetch_allow)
            found = await cast("ReportingSource", source).fetch(fetch)
        else:
            await cast("Source", source).fetch(url, path)
        if not isinstance(found, Fetched):
            raise TypeError(f"fetch() gave {found!r}; give a Fetched.")
        self._progress((await asyncio.to_thread(path.stat)).st_size, None)
        return found

    def _progress(self, done: int, total: int | None) -> None:
        most = self._settings.max_fetch
        if max(done, total or 0) > most:
            raise FetchError(
                f"The file is larger than may be fetched: {most:,} bytes (PRODUCT_IMPORTER_MAX_FETCH).",
                code="fetch_too_large",
            )
        self._done, self._total = done, total

    async def _keep(self, path: Path, filename: str) -> None:
        """Copies the file into the storage. What an interrupted attempt left there is removed before."""
        await self._storage.remove((await self._lease.state()).source)
        source = self._storage.new(filename)
        await self._lease.kept_at(source, filename)
        with await asyncio.to_thread(path.open, "rb") as file:
            part = await asyncio.to_thread(file.read, PART_BYTES)
            await self._storage.write(source, 0, part)  # also if it is empty
            size = len(part)
            while part := await asyncio.to_thread(file.read, PART_BYTES):
                await self._storage.write(source, size, part)
                size += len(part)
        await self._lease.fetched(size)
