"""Runs each sink in its own thread and event loop: a sink that blocks, hangs or ends harms no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final

from product_importer.guards import describe
from product_importer.ports import ConnectedSink, MoreValuesWanted

if TYPE_CHECKING:
    from product_importer.ports import EventBatch, EventSink, SinkHost

_GOODBYE_SECONDS: Final = 5.0
"""How long a sink may take to close its resources. After that it is abandoned in its daemon thread."""


class SinkFailed(Exception):
    """The sink failed to take a batch, or to open; the message gives the reason."""


class SinkTooSlow(SinkFailed):
    """The sink exceeded the time limit."""


class IsolatedSink:
    """A sink in its own thread. Made by :meth:`open`. ``seconds``: the time limit of one delivery."""

    def __init__(self, sink: EventSink, host: SinkHost, seconds: float) -> None:
        self._sink = sink
        self._host = host
        self._seconds = seconds
        self._opened: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._idle = threading.Event()
        self._idle.set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, sink: EventSink, host: SinkHost, seconds: float) -> AsyncIterator[IsolatedSink]:
        """Opens the sink in a new thread. Raises :class:`SinkFailed` if the sink can't open."""
        isolated = cls(sink, host, seconds)
        threading.Thread(target=isolated._run, name=f"sink {sink.name}", daemon=True).start()
        try:
            await isolated._within(isolated._opened)
            yield isolated
        finally:
            await isolated._close()

    def check(self) -> None:
        """Raises :class:`SinkFailed` if the sink has ended and must be opened again."""
        if self._ended.done():
            raise SinkFailed(self._why_ended())

    @property
    def busy(self) -> bool:
        """Whether the sink still works on a batch that took too long. It can't get another one meanwhile."""
        return not self._idle.is_set()

    async def deliver(self, batch: EventBatch) -> None:
        """Delivers the batch. Raises :class:`SinkFailed`, and the sink's :class:`MoreValuesWanted`."""
        self.check()
        assert self._loop is not None, "it is open"
        self._idle.clear()
        result: Future[None] = Future()
        try:
            self._loop.call_soon_threadsafe(self._begin, batch, result)
        except RuntimeError:  # the sink's loop has just ended
            self._idle.set()
            raise SinkFailed(self._why_ended()) from None
        await self._within(result)

    async def _within(self, result: Future[None]) -> None:
        try:
            async with asyncio.timeout(self._seconds) as limit:
                await asyncio.wrap_future(result)
        except MoreValuesWanted:
            raise
        except Exception as error:
            if limit.expired():
                raise SinkTooSlow(f"it took longer than {self._seconds:g} seconds.") from None
            raise SinkFailed(_reason(error)) from error

    async def _close(self) -> None:
        if self._loop is not None and self._stop is not None and not self._ended.done():
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:  # the sink's loop has just ended
                return
            ended, _ = await asyncio.wait({asyncio.wrap_future(self._ended)}, timeout=_GOODBYE_SECONDS)
            for future in ended:
                future.exception()  # mark it as retrieved; how the sink ended no longer matters

    def _why_ended(self) -> str:
        error = self._ended.exception()
        return _reason(error) if error else "what it keeps open was closed."

    # --- in the sink's thread

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that delivers
            self._settle(self._opened, error)
            self._settle(self._ended, error)
        else:
            self._settle(self._ended, None)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        sink = self._sink
        async with sink.connected(self._host) if isinstance(sink, ConnectedSink) else nullcontext():
            self._settle(self._opened, None)
            await self._stop.wait()

    def _begin(self, batch: EventBatch, result: Future[None]) -> None:
        if result.cancelled():
            self._idle.set()
            return
        task = asyncio.get_running_loop().create_task(self._deliver(batch))
        task.add_done_callback(partial(self._end, result))
        result.add_done_callback(partial(self._give_up, task))

    async def _deliver(self, batch: EventBatch) -> None:
        try:
            await self._sink.deliver(batch)
        except (SystemExit, KeyboardInterrupt) as error:
            raise RuntimeError(f"it wanted to end the program ({_reason(error)})") from error

    def _give_up(self, task: asyncio.Task[None], result: Future[None]) -> None:
        if result.cancelled():
            task.get_loop().call_soon_threadsafe(task.cancel)

    def _end(self, result: Future[None], task: asyncio.Task[None]) -> None:
        self._idle.set()
        error = asyncio.CancelledError("it gave up by itself") if task.cancelled() else task.exception()
        self._settle(result, error)

    @staticmethod
    def _settle(future: Future[None], error: BaseException | None) -> None:
        if future.done() or not future.set_running_or_notify_cancel():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error if isinstance(error, Exception) else RuntimeError(_reason(error)))


def _reason(error: BaseException) -> str:
    """Describes the error, or all errors of an exception group."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_reason(each) for each in error.exceptions)
    return describe(error)
