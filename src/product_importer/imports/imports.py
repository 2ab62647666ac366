"""The face of imports, as programs see it: ``Importer.imports``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from product_importer.errors import DatabaseError, ImportCancelled, StorageError
from product_importer.imports.checks import check_options, check_plugins
from product_importer.imports.running import Runner
from product_importer.model import (
    Actor,
    ImportOptions,
    ImportReport,
    ImportState,
    Once,
    Preview,
    RejectedRow,
    RowWarning,
    Status,
    author_of,
)
from product_importer.pipeline.preview import PREVIEW_BYTES, preview
from product_importer.storage.sources import (
    blocks_of,
    check_handed_over,
    checked_size,
    fetched,
    head_of,
    is_url,
)
from product_importer.store import imports as store
from product_importer.store.events import Audience
from product_importer.store.taking_over import take_over

if TYPE_CHECKING:
    from product_importer.pipeline.watch import OnProgress
    from product_importer.ports import Storage
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store.connect import Database
    from product_importer.store.uploads import Uploads

_logger = logging.getLogger(__name__)

REPORTED_REJECTS: Final = 100
"""How many rejected rows an :class:`ImportReport` holds; :meth:`Imports.rejects` gives all."""

REPORTED_WARNINGS: Final = 100
REPORTED_OF_A_CODE: Final = 10
"""How many warnings an :class:`ImportReport` holds, and how many of one code."""


class Imports:
    """The imports of one database, as ``Importer.imports``.

    ``actor`` says who asks for something: an :class:`~product_importer.model.Actor`, or its text, such as
    ``user:3``. Every method raises :class:`DatabaseError` where the database fails.
    """

    def __init__(
        self,
        database: Database,
        plugins: PluginSet,
        settings: Settings,
        storage: Storage,
        uploads: Uploads,
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._settings = settings
        self._uploads = uploads
        self._store = store.Imports(database, Audience(plugins.event_sinks.values()))
        self._runner = Runner(self._store, plugins, settings, storage)

    async def preview(
        self,
        source: bytes | str | PathLike[str],
        options: ImportOptions | None = None,
        *,
        complete: bool = False,
        rows: int = 20,
    ) -> Preview:
        """How a file would be read: encoding, delimiter, columns, the first rows and what is wrong with them.

        ``source`` is a path, or a file's first bytes, ``complete`` if they are all of it; no more than the
        first MiB is looked at. A file that would be refused has a ``problem``. Raises :class:`FileError`
        where there is no file, :class:`UsageError` for options that don't exist, and :class:`PluginError`.
        """
        options = options or ImportOptions(parser=self._settings.parser)
        check_plugins(options, self._plugins)
        if isinstance(source, bytes):
            head, complete = source[:PREVIEW_BYTES], complete and len(source) <= PREVIEW_BYTES
        else:
            head, complete = await asyncio.to_thread(head_of, Path(source), PREVIEW_BYTES)
        return await preview(
            *(self._plugins, head, options),
            complete=complete,
            rows=rows,
            seconds=self._settings.plugin_timeout,
            origin=await self._runner.origin(head),
        )

    async def create(
        self,
        source: str | PathLike[str],
        options: ImportOptions | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import by ``actor``, to be run by :meth:`start`, here or elsewhere. Returns its id."""
        options = options or ImportOptions(parser=self._settings.parser)
        check_options(options, self._plugins)
        text = str(source)
        if is_url(text):
            async with fetched(self._plugins, text) as (filename, stream):
                return await self.create_from(stream, filename, options, actor=actor)
        path = await asyncio.to_thread(Path(text).absolute)
        size = await asyncio.to_thread(checked_size, path)
        return await self._store.create(str(path), path.name, size, options, author_of(actor))

    async def create_from(
        self,
        stream: BinaryIO,
        filename: str,
        options: ImportOptions | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import of what is read from the stream, which is kept in the storage meanwhile.

        Raises :class:`StorageError` (``disk_full`` where there is no room), leaving nothing behind.
        """
        upload = await self._uploads.receive(filename, blocks_of(stream), actor=actor)
        return (await self.create_from_upload(upload.id, options))[0]

    async def create_from_upload(
        self,
        upload_id: str,
        options: ImportOptions | None = None,
        *,
        once: Once | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> tuple[int, bool]:
        """Registers an import of an upload that is complete: its id, and whether this call made it.

        The import takes the file over, unless it is a dry run: then the upload can be imported again.
        ``hand_over`` leaves it to the workers, as :meth:`hand_over` does. The import's author is ``actor``,
        or else the upload's. ``once`` gives back the import that an earlier call under the same key made.
        Raises :class:`UploadNotFound`, :class:`UploadIncomplete` and :class:`IdempotencyConflict`.
        """
        options = options or ImportOptions(parser=self._settings.parser)
        check_options(options, self._plugins)
        return await take_over(
            *(self._database, upload_id, options),
            hours=self._settings.upload_hours,
            once=once,
            background=hand_over,
            author=author_of(actor),
        )

    async def start(
        self,
        import_id: int,
        on_progress: OnProgress | None = None,
        *,
        stop: asyncio.Event | None = None,
    ) -> ImportReport:
        """Runs a registered import. One that was cancelled while it waited stays so, and is reported.

        Once ``stop`` is set, the import is given up at its next chunk's edge, for another process to go on
        with: that raises :class:`ImportInterrupted`. Raises what :meth:`resume` does.
        """
        try:
            await self._runner.run(import_id, on_progress, stop, revive=False)
        except ImportCancelled:
            return await self.report(import_id)
        return await self._ended(import_id, on_progress)

    async def resume(
        self,
        import_id: int,
        on_progress: OnProgress | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> ImportReport:
        """Runs a queued, interrupted, failed or cancelled import, from where it was to its end.

        ``Importer.actions`` and the log name ``actor``; the import's author stays.

        Raises :class:`ImportNotFound`, :class:`ImportBusy` where it is being run, :class:`LeaseLost` where
        another process took it over in the middle, :class:`DatabaseError` where the connection was lost
        (resume it again then), :class:`ImportEnded` where it has ended for good.
        """
        _log_request("go on", import_id, actor)
        await self._runner.run(import_id, on_progress, None, revive=True, actor=actor)
        return await self._ended(import_id, on_progress)

    async def hand_over(self, import_id: int, *, actor: Actor | str | None = None) -> None:
        """Leaves a registered, interrupted, failed or cancelled import to the workers. They read what lies in
        the storage, and no other files. ``Importer.actions`` and the log name ``actor``; the author stays.

        Raises :class:`ImportNotFound`, :class:`FileError` for an import of a path, :class:`ImportBusy` where
        it is being run, :class:`ImportEnded` where it has ended for good.
        """
        await self._store.hand_over(import_id, check_handed_over, actor)
        _log_request("go on", import_id, actor)

    async def cancel(self, import_id: int, *, actor: Actor | str | None = None) -> None:
        """Stops the import at its next chunk's edge, wherever it runs. What is saved stays saved.

        ``Importer.actions`` and the log name ``actor``.
        """
        await self._store.cancel(import_id, actor)
        _log_request("stop", import_id, actor)

    async def due(self, limit: int = 100) -> list[tuple[int, int]]:
        """What was handed over and nobody runs now, the oldest first: ids, and a number for each that grows
        with every attempt.
        """
        return await self._store.due(limit)

    async def suspected(self, import_id: int) -> bool:
        """Whether the process that ran the import last died, or lost the database, before it got on.

        A worker runs such an import alone, so that it takes no other one down.
        """
        return await self._store.suspected(import_id)

    async def interrupted(self) -> list[ImportState]:
        """Imports whose process ended before they did. :meth:`resume` takes them on."""
        return await self._store.interrupted()

    async def recent(self, limit: int = 20, *, before: int | None = None) -> list[ImportState]:
        """The latest imports, or the latest of those whose ids are below ``before``, newest first."""
        return await self._store.recent(limit, before)

    async def numbers(self) -> dict[Status, int]:
        """How many imports there are of each status; none of one that isn't named."""
        return await self._store.numbers()

    async def state(self, import_id: int) -> ImportState:
        """Raises :class:`ImportNotFound`."""
        return await self._store.state(import_id)

    async def report(self, import_id: int) -> ImportReport:
        """How the import stands, with its first rejected rows. Raises :class:`ImportNotFound`."""
        state = await self.state(import_id)
        rejected = []
        async for row in self.rejects(import_id):
            rejected.append(row)
            if len(rejected) == REPORTED_REJECTS:
                break
        warned = await self._store.first_warnings(import_id, REPORTED_OF_A_CODE, REPORTED_WARNINGS)
        return ImportReport(state, tuple(rejected), tuple(warned))

    async def rejects(self, import_id: int, *, after: int = 0) -> AsyncIterator[RejectedRow]:
        """Every rejected row of the import that follows the record ``after``, in the file's order."""
        async for row in self._store.rejects(import_id, after):
            yield row

    async def warnings(
        self, import_id: int, *, code: str | None = None, after: int = 0
    ) -> AsyncIterator[tuple[int, RowWarning]]:
        """The import's warnings that are kept: of each code, or of this one, the first 1,000, code by code.

        Each comes with its number, from 1; those up to the number ``after`` are left out.
        """
        async for numbered in self._store.warnings(import_id, code, after):
            yield numbered

    async def _ended(self, import_id: int, on_progress: OnProgress | None) -> ImportReport:
        report = await self.report(import_id)
        if report.status in (Status.COMPLETED, Status.PLANNED):
            await self._discard(report.state)
        if on_progress is not None:
            try:
                on_progress(report.state)
            except Exception:
                _logger.exception("The progress callback failed at the end of import %d", import_id)
        return report

    async def _discard(self, state: ImportState) -> None:
        """A file that can't be removed now is left to :meth:`Uploads.tidy`."""
        try:
            await self._uploads.discard(state.source)
        except (StorageError, DatabaseError) as error:
            _logger.warning("The file of import %d stays for now: %s", state.id, error)


def _log_request(what: str, import_id: int, actor: Actor | str | None) -> None:
    """The import keeps its author, whoever asks for more."""
    if actor is not None:
        _logger.info("Import %d was asked to %s by %s", import_id, what, actor)
