"""Checks the contract of event sinks."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import asyncpg
import pyarrow as pa

from product_importer.model import Counts
from product_importer.outbox.delivering import MOST_EVENTS
from product_importer.outbox.isolation import IsolatedSink, SinkFailed
from product_importer.ports import (
    ConnectedSink,
    EventBatch,
    EventSink,
    LimitedSink,
    SinkHost,
    SubscribedSink,
)
from product_importer.store.connect import Database
from product_importer.testing.contracts import require
from product_importer.testing.samples import sample_events
from product_importer.wire import event_objects

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from contextlib import AbstractAsyncContextManager


async def check_sink(
    sink: EventSink,
    received: Callable[[], Awaitable[Iterable[str]]] | None = None,
    *,
    database_url: str = "",
    seconds: float = 30.0,
    events: int = MOST_EVENTS,
) -> None:
    """Checks that the sink takes events as a relay delivers them: in a thread of its own, of every type, few
    and many, the same ones again, after an interrupted delivery, and after it was closed and opened again.

    If ``database_url`` is given, the SQL condition of a sink that wants events only at times is checked
    there. ``received`` returns the ids of the events that reached the sink's destination: none may be missing
    or foreign; repeated ids are allowed. ``seconds``: the time that one delivery may take. ``events``: the
    number of events in the largest batches, which are delivered some dozen times; a smaller one makes the
    check of a slow destination shorter. A sink that declares ``most_events`` never gets more at once.
    """
    require(isinstance(sink, EventSink), f"{sink!r} lacks what an EventSink has")
    if isinstance(sink, SubscribedSink) and database_url:
        await _check_condition(sink, database_url)
    batches = _event_batches(_most(sink, events))
    host = SinkHost(database_url)
    watched = _WatchedSink(sink)
    try:
        for _ in range(2):
            async with IsolatedSink.open(watched, host, seconds) as isolated:
                for batch in batches:
                    await isolated.deliver(batch)
                    await isolated.deliver(batch)
                    await _break_off(isolated, watched.began, batch, seconds)
                    await isolated.deliver(batch)
    except SinkFailed as failure:
        raise AssertionError(f"The sink failed: {failure}") from failure
    if received is not None:
        expected = {event["id"] for batch in batches for event in event_objects(batch)}
        found = set(await received())
        missing, foreign = sorted(expected - found), sorted(found - expected)
        require(not missing, f"{len(missing)} events are missing, {missing[:3]} among them")
        require(not foreign, f"{len(foreign)} events were never delivered, {foreign[:3]} among them")


async def _check_condition(sink: SubscribedSink, database_url: str) -> None:
    async with Database.open(database_url) as database, database.connection() as connection:
        try:
            answer = await connection.fetchval(f"SELECT ({sink.wanted})")
        except asyncpg.PostgresError as error:
            raise AssertionError(f"Its condition, {sink.wanted!r}, can't be asked: {error}") from error
    require(isinstance(answer, bool), f"its condition, {sink.wanted!r}, is {answer!r}, not true or false")


class _WatchedSink:
    """Sets ``began``, in the event loop in which it was made, when a delivery begins. A delivery that is
    broken off earlier never reaches the sink.
    """

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self.name = sink.name
        self.began = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def connected(self, host: SinkHost) -> AbstractAsyncContextManager[object]:
        return self._sink.connected(host) if isinstance(self._sink, ConnectedSink) else nullcontext()

    async def deliver(self, batch: EventBatch) -> None:
        self._loop.call_soon_threadsafe(self.began.set)
        await self._sink.deliver(batch)


async def _break_off(isolated: IsolatedSink, began: asyncio.Event, batch: EventBatch, seconds: float) -> None:
    """Breaks off a delivery in the middle, as a relay does with one that takes too long."""
    began.clear()
    delivery = asyncio.create_task(isolated.deliver(batch))
    delivery.add_done_callback(lambda _: began.set())
    await began.wait()
    delivery.cancel()
    await asyncio.wait({delivery})
    if not delivery.cancelled():
        delivery.result()  # it had ended already, and may have failed
    end = time.monotonic() + seconds
    while isolated.busy:
        require(time.monotonic() < end, "a delivery goes on after it was broken off")
        await asyncio.sleep(0.005)


def _most(sink: EventSink, events: int) -> int:
    """The number of events that the sink gets at once."""
    if not isinstance(sink, LimitedSink):
        return events
    most = sink.most_events
    require(isinstance(most, int) and most > 0, f"most_events is {most!r}; give a whole number above 0")
    return min(most, events)


def _event_batches(most: int) -> list[EventBatch]:
    """Batches of every event type; one has ``most`` events, another is the rest of its transaction."""
    many = {"product_id": pa.array(range(1, most + 1)), "sku": [f"S {n}" for n in range(most)]}
    changed = [{"product_id": 7, "sku": "TEE »Süß«", "changed": ["name", "attributes"]}]
    end = {"import_id": 3, "filename": "Ware.csv", "message": "", **asdict(Counts(read=1, created=1))}
    batches = [
        sample_events(),
        replace(sample_events(), id="many", data=pa.RecordBatch.from_pydict(many)),
        replace(sample_events(), id="many", first=most),
        replace(sample_events("product.updated"), id="changed", data=pa.RecordBatch.from_pylist(changed)),
        replace(sample_events("product.deleted"), id="deleted", actor="user:1"),
        replace(sample_events("import.completed"), id="ended", data=pa.RecordBatch.from_pylist([end])),
        replace(sample_events("import.failed"), id="failed", data=pa.RecordBatch.from_pylist([end])),
    ]
    return [replace(batch, data=batch.data.slice(0, most)) for batch in batches]
