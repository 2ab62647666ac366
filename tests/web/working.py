"""Workers in this process."""

import asyncio
from contextlib import asynccontextmanager

from halfway import until
from product_importer_web.jobs.worker import Worker


@asynccontextmanager
async def working(importer, queues):
    """A worker that looks often. At the end it is asked to stop, and waited for."""
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(importer, queues, look_seconds=0.1).run(stop.wait))
    try:
        yield
    finally:
        stop.set()
        await task


async def ended(importer, import_id):
    """The import's state, once it has one that is for good."""

    async def state():
        state = await importer.imports.state(import_id)
        return state if state.ended else None

    return await until(state, f"import {import_id} had ended")
