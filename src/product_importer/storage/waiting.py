"""Calls that are seen through to their end, whoever gives up waiting for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


async def to_the_end(call: Coroutine[object, object, T]) -> T:
    """The call's result. Being cancelled waits for its end too: a write that went on behind the back of
    whoever cleans up would leave something behind.
    """
    task = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # it was heard of
        raise
