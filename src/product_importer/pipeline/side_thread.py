"""One daemon thread that runs calls in order.

Plugins' code runs here. Unlike an executor's, this thread doesn't keep the process from ending: a plugin that
hangs fails its import, and the host lives on and may exit.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Self, TypeVar

T = TypeVar("T")
_Task = tuple[Callable[[], object], "asyncio.Future[object]", asyncio.AbstractEventLoop]


class SideThread:
    """Use as a context manager: leaving it lets the thread end after the call that it is in."""

    def __init__(self, name: str) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._tasks.put(None)

    def call(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """The result of ``function``, run after the calls before it. To be awaited in the calling loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        # An import that stops early leaves calls behind that fail, unheard, on what it has closed.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._tasks.put((function, future, loop))  # type: ignore[arg-type]  # Future is invariant
        return future

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            function, future, loop = task
            try:
                result, error = function(), None
            except BaseException as raised:  # noqa: BLE001 - handed to whoever awaits
                result, error = None, raised
            try:
                loop.call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:  # the loop has ended: nobody awaits any more
                return
            del task, function, future, result, error


def _settle(future: asyncio.Future[object], result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if isinstance(error, StopIteration):  # a Future can't carry it
        error = RuntimeError(f"StopIteration in {error!r}")
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
