"""Watches a running import: renews its lease, reports its progress, and stops it when asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from product_importer.errors import ImportInterrupted
from product_importer.model import ImportOptions, ImportState
from product_importer.pipeline.answering import no_answer
from product_importer.pipeline.unpacking import Bounds
from product_importer.ports import Lease, ReadSoFar

if TYPE_CHECKING:
    from product_importer.pipeline.saving import ChunkMaker
    from product_importer.registry import PluginSet

_logger = logging.getLogger(__name__)

T = TypeVar("T")
OnProgress = Callable[[ImportState], object]


@dataclass(frozen=True, slots=True)
class Tuning:
    """``writers``: connections that save at once; ``tick``: seconds between heartbeats and progress messages;
    ``plugin_timeout``: seconds that a plugin's object may take for one batch; ``bounds``: those of what comes
    out of a packed file; ``missing_share``: the percentage of products that may be deactivated or deleted,
    as the file lacks them, without a confirmation.
    """

    writers: int = 2
    tick: float = 0.25
    plugin_timeout: float = 60.0
    bounds: Bounds = field(default_factory=Bounds)
    missing_share: float = 5.0


class Watch:
    """Watches one import. If something has to end the import early, the next call of a method raises it.

    ``stop`` asks the import to end after its present batch or chunk. ``sample_due``: whether the next batch
    should be sampled; it is set at each heartbeat.
    """

    def __init__(
        self,
        lease: Lease,
        plugins: PluginSet,
        options: ImportOptions,
        tuning: Tuning,
        on_progress: OnProgress | None,
        stop: asyncio.Event | None,
    ) -> None:
        self._lease = lease
        self._plugins = plugins
        self._options = options
        self._tuning = tuning
        self._on_progress = on_progress
        self._asked_to_stop = stop or asyncio.Event()
        self._stop: Exception | None = None
        self.read_so_far = ReadSoFar()
        self.sample_due = True

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Sends heartbeats and progress messages until the block ends."""
        ticker = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticker.cancel()
            with suppress(asyncio.CancelledError):
                await ticker

    def note(self, read: ReadSoFar) -> None:
        """Notes the progress, unless it is behind the noted one because reading has started again."""
        if read.bytes_done >= self.read_so_far.bytes_done:
            self.read_so_far = read

    async def patiently(self, maker: ChunkMaker, future: asyncio.Future[T]) -> T:
        """Awaits a call that may ask the policy for duplicates, as long as the policy goes on answering.

        Raises :class:`PluginError`, which names the policy, if it hangs.
        """
        quiet = 0.0
        answers = maker.answers
        while not (await asyncio.wait({future}, timeout=self._tuning.tick))[0]:
            self.raise_if_stopped()
            quiet = quiet + self._tuning.tick if maker.answers == answers else 0.0
            answers = maker.answers
            if maker.asking and quiet > self._tuning.plugin_timeout:
                raise no_answer(self._plugins, "dedupe policy", self._options.duplicates, "a batch", quiet)
        return future.result()

    async def unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a series of small transactions; on a stop, the current one is rolled back."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._asked_to_stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self.raise_if_stopped()
            await working
        finally:
            for task in (working, stopping):
                task.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    def raise_if_stopped(self) -> None:
        """Raises the error that stops the import, such as :class:`ImportInterrupted`."""
        if self._stop is not None:
            raise self._stop
        if self._asked_to_stop.is_set():
            raise ImportInterrupted("The process stops; the import goes on from here in another.")

    async def _tick(self) -> None:
        while self._stop is None:
            try:
                await self._lease.heartbeat(self.read_so_far)
                self.sample_due = True
                await self._report()
            except Exception as error:  # noqa: BLE001 - raised by the run, at its next check
                self._stop = error
            await asyncio.sleep(self._tuning.tick)

    async def _report(self) -> None:
        if self._on_progress is None:
            return
        self._on_progress = tell(self._on_progress, await self._lease.state())


def tell(on_progress: OnProgress, state: ImportState) -> OnProgress | None:
    """Calls the progress callback; returns it, or None if it failed: then it is not called again."""
    try:
        on_progress(state)
    except Exception:
        _logger.exception("The progress callback failed; it is not called again")
        return None
    return on_progress
