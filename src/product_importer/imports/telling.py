"""Calls the progress callback of an import, which may be a coroutine function."""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from product_importer.model import ImportState
    from product_importer.pipeline.watch import OnProgress

_logger = logging.getLogger(__name__)


class Telling:
    """A progress callback. While an asynchronous one is busy, further states are left out, except the last:
    a slow callback must not stop the import's heartbeats.
    """

    def __init__(self, callback: OnProgress) -> None:
        self._callback = callback
        self._busy: asyncio.Future[object] | None = None

    def __call__(self, state: ImportState) -> None:
        """Tells the state. Raises the exception of the callback, also of its previous, asynchronous call."""
        if self._busy is not None:
            if not self._busy.done():
                return
            ended, self._busy = self._busy, None
            _raise_error_of(ended)
        told = self._callback(state)
        self._busy = asyncio.ensure_future(told) if inspect.isawaitable(told) else None

    async def end(self, state: ImportState) -> None:
        """Tells the last state, after the callback has ended with the one before. Logs its exceptions."""
        try:
            await self._ended()
        except Exception:
            _logger.exception("The progress callback failed")
        try:
            self(state)
            await self._ended()
        except Exception:
            _logger.exception("The progress callback failed at the end of import %d", state.id)

    async def _ended(self) -> None:
        if self._busy is not None:
            await asyncio.wait({self._busy})
            ended, self._busy = self._busy, None
            _raise_error_of(ended)

    def stop(self) -> None:
        """Cancels a call that goes on."""
        if self._busy is not None:
            self._busy.cancel()


def _raise_error_of(ended: asyncio.Future[object]) -> None:
    if not ended.cancelled():
        ended.result()


@asynccontextmanager
async def telling(callback: OnProgress | None) -> AsyncIterator[Telling | None]:
    """Provides the callback for one import; a call that goes on is cancelled if the block is left early."""
    if callback is None:
        yield None
        return
    told = Telling(callback)
    try:
        yield told
    finally:
        told.stop()
