"""Calls that are seen through to their end, whoever gives up waiting for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


async def to_the_end(call: Coroutine[object, object, T]) -> T:
    """The call's result. Being cancelled, however often, waits for its end too.

    So a write doesn't go on behind the back of whoever cleans up, and cleaning up isn't left half-done.
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
            task.exception()  # it was heard of
        raise cancelled
    return task.result()
