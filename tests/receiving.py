"""Event sinks under test, and a relay that serves them."""

import asyncio
import threading
from contextlib import asynccontextmanager

from halfway import until
from product_importer.outbox import Pace, Relay
from product_importer.ports import SinkHost
from product_importer.store.relaying import PostgresOutbox
from product_importer.wire import event_objects

QUICK = Pace(look=0.02, patience=0.0, deliver=0.3, retry=(0.01, 0.02), pause=(0.01, 0.02))


class Recorder:
    """Keeps what it is given; ``faults`` are called first, one for each delivery."""

    def __init__(self, name="recorder", faults=()):
        self.name = name
        self.batches = []
        self.faults = list(faults)
        self.calls = 0

    async def deliver(self, batch):
        self.calls += 1
        if self.faults:
            await self.faults.pop(0)()
        self.batches.append(batch)

    @property
    def events(self):
        """As documents, in the order in which they came."""
        return [event for batch in self.batches for event in event_objects(batch)]

    @property
    def ids(self):
        return [event["id"] for event in self.events]


async def refuse():
    raise ConnectionError("nobody is there")


async def hang():
    await asyncio.sleep(3600)


async def leave():
    raise SystemExit(3)


def block(release: threading.Event):
    async def blocking():
        release.wait(30)

    return blocking


def relay_of(importer, pace=QUICK, still_seconds=30.0):
    outbox = PostgresOutbox(importer.database, still_seconds=still_seconds)
    return Relay(outbox, importer.plugins, SinkHost(importer.database.dsn), pace)


@asynccontextmanager
async def relaying(importer, **options):
    """A relay at work."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay_of(importer, **options).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


async def eventually(condition, what):
    async def met():
        return condition()

    return await until(met, what)


def documents(announced):
    """The shop's events, as far as they look the same as documents: by id."""
    return {event.id: (event.type, event.actor, event.data) for event in announced}


def received(recorder):
    return {event["id"]: (event["type"], event["actor"], event["data"]) for event in recorder.events}
