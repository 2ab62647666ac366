"""One import from the file to its end, under a lease: read everything, decide, then save chunk by chunk."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa

from product_importer.delimited.rejects_file import Origin
from product_importer.errors import (
    FileError,
    ImportInterrupted,
    ParserDeclined,
    RejectedRowsError,
    WarnedError,
)
from product_importer.fields import CLEARABLE
from product_importer.model import ImportOptions, ImportState, Phase, RowWarning, Status
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.file_digest import FileDigest
from product_importer.pipeline.merged import MergedDigests
from product_importer.pipeline.pace import Pace
from product_importer.pipeline.reading import FALLBACK_PARSER, FileReader, no_answer
from product_importer.pipeline.sample import Sample
from product_importer.pipeline.saving import ChunkMaker, Contents
from product_importer.pipeline.spool import Spool
from product_importer.pipeline.spooling import Spooling
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.pipeline.warning_log import WarningLog
from product_importer.pipeline.worker import Worker
from product_importer.ports import Chunk, Lease, ReadSoFar, Terms
from product_importer.registry import PluginSet

logger = logging.getLogger(__name__)

T = TypeVar("T")
OnProgress = Callable[[ImportState], object]

_PRODUCTS_A_ROW: Final = 4
"""Finding a product by its key takes as long as reading over some fifteen; but digests take memory."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """``writers``: connections that save at once; ``tick``: seconds between heartbeats and progress messages;
    ``plugin_timeout``: seconds that a plugin's object may take for one batch.
    """

    writers: int = 2
    tick: float = 0.25
    plugin_timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class _Again:
    """How the file is to be read instead; ``seen``: all of it was seen."""

    assumed: Assumptions
    seen: bool


class ImportRun:
    """Runs one import to its end. ``options`` name a parser and a policy that ``plugins`` has; ``origin`` is
    the import of which the file holds the rejected rows.
    """

    def __init__(
        self,
        lease: Lease,
        plugins: PluginSet,
        path: Path,
        options: ImportOptions,
        *,
        tuning: Tuning,
        origin: Origin | None = None,
        on_progress: OnProgress | None = None,
        stop: asyncio.Event | None = None,
    ) -> None:
        self._lease = lease
        self._plugins = plugins
        self._path = path
        self._options = options
        self._tuning = tuning
        self._origin = origin
        self._on_progress = on_progress
        self._read_so_far = ReadSoFar()
        self._sample_due = True
        self._asked_to_stop = stop or asyncio.Event()
        self._stop: Exception | None = None

    async def run(self) -> None:
        """Raises what ends the import early; what was saved by then stays saved."""
        ticker = asyncio.create_task(self._tick())
        try:
            await self._run()
        finally:
            ticker.cancel()
            with suppress(asyncio.CancelledError):
                await ticker

    async def _run(self) -> None:
        with Spool() as spool, Worker("save") as worker, FileDigest(self._path) as self._digest:
            contents = await self._read(spool, worker)
            policy = self._plugins.dedupe_policies[self._options.duplicates]
            terms = self._terms(contents.mapping, await self._lease.place())
            with ChunkMaker(contents, self._plugins, policy, terms) as maker:
                sample = await worker.call(maker.sample)
                async with _ahead(self._merged(*sample, spool.records, worker)) as merged:
                    await self._patiently(maker, worker.call(maker.resolve))
                    await self._warn(contents, maker, worker)
                    await self._check_rejected(maker, worker, len(spool))
                    self._check_warnings(contents.warnings)
                    await self._save(maker, worker, spool, terms, await merged)
                if self._options.missing == "deactivate":
                    await self._deactivate(maker, worker, spool, terms)
        await self._lease.finish(Status.PLANNED if self._options.dry_run else Status.COMPLETED, "")

    # --- first pass

    async def _read(self, spool: Spool, worker: Worker) -> Contents:
        parser = self._plugins.parsers[self._options.parser]
        try:
            return await self._read_with(parser.name, spool, worker)
        except ParserDeclined as declined:
            if parser.name == FALLBACK_PARSER:
                raise
            logger.info("Parser %r declines %s: %s", parser.name, self._path.name, declined)
            await worker.call(spool.clear)
            return await self._read_with(FALLBACK_PARSER, spool, worker)

    async def _read_with(self, parser_name: str, spool: Spool, worker: Worker) -> Contents:
        """Reads the file, and again where its rows show that it is to be read otherwise.

        It is begun anew at once for each guess that is given up, and read again once or twice at most after
        all of it was seen: then guesses may only come back, and the rest follows from the rows.
        """
        assumed, seen = Assumptions(), False
        while True:
            found = await self._read_under(assumed, seen, parser_name, spool, worker)
            if isinstance(found, Contents):
                return found
            assumed, seen = found.assumed, found.seen
            logger.info("%s is read again, because of what its rows show", self._path.name)
            await worker.call(spool.clear)

    async def _read_under(
        self, assumed: Assumptions, seen: bool, parser_name: str, spool: Spool, worker: Worker
    ) -> Contents | _Again:
        rejected = 0
        saved = await self._lease.saved()
        reader = FileReader(
            self._plugins,
            self._plugins.parsers[parser_name],
            self._path,
            self._options,
            timeout=self._tuning.plugin_timeout,
            assumed=assumed,
            origin=self._origin,
        )
        async with reader, Spooling(spool, worker) as spooling:
            names = [use.attribute for use in reader.mapping.attributes]
            known = await self._lease.attribute_names(names, note=not self._options.dry_run)
            reader.mapping = reader.mapping.named(known)
            described = reader.reading
            await self._lease.describe(described)
            sample = Sample(self._lease, self._terms(reader.mapping, await self._lease.place()), saved)
            pace = Pace()
            async for batch in reader.batches():
                self._raise_if_stopped()
                if not seen and (better := reader.evidence.at_once()) is not None:
                    return _Again(better, seen=False)
                await spooling.append(batch)
                rejected += batch.spooled.rejects.num_rows
                if self._sample_due:
                    self._sample_due = False
                    await sample.add(batch.spooled)
                self._note(
                    ReadSoFar(
                        *(batch.bytes_done, batch.spooled.last, rejected, pace.at(batch.bytes_done)),
                        *(sample.rows, sample.unchanged),
                    )
                )
                if self._options.max_errors is not None and rejected > self._options.max_errors:
                    break
            await spooling.done()
            await self._lease.heartbeat(self._read_so_far)  # a quick import ends before the next is due
            whole = self._options.max_errors is None or rejected <= self._options.max_errors
            if whole and (better := reader.evidence.after_all()) is not None:
                return _Again(better, seen=True)
            if reader.reading != described:  # what shows the encoding may come late in the file
                await self._lease.describe(reader.reading)
            reader.warnings.extend(reader.column_warnings if whole else reader.mapping.warnings)
            contents = Contents(
                spool,
                await worker.call(spooling.repeated),
                reader.mapping,
                reader.warnings,
                reader.twins,
            )
            if whole:
                await self._lease.file_read(spool.records, await self._digest.sha256(), spooling.rows_digest)
            return contents

    # --- between the passes

    async def _warn(self, contents: Contents, maker: ChunkMaker, worker: Worker) -> None:
        """Completes the warnings and stores them, before anything is saved: they are there at any end."""
        warnings = contents.warnings
        if not contents.spool.records:
            warnings.extend([_no_rows()])
        await self._patiently(maker, worker.call(partial(maker.list_duplicates, warnings)))
        await contents.twins.find(contents.spool, self._lease, contents.mapping, warnings, worker)
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

    async def _check_rejected(self, maker: ChunkMaker, worker: Worker, batches: int) -> None:
        limit = 0 if self._options.on_error == "abort" else self._options.max_errors
        if limit is None:
            return
        rejected = await self._patiently(maker, worker.call(maker.rejected))
        if rejected <= limit:
            return
        async with self._lease.writer(self._terms(None, "")) as writer:
            for number in range(batches):
                chunk = await self._patiently(maker, worker.call(partial(maker.rejects_only, number)))
                await writer.save_rejects(chunk)
        allowed = "none is allowed" if limit == 0 else f"at most {limit:,} are allowed"
        raise RejectedRowsError(
            f"{rejected:,} {'row was' if rejected == 1 else 'rows were'} rejected and {allowed}, "
            "so nothing was imported. Correct the rows and import the file again."
        )

    def _terms(self, mapping: FieldMapping | None, place: str) -> Terms:
        clear = self._options.blank == "clear"
        attributes = () if mapping is None else tuple(use.attribute for use in mapping.attributes)
        cleared = () if mapping is None else filter(mapping.column_of, CLEARABLE)
        return Terms(
            clear=frozenset(cleared if clear else ()),
            clear_attributes=attributes if clear and attributes else None,
            dry_run=self._options.dry_run,
            place=place,
        )

    # --- second pass

    async def _save(
        self, maker: ChunkMaker, worker: Worker, spool: Spool, terms: Terms, merged: MergedDigests
    ) -> None:
        saved = await self._lease.saved()
        waiting = deque(range(len(spool)))
        upcoming: deque[asyncio.Future[list[Chunk]]] = deque()

        def begin() -> None:
            """The worker prepares the next batch while those before it are being saved."""
            if waiting:
                upcoming.append(worker.call(partial(maker.chunks, waiting.popleft(), saved, merged)))

        failed = asyncio.Event()

        async def write() -> None:
            async with self._lease.writer(terms) as writer:
                while upcoming:
                    prepared = upcoming.popleft()
                    begin()
                    for chunk in await self._patiently(maker, prepared):
                        self._raise_if_stopped()
                        if failed.is_set():
                            return
                        await writer.save(chunk)

        async def write_unless_another_failed() -> None:
            try:
                await write()
            except BaseException:
                failed.set()  # the others finish the chunk they are in
                raise

        begin()
        count = min(self._tuning.writers, len(spool))
        writers = [asyncio.create_task(write_unless_another_failed()) for _ in range(count)]
        try:
            await asyncio.gather(*writers)
        finally:
            await asyncio.gather(*writers, return_exceptions=True)

    async def _merged(
        self, keys: list[str], digests: list[bytes], records: int, worker: Worker
    ) -> MergedDigests:
        """What the products show already, where reading all of them is quicker than asking for the file's.

        ``keys`` and ``digests``: of a sample of the file's rows, ``records`` being all of them.
        """
        merged = MergedDigests()

        def take(digests: pa.FixedSizeBinaryArray) -> None:
            self._raise_if_stopped()
            merged.add(digests)

        if unchanged := await self._lease.unchanged(keys, digests):
            at_most = _PRODUCTS_A_ROW * records * unchanged // len(keys)
            await self._lease.merged(at_most, take)
            await worker.call(merged.sort)
        return merged

    async def _deactivate(self, maker: ChunkMaker, worker: Worker, spool: Spool, terms: Terms) -> None:
        if not any(batch.rows.num_rows for batch in spool):
            raise FileError(
                "No row of the file could be imported, so no product was deactivated. "
                "Check that this is the right file.",
                code="nothing_to_keep",
            )
        if unknown := await worker.call(maker.unknown):
            raise _not_deactivated(unknown, self._options.dry_run)
        await self._lease.phase(Phase.DEACTIVATING)

        async def keys() -> AsyncIterator[pa.StringArray]:
            for number in range(len(spool)):
                yield await worker.call(partial(maker.keys, number))

        async with self._lease.writer(terms) as writer:
            await self._unless_stopped(writer.deactivate_missing(keys()))

    # --- all the while

    async def _tick(self) -> None:
        while self._stop is None:
            try:
                await self._lease.heartbeat(self._read_so_far)
                self._sample_due = True
                await self._report()
            except Exception as error:  # noqa: BLE001 - raised by the run, at its next edge
                self._stop = error
            await asyncio.sleep(self._tuning.tick)

    def _note(self, read: ReadSoFar) -> None:
        """What is told never goes back where the file is begun anew."""
        if read.bytes_done >= self._read_so_far.bytes_done:
            self._read_so_far = read

    async def _report(self) -> None:
        if self._on_progress is None:
            return
        state = await self._lease.state()
        try:
            self._on_progress(state)
        except Exception:
            logger.exception("The progress callback failed; it is not called again")
            self._on_progress = None

    async def _patiently(self, maker: ChunkMaker, future: asyncio.Future[T]) -> T:
        """The answer of a call in which the dedupe policy may be asked, as long as it goes on answering."""
        quiet = 0.0
        answers = maker.answers
        while not (await asyncio.wait({future}, timeout=self._tuning.tick))[0]:
            self._raise_if_stopped()
            quiet = quiet + self._tuning.tick if maker.answers == answers else 0.0
            answers = maker.answers
            if maker.asking and quiet > self._tuning.plugin_timeout:
                raise no_answer(self._plugins, "dedupe policy", self._options.duplicates, "a batch", quiet)
        return future.result()

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a series of small transactions; on a stop, the current one is rolled back."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._asked_to_stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self._raise_if_stopped()
            await working
        finally:
            for task in (working, stopping):
                task.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    def _raise_if_stopped(self) -> None:
        if self._stop is not None:
            raise self._stop
        if self._asked_to_stop.is_set():
            raise ImportInterrupted("The process stops; the import goes on from here in another.")


@asynccontextmanager
async def _ahead(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """The work begins at once, to be awaited later; it ends with the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # whoever awaited it has had it; others need it no more


def _not_deactivated(unknown: Counter[str], dry_run: bool) -> FileError:
    total = unknown.total()
    codes = ", ".join(f"{code} {count:,}" for code, count in unknown.most_common())
    rows = "rejected row doesn't" if total == 1 else "rejected rows don't"
    saved = "" if dry_run else "The good rows are saved. "
    return FileError(
        f"{saved}{total:,} {rows} say for certain which product is meant ({codes}), so no product was "
        "deactivated: one that the file seems to lack may be there after all. Correct or remove the rejected "
        "rows, and import the whole file again.",
        code="not_deactivated",
    )


def _no_rows() -> RowWarning:
    return RowWarning(
        WarningCode.NO_ROWS,
        "The file has a header and no rows, so there was nothing to import. Check that it is complete.",
    )
