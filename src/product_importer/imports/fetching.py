"""Fetches an import's file from its URL into the storage, under the import's lease."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import contextmanager, suppress
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote, urlsplit

from product_importer.errors import FetchError, FileError, ImportInterrupted, PluginError, UsageError
from product_importer.guards import guard
from product_importer.imports.served import encoding_of, name_of
from product_importer.pipeline.watch import tell
from product_importer.ports import Fetch, Fetched, ListingSource, NotModified
from product_importer.storage.names import file_name
from product_importer.store.fetching import Marks
from product_importer.store.receiving import PART_BYTES
from product_importer.store.taking_over import FilePlace
from product_importer.support.temporary import temporary_folder
from product_importer.support.urls import misses_escapes, scrubbed, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.pipeline.watch import OnProgress
    from product_importer.ports import ReportingSource, Source, Storage
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store.fetching import ToFetch
    from product_importer.store.kept_files import KeptFiles
    from product_importer.store.leases import PostgresLease

_TICK: Final = 0.25
"""Seconds between heartbeats, and between progress messages."""

_MOST_ENTRIES: Final = 1_000
"""Maximum number of files that one URL stands for."""

_LONGEST: Final = 2_000
"""Maximum number of characters of a URL."""


def check_url(url: str, plugins: PluginSet) -> None:
    """Raises :class:`UsageError` if the text is no URL, or no source fetches URLs of its scheme. No message
    has a part of the URL, since a password may stand anywhere in what isn't one.
    """
    try:
        unescaped = misses_escapes(url)
        written = len(url) <= _LONGEST and url.isprintable() and " " not in url
        valid = written and (unescaped or _has_host(url))
    except ValueError:
        unescaped = valid = False
    if not valid:
        raise UsageError(
            f"This is no URL. Give one with a host and without blanks, up to {_LONGEST:,} characters long."
        )
    if unescaped:
        raise UsageError(
            "The URL has an @ beyond its host. Write special characters of a password percent-encoded, such "
            "as %2F for /, %23 for #, %3F for ? and %40 for @, and so any other @."
        )
    plugins.source_for(url)


def _has_host(url: str) -> bool:
    """Returns whether the URL has a scheme and a host. Raises ValueError if it has a wrong port, too."""
    parts = urlsplit(url)
    return bool(parts.scheme and parts.hostname) and parts.port != 0


def name_in(url: str) -> str:
    """Returns the file's name, as the URL has it."""
    return file_name(unquote(urlsplit(url).path))


async def entries_of(url: str, plugins: PluginSet, settings: Settings) -> list[str]:
    """Returns the URLs of the files that a URL with ``*`` in its last part stands for, by name.

    A URL without ``*``, or whose source doesn't list files, stands for itself. Raises :class:`UsageError` as
    :func:`check_url` does, :class:`FetchError` if no file matches or there are too many, and
    :class:`PluginError`.
    """
    check_url(url, plugins)
    source = plugins.source_for(url)
    if "*" not in urlsplit(url).path.rpartition("/")[2] or not isinstance(source, ListingSource):
        return [url]
    with without_their_secrets(url), guard(plugins, "source", source.name, on=without_secrets(url)):
        async with asyncio.timeout(settings.plugin_timeout):
            found = sorted(await source.entries(url, settings.fetch_allow))
    if not 0 < len(found) <= _MOST_ENTRIES:
        raise FetchError(
            f"{len(found):,} files match {without_secrets(url)}; it has to be 1 to {_MOST_ENTRIES:,}."
        )
    return found


@contextmanager
def without_their_secrets(url: str) -> Iterator[None]:
    """Removes the secrets of the URL from the messages of errors."""
    try:
        yield
    except PluginError as error:
        raise PluginError(scrubbed(str(error), url), plugin=error.plugin, code=error.code) from None
    except FileError as error:
        raise FetchError(scrubbed(str(error), url), code=error.code) from None


def place_of(url: str, storage: Storage) -> FilePlace:
    """Returns where the file of the URL will be kept."""
    filename = name_in(url)
    return FilePlace(url, without_secrets(url), filename, storage.new(filename))


