"""A sink that fails, hangs or blocks gets its events in the end, and harms no other."""

import asyncio
import logging
import threading
from contextlib import asynccontextmanager

import pytest
from outboxes import emitted, left, opened, skus

from halfway import until
from product_importer.errors import UsageError
from product_importer.outbox import Pace
from receiving import Recorder, block, eventually, hang, leave, refuse, relay_of, relaying


async def test_what_a_sink_fails_to_take_comes_again_as_it_was_and_harms_no_other(shop, caplog):
    seen = []

    class Picky(Recorder):
        async def deliver(self, batch):
            seen.append(batch)
            await super().deliver(batch)

    picky, other = Picky("picky", [refuse, refuse]), Recorder("other")
    importer = await opened(shop, picky, other)
    await emitted(shop, "A", "B")

    async with relaying(importer):
        await eventually(lambda: picky.batches and other.batches, "both had it")

    assert other.calls == 1
    assert [(b.id, b.first, b.timestamp, b.data.to_pylist()) for b in seen] == [
        (b.id, b.first, b.timestamp, b.data.to_pylist()) for b in other.batches * 3
    ]
    (warning, _) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert "'picky' (Plugin, given in code) failed" in warning
    assert "ConnectionError: nobody is there" in warning
    assert {state.error for state in await importer.sinks.states()} == {None}
    assert await left(shop) == (0, 0)


async def test_after_the_last_attempt_it_waits_for_somebody_to_ask_for_another(shop):
    sink = Recorder("stubborn", [refuse] * 3)
    importer = await opened(shop, sink)
    await emitted(shop, "A")

    async def state():
        return {each.name: each for each in await importer.sinks.states()}["stubborn"]

    async with relaying(importer):
        await eventually(lambda: sink.calls == 3, "it was tried three times")
    given_up = await state()
    assert (given_up.waiting, given_up.given_up) == (0, 1)
    assert given_up.error == "ConnectionError: nobody is there"
    await relay_of(importer).run_once()
    assert sink.calls == 3

    assert await importer.sinks.retry("stubborn", actor="user:3") == 1
    (action,) = await importer.actions.recent()
    assert (action.actor, action.action, action.subject) == ("user:3", "sink.retried", "sink:stubborn")

    assert ((await state()).waiting, (await state()).given_up) == (1, 0)
    await relay_of(importer).run_once()
    assert skus(sink) == ["A"]
    assert await left(shop) == (0, 0)
    with pytest.raises(UsageError, match="no event sink 'nobody'. Known: log, stubborn"):
        await importer.sinks.retry("nobody")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (hang, "it took longer than 0.3 seconds."),
        (leave, "RuntimeError: it wanted to end the program (SystemExit: 3)"),
    ],
)
async def test_a_sink_that_hangs_or_leaves(shop, caplog, fault, reason):
    bad, good = Recorder("bad", [fault]), Recorder("good")
    importer = await opened(shop, bad, good)
    await emitted(shop, "A")

    async with relaying(importer):
        await eventually(lambda: bad.batches and good.batches, "both had it")

    assert reason in caplog.text
    assert (bad.calls, good.calls) == (2, 1)


async def test_a_sink_that_blocks_its_thread_blocks_nobody_else(shop, caplog):
    release = threading.Event()
    blocked, free = Recorder("blocked", [block(release)]), Recorder("free")
    importer = await opened(shop, blocked, free)
    await emitted(shop, "A")

    async def error():
        return {state.name: state.error for state in await importer.sinks.states()}.get("blocked")

    async with relaying(importer):

        async def waited_for():
            return "still at a batch" in (await error() or "")

        await until(waited_for, "it was noticed")
        await emitted(shop, "B")
        await eventually(lambda: len(free.batches) == 2, "the other went on")
        assert blocked.batches == []
        release.set()
        await eventually(lambda: len(set(blocked.ids)) == 2, "it went on")

    assert set(blocked.ids) == set(free.ids)
    assert caplog.text.count("failed on batch") == 1
    assert await error() is None


class Connected(Recorder):
    """Opens something; ``refusals``: how often that fails."""

    def __init__(self, refusals=0):
        super().__init__("connected")
        self.refusals = refusals
        self.open = 0
        self.left = 0
        self.break_off = None

    @asynccontextmanager
    async def connected(self, host):
        self.refusals -= 1
        if self.refusals >= 0:
            raise OSError("not yet")
        self.host = host
        async with asyncio.TaskGroup() as group:
            self.break_off = asyncio.Event()
            self.loop = asyncio.get_running_loop()
            breaking = group.create_task(self._break())
            self.open += 1
            yield
            breaking.cancel()
        self.left += 1

    async def _break(self):
        await self.break_off.wait()
        raise ValueError("broken off")

    async def deliver(self, batch):
        assert self.open
        assert asyncio.get_running_loop() is self.loop
        await super().deliver(batch)


async def test_what_a_sink_keeps_open_is_opened_before_and_closed_after(shop, caplog):
    sink = Connected(refusals=2)
    importer = await opened(shop, sink)
    await emitted(shop, "A")

    async with relaying(importer):
        await eventually(lambda: sink.batches, "it was delivered")

    assert (sink.open, sink.left, sink.calls) == (1, 1, 1)
    assert sink.host.database_url == shop.url
    assert caplog.text.count("isn't ready: OSError: not yet") == 2


async def test_what_breaks_off_is_opened_anew(shop, caplog):
    sink = Connected()
    importer = await opened(shop, sink)

    async with relaying(importer):
        await eventually(lambda: sink.open, "it was open")
        sink.loop.call_soon_threadsafe(sink.break_off.set)
        await eventually(lambda: sink.open == 2, "it was opened anew")
        await emitted(shop, "A")
        await eventually(lambda: sink.batches, "it was delivered")

    assert "isn't ready: ValueError: broken off" in caplog.text


def test_the_usual_pace_gives_up_after_two_days():
    assert 48 < sum(Pace().retry) / 3600 < 72
