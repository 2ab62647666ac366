"""Runs one import from the file to its end, under a lease: reads the whole file, then saves it in chunks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from product_importer.delimited.rejects_file import FindOrigin, no_origin
from product_importer.errors import RejectedRowsError, WarnedError
from product_importer.model import ImportOptions, RowWarning, Status
from product_importer.pipeline.file_digest import FileDigest
from product_importer.pipeline.first_pass import FirstPass
from product_importer.pipeline.missing import LackingProducts
from product_importer.pipeline.saving import ChunkMaker, Contents
from product_importer.pipeline.second_pass import SecondPass
from product_importer.pipeline.side_thread import SideThread
from product_importer.pipeline.spool import Spool
from product_importer.pipeline.terms import terms_of
from product_importer.pipeline.unpacking import unpacked
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.pipeline.warning_log import WarningLog
from product_importer.pipeline.watch import OnProgress, Tuning, Watch
from product_importer.ports import InputFile, Lease
from product_importer.registry import PluginSet

T = TypeVar("T")


class ImportRun:
    """Runs one import to its end. ``options`` name a parser and a policy that ``plugins`` has; ``origin_of``
    finds the import of which a file with such a header holds the rejected rows.
    """

    def __init__(
        self,
        lease: Lease,
        plugins: PluginSet,
        file: InputFile,
        options: ImportOptions,
        *,
        tuning: Tuning,
        origin_of: FindOrigin = no_origin,
        on_progress: OnProgress | None = None,
        stop: asyncio.Event | None = None,
    ) -> None:
        self._lease = lease
        self._plugins = plugins
        self._file = file
        self._options = options
        self._tuning = tuning
        self._origin_of = origin_of
        self._watch = Watch(lease, plugins, options, tuning, on_progress, stop)

    async def run(self) -> None:
        """Runs the import. Raises the error that ends it early; saved chunks stay saved."""
        async with self._watch.watching():
            await self._run()

    async def _run(self) -> None:
        beat = self._watch.raise_if_stopped
        async with unpacked(self._plugins, self._file, self._options, self._tuning.bounds, beat) as file:
            await self._run_unpacked(file)

    async def _run_unpacked(self, file: InputFile) -> None:
        with Spool() as spool, SideThread("save") as thread, FileDigest(self._file.path) as digest:
            reading = FirstPass(
                *(self._lease, self._plugins, file, self._options, self._watch),
                digest=digest,
                timeout=self._tuning.plugin_timeout,
                origin_of=self._origin_of,
            )
            contents = await reading.read(spool, thread)
            policy = self._plugins.dedupe_policies[self._options.duplicates]
            terms = terms_of(reading.options, contents.mapping, await self._lease.place())
            with ChunkMaker(contents, self._plugins, policy, terms) as maker:
                saving = SecondPass(
                    *(self._lease, self._watch, maker, thread, spool, terms), writers=self._tuning.writers
                )
                lacking = LackingProducts(
                    *(self._lease, self._watch, maker, thread, spool, self._options),
                    share=self._tuning.missing_share,
                )
                sample = await thread.call(maker.sample)
                async with _ahead(saving.known(*sample)) as known:
                    await self._watch.patiently(maker, thread.call(maker.resolve))
                    await self._warn(contents, maker, thread)
                    await self._check_rejected(maker, thread, len(spool))
                    self._check_warnings(contents.warnings)
                    if open_question := await lacking.question(terms):
                        terms = saving.plan_only()
                    await saving.save(await known)
                await lacking.end(terms)
        await self._lease.finish(Status.PLANNED if terms.dry_run else Status.COMPLETED, open_question)

    async def _warn(self, contents: Contents, maker: ChunkMaker, thread: SideThread) -> None:
        """Completes the warnings and stores them before the first chunk, so they are kept at any end."""
        warnings = contents.warnings
        if not contents.spool.records:
            warnings.extend([_no_rows()])
        await self._watch.patiently(maker, thread.call(partial(maker.list_duplicates, warnings)))
        await contents.twins.find(contents, self._lease, thread)
        if warnings.counts:
            await self._lease.warn(warnings.counts, list(warnings))

    def _check_warnings(self, warnings: WarningLog) -> None:
        if self._options.on_warning == "keep" or not warnings.damaging:
            return
        total = sum(warnings.damaging.values())
        codes = ", ".join(f"{code} {count:,}" for code, count in warnings.damaging.items())
        raise WarnedError(
            f"{total:,} {'warning was' if total == 1 else 'warnings were'} given ({codes}) and none is "
            "allowed, so nothing was imported. Correct the rows, or import the file with warnings allowed."
        )

    async def _check_rejected(self, maker: ChunkMaker, thread: SideThread, batches: int) -> None:
        limit = 0 if self._options.on_error == "abort" else self._options.max_errors
        if limit is None:
            return
        rejected = await self._watch.patiently(maker, thread.call(maker.rejected))
        present: list[list[str]] = []
        for number in range(batches):
            _, keys = await self._watch.patiently(maker, thread.call(partial(maker.winners, number)))
            present.append(await self._lease.present(keys) if keys else [])
            rejected += len(keys) - len(present[-1])
        if rejected <= limit:
            return
        async with self._lease.writer(terms_of(self._options, None, "")) as writer:
            for number in range(batches):
                rejects = thread.call(partial(maker.rejects_only, number, present[number]))
                chunk = await self._watch.patiently(maker, rejects)
                await writer.save_rejects(chunk)
        allowed = "none is allowed" if limit == 0 else f"at most {limit:,} are allowed"
        raise RejectedRowsError(
            f"{rejected:,} {'row was' if rejected == 1 else 'rows were'} rejected and {allowed}, "
            "so nothing was imported. Correct the rows and import the file again."
        )


@asynccontextmanager
async def _ahead(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Starts the work at once as a task, to be awaited later; the task is cancelled when the block ends."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # marks the exception as retrieved: only the block needs it


def _no_rows() -> RowWarning:
    return RowWarning(
        WarningCode.NO_ROWS,
        "The file has a header and no rows, so there was nothing to import. Check that it is complete.",
    )
