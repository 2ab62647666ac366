"""Runs one registered import under its lease, and records its result."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from product_importer.delimited.rejects_file import FindOrigin, Origin, origin_of, token
from product_importer.errors import (
    DatabaseError,
    EncodingUnclear,
    FileError,
    ImportCancelled,
    ImportInterrupted,
    ImportNotFound,
    LeaseLost,
    ProductImporterError,
    QuestionsOpen,
    TooManyConnections,
)
from product_importer.imports.checks import check_attempt, check_plugins
from product_importer.model import Actor, ImportState, Status
from product_importer.pipeline.run import ImportRun
from product_importer.pipeline.unpacking import Bounds
from product_importer.pipeline.watch import OnProgress, Tuning, Watch
from product_importer.ports import InputFile, ReadSoFar
from product_importer.storage.sources import check_handed_over, local_file
from product_importer.store.connect import translated_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store.imports import Imports
    from product_importer.store.kept_files import KeptFiles
    from product_importer.store.leases import PostgresLease

_logger = logging.getLogger(__name__)


class Runner:
    """Runs the imports of one database, whose files are in one storage."""

    def __init__(self, imports: Imports, plugins: PluginSet, settings: Settings, files: KeptFiles) -> None:
        self._imports = imports
        self._plugins = plugins
        self._settings = settings
        bounds = Bounds(settings.unpacked_size, settings.unpacked_ratio)
        self._tuning = Tuning(
            writers=settings.writers,
            plugin_timeout=settings.plugin_timeout,
            bounds=bounds,
            missing_share=settings.missing_share,
        )
        self._files = files
        self._storage = files.storage

    async def run(
        self,
        import_id: int,
        on_progress: OnProgress | None,
        stop: asyncio.Event | None,
        *,
        revive: bool,
        actor: Actor | str | None = None,
    ) -> None:
        """Runs the import to its end and records its status.

        ``revive`` also runs an import that has failed or was cancelled, as ``actor`` asked.
        Raises the lease's errors, :class:`ImportInterrupted` when ``stop`` is set, and :class:`LeaseLost` and
        :class:`DatabaseError` if the result can't be recorded.
        """
        async with self._imports.lease(import_id, revive=revive, actor=actor) as lease:
            try:
                async with translated_errors():
                    await self._run(lease, on_progress, stop, revive=revive)
            except ImportCancelled:
                await lease.finish(Status.CANCELLED, saved_so_far("Cancelled.", await lease.state()))
            except (QuestionsOpen, EncodingUnclear) as error:
                await _asked(lease, error)
            except (ImportInterrupted, LeaseLost, DatabaseError) as error:
                if (
                    isinstance(error, (ImportInterrupted, TooManyConnections))
                    or error.code == "database_full"
                ):
                    await lease.release()  # not the import's fault: it costs no attempt
                raise
            except ProductImporterError as error:
                await lease.finish(Status.FAILED, saved_so_far(str(error), await lease.state()))
            except Exception as error:
                # A defect of the program, of any type: an import left running would be retried again and
                # again. The error is reported as a defect, and the import gets a status from which it can be
                # resumed.
                _logger.exception("Import %d failed unexpectedly", import_id)
                reason = f"An unexpected error, {type(error).__name__}, ended the import: {error}."
                await lease.finish(Status.FAILED, saved_so_far(reason, await lease.state()))

    async def origin(self, header: Sequence[str]) -> Origin | None:
        """Returns the import whose rejected rows the file with this header holds, if this database has it."""
        if (named := origin_of(header)) is None:
            return None
        try:
            state = await self._imports.state(named[0])
        except ImportNotFound:
            return None
        if token(state) != named[1]:
            return None
        options = replace(state.options, rule=state.rules)
        # That import's own file may have held rejected rows, too, and so be read like an import before it.
        before = origin_of(state.header)
        if before is not None and before[0] < state.id:
            first = await self.origin(state.header)
            options = options if first is None else first.carried(options)
        return Origin(state.mapping, options)

    async def corrected(self, of: int, header: Sequence[str]) -> Origin:
        """Returns the import ``of``, whose corrected rows a file with this header has to hold.

        Raises :class:`FileError` if it doesn't.
        """
        named, origin = origin_of(header), await self.origin(header)
        if origin is None or named is None or named[0] != of:
            raise FileError(
                f"The file doesn't hold the rejected rows of import {of}, as its last columns show. Download "
                "that import's rejected rows, correct their cells, and leave the columns at the end.",
                code="not_its_rejects",
            )
        return origin

    def _origin_for(self, state: ImportState) -> FindOrigin:
        if state.kind != "resubmission" or state.of is None:
            return self.origin
        return partial(self.corrected, state.of)

    async def _run(
        self,
        lease: PostgresLease,
        on_progress: OnProgress | None,
        stop: asyncio.Event | None,
        *,
        revive: bool,
    ) -> None:
        state = await lease.state()
        if state.applied_at is not None:
            await self._apply(lease, state, on_progress, stop)
            return
        await lease.heartbeat(ReadSoFar())  # raises if the import was cancelled after its last owner died
        check_attempt(lease.attempt, state.options, self._plugins)
        if state.undo is not None:
            from product_importer.imports.undoing import plan_undo  # noqa: PLC0415 - few imports are undone

            watch = Watch(lease, self._plugins, state.options, self._tuning, on_progress, stop)
            await plan_undo(lease, state.undo, watch, dry_run=state.options.dry_run)
            if not state.options.dry_run:
                await self._apply(lease, await lease.state(), on_progress, stop)
            return
        check_plugins(state.options, self._plugins)
        if not revive and await self._imports.handed_over(lease.import_id):
            check_handed_over(state.source)
        if (wanted := await lease.to_fetch()) is not None:
            from product_importer.imports.fetching import Fetching  # noqa: PLC0415 - most files are here

            fetching = Fetching(lease, self._plugins, self._files, self._settings, on_progress, stop)
            if not await fetching.run(wanted):
                await lease.withdraw()
                return
            state = await lease.state()
        async with local_file(self._storage, state.source, state.bytes_total, lease, stop) as path:
            run = ImportRun(
                *(lease, self._plugins, InputFile(path, state.filename, state.bytes_total), state.options),
                tuning=self._tuning,
                origin_of=self._origin_for(state),
                on_progress=on_progress,
                stop=stop,
            )
            await run.run()

    async def _apply(
        self,
        lease: PostgresLease,
        state: ImportState,
        on_progress: OnProgress | None,
        stop: asyncio.Event | None,
    ) -> None:

        from product_importer.imports.applying import apply_plan  # noqa: PLC0415 - most imports have no plan

        watch = Watch(lease, self._plugins, state.options, self._tuning, on_progress, stop)
        watch.note(ReadSoFar(state.bytes_done, state.rows_read, state.rows_rejected))
        await lease.heartbeat(watch.read_so_far)  # raises if the import was cancelled meanwhile
        check_attempt(lease.attempt, state.options, self._plugins)
        in_order = await self._moves_skus(state)
        await apply_plan(lease, watch, writers=1 if in_order else self._tuning.writers)

    async def _moves_skus(self, state: ImportState) -> bool:
        """Returns whether SKUs may go from one product to another, as on the way back to a moment, or when
        that is undone.
        """
        undo = state.undo
        while undo is not None and undo.of_import is not None:
            undo = (await self._imports.state(undo.of_import)).undo
        return undo is not None and undo.to is not None


async def _asked(lease: PostgresLease, error: QuestionsOpen | EncodingUnclear) -> None:
    """Lets the import wait for answers, unless its options refuse questions."""
    state = await lease.state()
    if state.options.questions == "ask":
        await lease.wait(error.questions)
    else:
        await lease.finish(Status.FAILED, saved_so_far(str(error), state), error.questions)


def saved_so_far(reason: str, state: ImportState) -> str:
    """Returns the reason for the end of an import, with what the import had changed until then."""
    counts = state.counts
    done = {
        "products": counts.created + counts.updated,
        "deleted": counts.deleted + counts.removed,
        "deactivated": counts.deactivated,
    }
    if state.options.dry_run or not any(done.values()):
        return f"{reason} Nothing was changed."
    saved = ", ".join(f"{count:,} {what}" for what, count in done.items() if count)
    return f"{reason} Saved so far: {saved}; resume the import to go on."
