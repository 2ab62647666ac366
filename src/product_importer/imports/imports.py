"""The programming interface for imports: ``Importer.imports``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Final

from product_importer.errors import DatabaseError, ImportCancelled, StorageError
from product_importer.imports.checks import answered
from product_importer.imports.creating import Creating
from product_importer.imports.inspecting import Inspecting
from product_importer.imports.planning import Planning
from product_importer.imports.rejects_files import RejectsFiles
from product_importer.imports.repeating import Repeating
from product_importer.imports.resubmitting import Resubmitting
from product_importer.imports.running import Runner
from product_importer.imports.telling import Telling, telling
from product_importer.imports.undoing import Undoing
from product_importer.model import (
    Actor,
    ImportReport,
    ImportState,
    RejectedRow,
    RowWarning,
    Status,
)
from product_importer.model.import_lists import ALL_IMPORTS, ImportFilter
from product_importer.storage.sources import check_handed_over, is_url
from product_importer.store import imports as store
from product_importer.store.events import Audience

if TYPE_CHECKING:
    from product_importer.pipeline.watch import OnProgress
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store.connect import Database
    from product_importer.store.kept_files import KeptFiles
    from product_importer.store.uploads import Uploads

_logger = logging.getLogger(__name__)

REPORTED_REJECTS: Final = 100
"""Number of rejected rows that an :class:`ImportReport` holds; :meth:`Imports.rejects` gives all."""

REPORTED_WARNINGS: Final = 100
REPORTED_OF_A_CODE: Final = 10
"""Number of warnings that an :class:`ImportReport` holds, in all and of one code."""


class Imports(Creating, Inspecting, Planning, RejectsFiles, Repeating, Resubmitting, Undoing):
    """The imports of one database, as ``Importer.imports``.

    ``actor`` is the one who asks: an :class:`~product_importer.model.Actor`, or its text, such as ``user:3``.
    Every method raises :class:`DatabaseError` if the database fails.
    """

    def __init__(
        self,
        database: Database,
        plugins: PluginSet,
        settings: Settings,
        files: KeptFiles,
        uploads: Uploads,
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._settings = settings
        self._files = files
        self._storage = files.storage
        self._uploads = uploads
        self._store = store.Imports(database, Audience(plugins.event_sinks.values()))
        self._runner = Runner(self._store, plugins, settings, files)

    async def start(
        self,
        import_id: int,
        on_progress: OnProgress | None = None,
        *,
        stop: asyncio.Event | None = None,
    ) -> ImportReport:
        """Runs a registered import. If it was cancelled while it waited, it stays cancelled, and is reported.

        When ``stop`` is set, the import is released after its current chunk, so that another process can
        continue it: this raises :class:`ImportInterrupted`. Otherwise raises the errors of :meth:`resume`.
        """
        async with telling(on_progress) as told:
            try:
                await self._runner.run(import_id, told, stop, revive=False)
            except ImportCancelled:
                return await self.report(import_id)
            return await self._ended(import_id, told)

    async def resume(
        self,
        import_id: int,
        on_progress: OnProgress | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> ImportReport:
        """Runs a queued, interrupted, failed or cancelled import to its end, from where it stopped.

        ``Importer.actions`` and the log name ``actor``; the import's author stays. Raises
        :class:`ImportNotFound`, :class:`ImportBusy` if another process runs it, :class:`LeaseLost` if another
        process took it over meanwhile, :class:`DatabaseError` if the connection was lost (resume it again
        then), :class:`ImportEnded` if it has ended for good.
        """
        _log_request("go on", import_id, actor)
        async with telling(on_progress) as told:
            await self._runner.run(import_id, told, None, revive=True, actor=actor)
            return await self._ended(import_id, told)

    async def hand_over(self, import_id: int, *, actor: Actor | str | None = None) -> None:
        """Hands a registered, interrupted, failed or cancelled import over to the workers. Workers read files
        in the storage only. ``Importer.actions`` and the log name ``actor``; the author stays.

        Raises :class:`ImportNotFound`, :class:`FileError` for an import of a path, :class:`ImportBusy` if a
        process runs it, :class:`ImportEnded` if it has ended for good.
        """
        await self._store.hand_over(import_id, check_handed_over, actor)
        _log_request("go on", import_id, actor)

    async def answer(
        self,
        import_id: int,
        given: Mapping[str, object],
        *,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> None:
        """Answers the questions of a waiting import by options, such as ``{"encoding": "cp1250"}``.

        The import is then queued again. ``hand_over``: the workers run it, unless its file is a path, which
        only the process of the user who named it may read. ``Importer.actions`` and the log name ``actor``.

        Raises :class:`ImportNotFound`, :class:`ConflictError` if the import doesn't wait for answers,
        :class:`QuestionsOpen` with the questions that these options leave open, and :class:`UsageError`.
        """
        await self._store.answer(
            import_id,
            lambda state: answered(state, given, self._plugins),
            actor,
            lambda source: hand_over and is_url(source),
        )
        _log_request("go on", import_id, actor)

    async def cancel(self, import_id: int, *, actor: Actor | str | None = None) -> None:
        """Stops the import after its current chunk, wherever it runs. Saved rows stay saved. The plan of a
        planned import is discarded; :meth:`hand_over` or :meth:`resume` plans it again.

        ``Importer.actions`` and the log name ``actor``.
        """
        await self._store.cancel(import_id, actor)
        _log_request("stop", import_id, actor)

    async def due(self, limit: int = 100) -> list[tuple[int, int]]:
        """Returns the handed-over imports that no process runs now, oldest first: ids, and for each a number
        that grows with every attempt.
        """
        return await self._store.due(limit)

    async def suspected(self, import_id: int) -> bool:
        """Returns whether the import's last process died, or lost the database, before any progress.

        A worker runs such an import alone, so that it can't take other imports down with it.
        """
        return await self._store.suspected(import_id)

    async def interrupted(self) -> list[ImportState]:
        """Returns imports that were running when their process ended. :meth:`resume` continues them."""
        return await self._store.interrupted()

    async def recent(
        self, limit: int = 20, *, before: int | None = None, only: ImportFilter = ALL_IMPORTS
    ) -> list[ImportState]:
        """Returns the latest imports, or the latest of those whose ids are below ``before``, newest first.

        ``only``: those with this status, profile, author, or part of a file's name.
        """
        return await self._store.recent(limit, before, only)

    async def authors(self, limit: int = 100) -> list[str]:
        """Returns the authors of imports, in the order of their texts."""
        return await self._store.authors(limit)

    async def numbers(self) -> dict[Status, int]:
        """Returns the number of imports by status; a status without imports is left out."""
        return await self._store.numbers()

    async def state(self, import_id: int) -> ImportState:
        """Returns the import's state. Raises :class:`ImportNotFound`."""
        return await self._store.state(import_id)

    async def report(self, import_id: int) -> ImportReport:
        """Returns the state with the first rejected rows and warnings. Raises :class:`ImportNotFound`."""
        state = await self.state(import_id)
        rejected = []
        async for row in self.rejects(import_id):
            rejected.append(row)
            if len(rejected) == REPORTED_REJECTS:
                break
        warned = await self._store.first_warnings(import_id, REPORTED_OF_A_CODE, REPORTED_WARNINGS)
        return ImportReport(state, tuple(rejected), tuple(warned))

    async def rejects(self, import_id: int, *, after: int = 0) -> AsyncIterator[RejectedRow]:
        """Yields the rejected rows of the import after the record ``after``, in the file's order."""
        async for row in self._store.rejects(import_id, after):
            yield row

    async def warnings(
        self, import_id: int, *, code: str | None = None, after: int = 0
    ) -> AsyncIterator[tuple[int, RowWarning]]:
        """Yields the import's kept warnings, of all codes or this one: the first 1,000 of each, code by code.

        Each comes with its number, from 1; those up to the number ``after`` are left out.
        """
        async for numbered in self._store.warnings(import_id, code, after):
            yield numbered

    async def _ended(self, import_id: int, told: Telling | None) -> ImportReport:
        state = await self.state(import_id)
        if state.status in (Status.COMPLETED, Status.PLANNED):
            await self._discard(state)
        report = await self.report(import_id)
        if told is not None:
            await told.end(report.state)
        return report

    async def _discard(self, state: ImportState) -> None:
        """Removes the import's file from the storage, and those of earlier imports whose time is over. If
        that fails, :meth:`Uploads.tidy` does it later.
        """
        try:
            await self._files.discard(state.source)
            await self._files.discard_expired()
        except (StorageError, DatabaseError) as error:
            _logger.warning("The file of import %d, or an earlier one, stays for now: %s", state.id, error)


def _log_request(what: str, import_id: int, actor: Actor | str | None) -> None:
    """Logs the actor of a request about an import; the import's author stays the same."""
    if actor is not None:
        _logger.info("Import %d was asked to %s by %s", import_id, what, actor)
