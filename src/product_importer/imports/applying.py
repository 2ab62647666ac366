"""Applies a plan under its import's lease."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from product_importer.errors import PlanStale
from product_importer.model import Status

if TYPE_CHECKING:
    from product_importer.pipeline.watch import Watch
    from product_importer.store.leases import PostgresLease


async def apply_plan(lease: PostgresLease, watch: Watch, *, writers: int) -> None:
    """Applies what is left of the plan of the lease's import, and records its status. ``writers``: the number
    of connections that write at once.

    Before anything is written, all products are compared with what the plan found. If they have changed, the
    import is planned as before. If that happens while the plan is applied, :class:`PlanStale` is raised: what
    was applied stays.
    """
    try:
        async with watch.watching():
            places = await lease.left()
            async with lease.applier() as applier:
                await watch.unless_stopped(applier.check(places))
                await applier.begin()
                if places and await lease.applies_whole():
                    await watch.unless_stopped(applier.apply(places))
                    places = []
            await _apply_all(lease, watch, deque(places), writers)
    except PlanStale as error:
        counts = (await lease.state()).counts
        if counts.created or counts.updated or counts.deleted or counts.deactivated or counts.removed:
            raise
        await lease.plan_again(f"{error} Nothing was changed.")
    else:
        await lease.finish(Status.COMPLETED, "")


async def _apply_all(
    lease: PostgresLease, watch: Watch, waiting: deque[tuple[str, int]], writers: int
) -> None:
    """Applies the chunks, each in a transaction of its own, in order. If one fails, the others that were
    begun are finished.
    """

    async def apply() -> None:
        try:
            async with lease.applier() as applier:
                while waiting:
                    watch.raise_if_stopped()
                    await applier.apply([waiting.popleft()])
        finally:
            waiting.clear()

    applying = [asyncio.create_task(apply()) for _ in range(min(writers, len(waiting)))]
    try:
        await asyncio.gather(*applying)
    finally:
        await asyncio.gather(*applying, return_exceptions=True)
