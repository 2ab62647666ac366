"""Delivering to one sink out of a queue in memory: what is taken, tried again, cut smaller and given up."""

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from product_importer.errors import DatabaseError
from product_importer.outbox import Pace
from product_importer.outbox.delivering import Deliverer
from product_importer.ports import EventBatch, QueuedBatch, SinkHost
from receiving import Recorder, hang, refuse

PACE = Pace(look=0.01, patience=0.0, deliver=0.2, retry=(5.0, 30.0), pause=(0.001, 0.002))
NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Queue:
    """One sink's batches; what has failed is due again at once, until it is given up."""

    def __init__(self, *sizes):
        self.waiting = [QueuedBatch(batch_of(f"b{n}", size), attempts=0) for n, size in enumerate(sizes)]
        self.notes = []

    async def next(self, values="none"):
        return self.waiting[0] if self.waiting else None

    async def delivered(self, batch_id):
        self.notes.append(("delivered", batch_id))
        del self.waiting[0]

    async def taken(self, batch_id, events):
        self.notes.append(("taken", events))
        self.waiting[0] = replace(self.waiting[0], taken=events)

    async def failed(self, batch_id, error, retry_seconds, most=None):
        self.notes.append(("failed", retry_seconds, most))
        if retry_seconds is None:
            del self.waiting[0]
        else:
            first = self.waiting[0]
            self.waiting[0] = replace(first, attempts=first.attempts + 1, most=most or first.most)


class Outbox:
    """``told``: what was noted of the sink; ``faults`` are raised in place of the queue."""

    def __init__(self, queue, faults=()):
        self.told = []
        self._queue = queue
        self._faults = list(faults)

    async def tell(self, sink, error):
        self.told.append(error)

    @asynccontextmanager
    async def queue(self, sink, *, wait, in_order):
        if self._faults:
            raise self._faults.pop(0)
        yield self._queue


def batch_of(batch_id, size):
    data = pa.record_batch({"sku": [f"S{n}" for n in range(size)]})
    return EventBatch(id=batch_id, type="product.created", actor="test", timestamp=NOW, data=data)


@pytest.fixture
def deliver():
    """Delivers what the queue holds; gives the number of events of each delivery that was taken."""

    async def deliver(sink, queue, outbox=None, times=1):
        worker = Deliverer(sink, "acme 1.0", outbox or Outbox(queue), SinkHost("postgresql:///none"), PACE)
        for _ in range(times):
            async with asyncio.timeout(20):
                await worker.run(asyncio.Event(), once=True)
        return [batch.data.num_rows for batch in sink.batches]

    return deliver


async def test_a_batch_is_delivered_in_parts_of_what_the_sink_takes(deliver):
    sink, queue = Recorder(), Queue(25, 3)
    sink.most_events = 10
    assert await deliver(sink, queue) == [10, 10, 5, 3]
    assert [batch.first for batch in sink.batches] == [0, 10, 20, 0]
    assert queue.notes == [("taken", 10), ("taken", 20), ("delivered", "b0"), ("delivered", "b1")]


async def test_what_fails_is_tried_again_after_longer_and_longer_and_then_given_up(deliver, caplog):
    sink, queue = Recorder(faults=[refuse] * 3), Queue(4)
    outbox = Outbox(queue)
    with caplog.at_level(logging.WARNING):
        assert await deliver(sink, queue, outbox) == []
    first, second, last = [seconds for _, seconds, _ in queue.notes]
    assert (4 <= first <= 6, 24 <= second <= 36, last) == (True, True, None)
    assert [most for *_, most in queue.notes] == [None] * 3
    (reason,) = outbox.told
    assert "nobody is there" in reason
    assert ["it is given up" in record.message for record in caplog.records] == [False, False, True]


async def test_a_sink_that_gets_on_begins_its_attempts_anew(deliver):
    async def accept():
        pass

    sink, queue = Recorder(faults=[refuse, accept, refuse]), Queue(4)
    sink.most_events = 2
    assert await deliver(sink, queue) == [2, 2]
    assert [kind for kind, *_ in queue.notes] == ["failed", "taken", "failed", "delivered"]
    assert all(4 <= note[1] <= 6 for note in queue.notes if note[0] == "failed")


@pytest.mark.parametrize(("size", "fewer"), [(40, 10), (5, 1), (2, 1), (1, None)])
async def test_a_sink_that_is_too_slow_gets_fewer_events_at_once(deliver, size, fewer):
    sink, queue = Recorder(faults=[hang]), Queue(size)
    sizes = await deliver(sink, queue, times=2)  # the first time it may end while the sink is still at it
    assert queue.notes[0][0::2] == ("failed", fewer)
    assert sum(sizes) == size
    assert {min(size, fewer or 1)} >= set(sizes[:-1])


async def test_a_sink_that_refuses_gets_as_many_as_before(deliver):
    sink, queue = Recorder(faults=[refuse]), Queue(40)
    assert await deliver(sink, queue) == [40]


async def test_that_a_sink_is_well_again_is_noted_once(deliver):
    sink, queue = Recorder(faults=[refuse]), Queue(1, 1, 1)
    outbox = Outbox(queue)
    await deliver(sink, queue, outbox)
    assert [told is None for told in outbox.told] == [False, True]


async def test_a_database_that_is_away_is_no_fault_of_the_sink(deliver, caplog):
    sink, queue = Recorder(), Queue(1)
    outbox = Outbox(queue, faults=[DatabaseError("it is away")])
    with caplog.at_level(logging.WARNING):
        assert await deliver(sink, queue, outbox) == []
    assert (outbox.told, queue.notes) == ([], [])
    assert ["waits: it is away" in record.message for record in caplog.records] == [True]
    assert await deliver(sink, queue, outbox) == [1]


class NotReady(Recorder):
    """Can't open what it needs."""

    @asynccontextmanager
    async def connected(self, host):
        raise ConnectionError("nobody is there")
        yield


async def test_a_sink_that_is_not_ready_is_left_alone_for_longer_and_longer(monkeypatch):
    pauses, stop, outbox = [], asyncio.Event(), Outbox(Queue(1))

    async def wait(seconds, *events):
        pauses.append(seconds)
        if len(pauses) == 5:
            stop.set()

    monkeypatch.setattr("product_importer.outbox.delivering.wait_for_any", wait)
    pace = replace(PACE, pause=(1.0, 6.0))
    await Deliverer(NotReady(), "acme 1.0", outbox, SinkHost("postgresql:///none"), pace).run(
        stop, once=False
    )
    assert pauses == [1.0, 2.0, 4.0, 6.0, 6.0]
    assert len(outbox.told) == 1
