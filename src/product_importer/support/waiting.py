"""Runs calls to their end, even if the caller stops waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


async def to_the_end(call: Coroutine[object, object, T]) -> T:
    """Returns the call's result. A cancellation, also a repeated one, waits for the call's end.

    So a write never continues while the caller cleans up, and cleaning up is never left half-done.
    """
    task = asyncio.ensure_future(call)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # mark it as retrieved
        raise cancelled
    return task.result()
