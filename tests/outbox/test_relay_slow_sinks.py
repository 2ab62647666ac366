"""A sink that can't take a large batch in time gets it in parts that it can take."""

import asyncio

import pytest
from outboxes import emitted, left, opened, skus

from product_importer.outbox import Pace
from receiving import Recorder, eventually, refuse, relay_of, relaying

PATIENT = Pace(look=0.02, patience=0.0, deliver=1.0, retry=(0.01,) * 3, pause=(0.01, 0.02))
EVENTS = 64


class Slow(Recorder):
    """Takes some events a second; what it is at when its time is over is lost."""

    def __init__(self, name="slow", *, seconds_each):
        super().__init__(name)
        self.sizes = []
        self._seconds_each = seconds_each

    async def deliver(self, batch):
        self.sizes.append(batch.data.num_rows)
        await asyncio.sleep(self._seconds_each * batch.data.num_rows)
        await super().deliver(batch)


class Limited(Recorder):
    """Says how many events it takes at once."""

    most_events = 10


@pytest.fixture
async def wanted(shop):
    return [f"S{n}" for n in range(EVENTS)]


async def test_it_gets_fewer_events_at_once_until_they_fit_its_time(shop, wanted):
    sink = Slow(seconds_each=0.05)
    importer = await opened(shop, sink)
    await emitted(shop, *wanted)

    async with relaying(importer, pace=PATIENT):
        await eventually(lambda: len(skus(sink)) >= EVENTS, "it took all events")

    assert skus(sink) == wanted
    assert sink.sizes[:2] == [EVENTS, EVENTS // 4]
    assert max(sink.sizes[1:]) == EVENTS // 4
    assert await left(shop) == (0, 0)


async def test_a_sink_may_say_how_many_it_takes(shop, wanted):
    sink = Limited("limited")
    importer = await opened(shop, sink)
    await emitted(shop, *wanted)

    await relay_of(importer).run_once()

    assert [batch.data.num_rows for batch in sink.batches] == [10] * 6 + [4]
    assert skus(sink) == wanted


async def test_what_it_has_taken_is_not_sent_again(shop, wanted):
    sink = Limited("limited")
    importer = await opened(shop, sink)
    await emitted(shop, *wanted)

    async def third_is_refused():
        if len(sink.batches) == 3 and sink.calls == 4:
            await refuse()

    sink.faults = [third_is_refused] * 20
    async with relaying(importer, pace=PATIENT):
        await eventually(lambda: len(skus(sink)) >= EVENTS, "it took all events")

    assert sink.calls == 8
    assert skus(sink) == wanted
    assert len(set(sink.ids)) == EVENTS


async def test_a_sink_that_gets_on_is_not_given_up(shop, wanted):
    sink = Limited("limited")
    importer = await opened(shop, sink)
    await emitted(shop, *wanted)

    async def every_other_is_refused():
        if sink.calls % 2:
            await refuse()

    sink.faults = [every_other_is_refused] * 40
    async with relaying(importer, pace=PATIENT):
        await eventually(lambda: len(skus(sink)) >= EVENTS, "it took all events")

    assert skus(sink) == wanted
