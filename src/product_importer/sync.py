"""The library for programs without asyncio: scripts, Django, Flask, notebooks.

The names and arguments are those of :class:`product_importer.Importer`. Coroutines are ordinary functions
here, and asynchronous generators are ordinary generators::

    from product_importer.sync import Importer

    with Importer.open() as importer:
        report = importer.run("products.csv")
        for product in importer.catalogue.iterate():
            print(product.sku)
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from functools import wraps
from typing import Any, Final, Self, TypeVar

from product_importer.app import Importer as AsyncImporter
from product_importer.errors import UsageError
from product_importer.settings import Settings

T = TypeVar("T")

_PARTS: Final = (
    "actions", "catalogue", "changes", "deletions", "imports", "profiles", "schedules", "sinks", "uploads",
)  # fmt: skip
"""The importer's attributes whose methods are called through this module, too."""


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="product-importer", daemon=True)
        self._thread.start()

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Returns the coroutine's result. If the caller is interrupted, the coroutine is cancelled first."""
        if self._loop.is_closed():
            work.close()
            raise UsageError("The importer is closed. Open another one.")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            if not future.done():
                future.cancel()
                with suppress(BaseException):
                    future.result()
            raise

    @property
    def is_closed(self) -> bool:
        return self._loop.is_closed()

    def close(self) -> None:
        self.result(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Part:
    """A part of the importer, whose methods wait for their results."""

    def __init__(self, part: object, loop: _Loop) -> None:
        self._part = part
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name in _PARTS:
            return _Part(found, self._loop)
        if inspect.iscoroutinefunction(found):
            return _waiting(found, self._loop)
        if inspect.isasyncgenfunction(found):
            return _iterating(found, self._loop)
        return found

    def __dir__(self) -> list[str]:
        return dir(self._part)


class Importer(_Part):
    """Product Importer with one database, made by ``Importer.open``: :class:`product_importer.Importer`,
    for programs without asyncio.

    Objects may be used by several threads. A callback, such as ``on_progress``, is called in another thread.
    """

    @classmethod
    def open(
        cls,
        database_url: str | None = None,
        *,
        plugins: Iterable[object] = (),
        settings: Settings | None = None,
        update_schema: bool = True,
    ) -> Self:
        """Opens the importer, to be used in a ``with`` statement or closed by :meth:`close`.

        Arguments and errors are those of :meth:`product_importer.Importer.open`.
        """

        async def opened() -> AsyncImporter:
            return await AsyncImporter.open(
                database_url, plugins=plugins, settings=settings, update_schema=update_schema
            )

        loop = _Loop()
        try:
            return cls(loop.result(opened()), loop)
        except BaseException:
            loop.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections and ends the thread. It may be called again."""
        if self._loop.is_closed:
            return
        try:
            self._loop.result(self._part.close())  # type: ignore[attr-defined]
        finally:
            self._loop.close()


def _waiting(method: Callable[..., Coroutine[Any, Any, T]], loop: _Loop) -> Callable[..., T]:
    @wraps(method)
    def waiting(*arguments: Any, **named: Any) -> T:
        return loop.result(method(*arguments, **named))

    return waiting


def _iterating(method: Callable[..., AsyncGenerator[T, None]], loop: _Loop) -> Callable[..., Iterator[T]]:
    @wraps(method)
    def iterating(*arguments: Any, **named: Any) -> Iterator[T]:
        values = method(*arguments, **named)
        try:
            while True:
                try:
                    value = loop.result(_next(values))
                except StopAsyncIteration:
                    return
                yield value
        finally:
            loop.result(values.aclose())

    return iterating


async def _next(values: AsyncGenerator[T, None]) -> T:
    return await anext(values)