class Fetching:
    """Fetches one import's file."""

    def __init__(
        self,
        lease: PostgresLease,
        plugins: PluginSet,
        files: KeptFiles,
        settings: Settings,
        on_progress: OnProgress | None,
        stop: asyncio.Event | None,
    ) -> None:
        self._lease = lease
        self._plugins = plugins
        self._files = files
        self._storage = files.storage
        self._settings = settings
        self._on_progress = on_progress
        self._stop = stop
        self._done = 0
        self._total: int | None = None

    async def run(self, wanted: ToFetch) -> bool:
        """Fetches the file, keeps it in the storage and records that.

        Returns False if it is the file that the import's schedule has imported before; nothing is kept then.

        Raises :class:`FetchError`, :class:`StorageError`, :class:`PluginError` and the lease's errors, and
        :class:`ImportInterrupted` if the process is to stop.
        """
        task = asyncio.create_task(self._run(wanted))
        try:
            while not (await asyncio.wait({task}, timeout=_TICK))[0]:
                await self._lease.fetching(self._done, self._total)
                if self._on_progress is not None:
                    self._on_progress = tell(self._on_progress, await self._lease.state())
                if self._stop is not None and self._stop.is_set():
                    raise ImportInterrupted("The process stops; the file is fetched anew in another.")
            return task.result()
        finally:
            task.cancel()
            with suppress(BaseException):
                await task

    async def _run(self, wanted: ToFetch) -> bool:
        with temporary_folder() as folder:
            path = folder / name_in(wanted.url)
            fetched = await self._fetched(wanted, path)
            if isinstance(fetched, NotModified):
                return False
            marks = None
            if wanted.scheduled:
                marks = Marks(fetched, await asyncio.to_thread(_digest, path))
                if wanted.last is not None and marks.sha256 == wanted.last.sha256:
                    return False
            await self._keep(path, fetched, marks)
            return True

    async def _fetched(self, wanted: ToFetch, path: Path) -> Fetched | NotModified:
        url = wanted.url
        source = self._plugins.source_for(url)
        seconds = self._settings.fetch_seconds
        with without_their_secrets(url):
            try:
                with guard(self._plugins, "source", source.name, on=without_secrets(url)):
                    async with asyncio.timeout(seconds) as limit:
                        return await self._ask(source, wanted, path)
            except PluginError:
                if not limit.expired():
                    raise
                raise FetchError(
                    f"{without_secrets(url)} was not fetched within {seconds:g} seconds "
                    "(PRODUCT_IMPORTER_FETCH_SECONDS).",
                    code="fetch_timeout",
                ) from None

    async def _ask(
        self, source: Source | ReportingSource, wanted: ToFetch, path: Path
    ) -> Fetched | NotModified:
        found: object = Fetched()
        previous = None if wanted.last is None else wanted.last.fetched
        if len(signature(source.fetch).parameters) == 1:
            fetch = Fetch(wanted.url, path, self._progress, previous, self._settings.fetch_allow)
            found = await cast("ReportingSource", source).fetch(fetch)
        else:
            await cast("Source", source).fetch(wanted.url, path)
        if isinstance(found, NotModified) and previous is not None:
            return found
        if not isinstance(found, Fetched):
            raise TypeError(f"fetch() gave {found!r}; give a Fetched.")
        size, total = (await asyncio.to_thread(path.stat)).st_size, self._total
        if size < (total or 0):
            raise FetchError(f"The file is incomplete: {size:,} of {total:,} bytes came. Try again later.")
        self._progress(size, None)
        return found

    def _progress(self, done: int, total: int | None) -> None:
        most = self._settings.max_fetch
        if max(done, total or 0) > most:
            raise FetchError(
                f"The file is larger than may be fetched: {most:,} bytes (PRODUCT_IMPORTER_MAX_FETCH).",
                code="fetch_too_large",
            )
        self._done, self._total = done, total

    async def _keep(self, path: Path, fetched: Fetched, marks: Marks | None) -> None:
        """Copies the file into the storage. What an interrupted attempt left there is removed before."""
        filename = name_of(fetched, path.name, self._plugins)
        state = await self._lease.state()
        encoding = None
        if state.options.encoding is None and "encoding" not in state.options.reading:
            encoding = await asyncio.to_thread(encoding_of, path, fetched.charset)
        if self._storage.holds(state.source):  # else it was registered for another storage
            await self._storage.remove(state.source)
        source = self._storage.new(filename)
        await self._lease.kept_at(source, filename)
        with await asyncio.to_thread(path.open, "rb") as file:
            part = await asyncio.to_thread(file.read, PART_BYTES)
            await self._files.write(source, 0, part)  # also if it is empty
            size = len(part)
            while part := await asyncio.to_thread(file.read, PART_BYTES):
                await self._files.write(source, size, part)
                size += len(part)
        await self._lease.fetched(size, marks, encoding)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
