"""Every committed event gets to every sink, and nothing else does."""

import asyncio
import dataclasses
import logging
import threading
from contextlib import asynccontextmanager

import asyncpg
import pyarrow as pa
import pytest

from halfway import until
from product_importer.errors import DatabaseError, UsageError
from product_importer.outbox import Pace
from product_importer.product import ProductDraft
from product_importer.store import events
from receiving import (
    QUICK,
    Recorder,
    block,
    documents,
    eventually,
    hang,
    leave,
    received,
    refuse,
    relay_of,
    relaying,
)
from shop import TINY, Plugin

CSV = [["sku", "name"], *([f"S{n}", f"Name {n}"] for n in range(5 * TINY))]


async def opened(shop, *sinks):
    """The shop's importer, with these sinks."""
    shop._importer = await shop.open(Plugin(sinks=sinks))
    return shop._importer


def alone(importer, *sinks):
    """The importer, with these sinks and no others."""
    plugins = dataclasses.replace(importer.plugins, event_sinks={sink.name: sink for sink in sinks})
    return type(importer)(importer.database, plugins, importer.settings)


async def emitted(shop, *skus):
    """An outbox row with a created event for each SKU."""
    async with shop.connection.transaction():
        await events.emit(
            shop.connection, "product.created", "test", events.created_data(1, pa.array(skus, pa.string()))
        )


async def left(shop):
    """What is still kept: rows of the outbox, and of the sinks' queues."""
    return tuple(
        await shop.connection.fetchrow(
            "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM sink_deliveries)"
        )
    )


async def test_every_change_is_told_to_every_sink_and_then_forgotten(shop):
    one, two = Recorder("one"), Recorder("two")
    importer = await opened(shop, one, two)
    await shop.run(CSV, parser="tiny")
    await shop.run([CSV[0], ["s1", "Another"], ["S2", ""]], parser="tiny")
    product = await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
    product = await importer.catalogue.change(product.id, product.version, {"name": "Cup"}, actor="user:1")
    await importer.catalogue.delete(product.id, product.version, actor="user:1")
    deletion = await importer.deletions.request(5 * TINY, actor="user:2")
    await importer.deletions.run(deletion.id)
    expected = documents(await shop.events())
    kinds = {kind for kind, _, _ in expected.values()}
    assert kinds == {"product.created", "product.updated", "product.deleted", "import.completed"}

    await importer.sinks.relay_once()

    for sink in one, two:
        assert received(sink) == expected
        assert len(sink.ids) == len(expected)
    assert await left(shop) == (0, 0)
    assert await importer.sinks.fresh() == 0
    await importer.sinks.relay_once()
    assert len(one.ids) == len(expected)


async def test_a_product_is_told_of_in_the_order_of_its_changes(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    product = await importer.catalogue.create(ProductDraft(sku="T", name="0"), actor="user:1")
    for n in range(1, 5):
        product = await importer.catalogue.change(product.id, n, {"sku": "T" + " " * n + "x"}, actor="user:1")

    await importer.sinks.relay_once()

    assert [event["data"]["sku"] for event in sink.events] == ["T", "T x", "T  x", "T   x", "T    x"]


class InOrder(Recorder):
    in_order = True


def skus(sink):
    return [event["data"]["sku"] for event in sink.events]


async def test_a_sink_that_needs_order_gets_nothing_before_what_it_failed_to_take(shop):
    strict, lax = InOrder("strict", [refuse] * 2), Recorder("lax", [refuse])
    importer = await opened(shop, strict, lax)
    for sku in "ABC":
        await emitted(shop, sku)

    async with relaying(importer):
        await eventually(lambda: len(strict.ids) == len(lax.ids) == 3, "both got everything")

    assert skus(strict) == ["A", "B", "C"]
    assert skus(lax)[0] == "B"


async def test_a_sink_that_needs_order_waits_for_what_another_relay_is_about_to_queue(shop):
    strict, lax = InOrder("strict"), Recorder("lax")
    importer = await opened(shop, strict, lax)
    await emitted(shop, "A")
    other = await asyncpg.connect(shop.url)
    try:
        async with other.transaction():
            await other.execute("SELECT FROM outbox FOR UPDATE")  # as one that fans out
            await emitted(shop, "B")
            await importer.sinks.relay_once()
            assert (skus(strict), skus(lax)) == ([], ["B"])
    finally:
        await other.close()

    await importer.sinks.relay_once()

    assert (skus(strict), skus(lax)) == (["A", "B"], ["B", "A"])


async def test_what_is_given_up_holds_up_a_sink_that_needs_order_no_longer(shop):
    strict = InOrder("strict", [refuse] * 3)
    importer = await opened(shop, strict)
    await emitted(shop, "A")
    await emitted(shop, "B")

    async with relaying(importer):
        await eventually(lambda: strict.batches, "another came")

    assert skus(strict) == ["B"]
    assert strict.calls == 4


async def test_without_a_sink_nothing_is_written(shop):
    shop._importer = importer = alone(await shop.open())

    await shop.run(CSV, parser="tiny")
    await shop.run([CSV[0], ["S1", "Another"]], missing="deactivate")
    await shop.run([CSV[0], ["S1", ""]], on_error="abort")
    product = await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
    await importer.catalogue.activate([product.id], False, actor="user:1")
    await importer.deletions.run((await importer.deletions.request(5 * TINY + 1, actor="user:1")).id)

    assert await shop.connection.fetchval("SELECT count(*) FROM outbox") == 0


class Subscribed(Recorder):
    """Wants events while there is somebody in a table of its own."""

    wanted = "EXISTS (SELECT FROM subscribers)"


async def test_nothing_is_written_until_somebody_subscribes(shop):
    await shop.connection.execute("CREATE TABLE subscribers ()")
    sink = Subscribed()
    shop._importer = importer = alone(await shop.open(Plugin(sinks=[sink])), sink)
    await shop.run(CSV, parser="tiny")
    product = await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
    assert await left(shop) == (0, 0)

    await shop.connection.execute("INSERT INTO subscribers DEFAULT VALUES")
    product = await importer.catalogue.change(product.id, 1, {"name": "Cup"}, actor="user:1")
    await shop.run([CSV[0], ["S1", "Another"], ["new", "New"]])
    await importer.deletions.run((await importer.deletions.request(5 * TINY + 2, actor="user:1")).id)
    expected = documents(await shop.events())
    await importer.sinks.relay_once()

    kinds = [kind for kind, _, _ in expected.values()]
    assert kinds[0] == "product.updated"
    assert set(kinds[1:4]) == {"product.created", "product.updated", "import.completed"}
    assert kinds[4:] == ["product.deleted"] * (5 * TINY + 2)
    assert received(sink) == expected
    await shop.connection.execute("DELETE FROM subscribers")
    await shop.run(CSV, parser="tiny")
    assert await left(shop) == (0, 0)


async def test_an_import_that_is_subscribed_to_half_way_is_told_of_from_then_on(shop, barrier):
    await shop.connection.execute("CREATE TABLE subscribers ()")
    sink = Subscribed()
    shop._importer = importer = alone(await shop.open(Plugin(sinks=[sink]), writers=1), sink)
    await barrier.put("BEFORE INSERT", "products", f"NEW.sku_key = 's{2 * TINY}'")
    running = asyncio.create_task(shop.run(CSV, parser="tiny"))
    await barrier.reached()
    await shop.connection.execute("INSERT INTO subscribers DEFAULT VALUES")
    await barrier.lift("products")
    report = await running
    await importer.sinks.relay_once()

    told = {event["data"]["sku"] for event in sink.events if event["type"] == "product.created"}
    assert told == {f"S{n}" for n in range(2 * TINY, report.created)}
    assert sink.events[-1]["type"] == "import.completed"


async def test_an_edit_is_told_at_once_and_an_import_when_it_ends(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    patient = dataclasses.replace(QUICK, look=3600.0)

    async def listens(other_than=0):
        return await shop.connection.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'product-importer relay' AND pid <> $1 AND state = 'idle'"
            " AND query LIKE 'LISTEN%'",
            other_than,
        )

    async with relaying(importer, pace=patient):
        pid = await until(listens, "it listened")
        await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
        await eventually(lambda: len(sink.ids) == 1, "it heard of the edit")
        await shop.run(CSV, parser="tiny")
        await eventually(lambda: len(sink.ids) == 5 * TINY + 2, "it heard of the import's end")
        await shop.connection.execute("SELECT pg_terminate_backend($1)", pid)
        await until(lambda: listens(pid), "it listened anew")
        deletion = await importer.deletions.request(5 * TINY + 1, actor="user:1")
        await importer.deletions.run(deletion.id)
        await eventually(lambda: len(sink.ids) == 10 * TINY + 3, "it heard of the deletion")


async def test_the_middle_of_an_import_wakes_nobody(shop):
    await opened(shop, Recorder())
    heard = []
    listener = await asyncpg.connect(shop.url)
    try:
        await listener.add_listener(events.CHANNEL, lambda *_: heard.append(1))
        await shop.run(CSV, parser="tiny")
        await eventually(lambda: heard, "the end was told")
        assert heard == [1]
    finally:
        await listener.close()


async def test_what_nobody_tells_of_is_left_for_a_while_and_overtaken_by_nothing(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    async with relaying(importer, pace=dataclasses.replace(QUICK, patience=60.0)):

        async def registered():
            return await importer.sinks.states()

        await until(registered, "it was at work")
        await emitted(shop, "A")
        await importer.catalogue.create(ProductDraft(sku="B", name="Tea"), actor="user:1")
        await eventually(lambda: len(sink.ids) == 2, "it was told together with what somebody waits for")
        await emitted(shop, "C")
        assert await relay_of(importer)._outbox.fan_out(60.0) == 0
        await shop.connection.execute("UPDATE outbox SET occurred_at = now() - interval '61 seconds'")
        await eventually(lambda: len(sink.ids) == 3, "it had waited long enough")

    assert [event["data"]["sku"] for event in sink.events] == ["A", "B", "C"]


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

    assert await importer.sinks.retry("stubborn") == 1

    assert ((await state()).waiting, (await state()).given_up) == (1, 0)
    await relay_of(importer).run_once()
    assert [event["data"]["sku"] for event in sink.events] == ["A"]
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


async def test_several_relays_share_the_work_and_take_over(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    await shop.run(CSV, parser="tiny")
    expected = documents(await shop.events())

    async with relaying(importer) as first, relaying(importer), relaying(importer):
        await eventually(lambda: len(sink.ids) >= len(expected), "all were delivered")
        first.set()
        await emitted(shop, "later")
        await eventually(lambda: len(sink.ids) > len(expected), "another took over")

    assert len(sink.ids) == len(set(sink.ids)) == len(expected) + 1


async def test_who_keeps_still_for_too_long_is_replaced(shop):
    importer = await opened(shop, Recorder())
    await emitted(shop, "A")
    outbox = relay_of(importer, still_seconds=2)._outbox
    await outbox.register(["recorder"])
    await outbox.fan_out(0.0)

    async with outbox.queue("recorder", wait=False, in_order=False) as stalled:
        queued = await stalled.next()
        async with outbox.queue("recorder", wait=True, in_order=False) as other:
            assert (await other.next()).batch.id == queued.batch.id
            with pytest.raises(DatabaseError, match="lost"):
                await stalled.delivered(queued.batch.id)
        assert await left(shop) == (1, 1)


async def test_a_transaction_that_commits_late_is_not_overlooked(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    late = await asyncpg.connect(shop.url)
    try:
        transaction = late.transaction()
        await transaction.start()
        await events.emit(late, "product.created", "test", events.created_data(1, pa.array(["late"])))
        await emitted(shop, "early")
        await importer.sinks.relay_once()
        assert [event["data"]["sku"] for event in sink.events] == ["early"]

        await transaction.commit()
    finally:
        await late.close()

    await importer.sinks.relay_once()
    assert [event["data"]["sku"] for event in sink.events] == ["early", "late"]


async def test_many_events_of_one_transaction_come_in_parts(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    await emitted(shop, *(f"S{n}" for n in range(20_001)))
    expected = documents(await shop.events())

    await importer.sinks.relay_once()

    assert [(batch.first, batch.data.num_rows) for batch in sink.batches] == [
        (0, 10_000),
        (10_000, 10_000),
        (20_000, 1),
    ]
    assert received(sink) == expected


async def test_the_relay_outlives_its_database_connections(shop):
    sink = Recorder()
    importer = await opened(shop, sink)

    async with relaying(importer):
        for n in range(3):
            await emitted(shop, f"S{n}")
            await eventually(lambda n=n: len(set(sink.ids)) > n, "it was delivered")
            await shop.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    assert len(set(sink.ids)) == 3


async def test_a_sink_that_nobody_serves_any_more_is_forgotten_in_the_end(shop, caplog):
    importer = await opened(shop, Recorder("gone"))
    await emitted(shop, "A")
    outbox = relay_of(importer)._outbox
    await outbox.register(["gone"])
    await outbox.fan_out(0.0)
    await outbox.tidy()
    assert await left(shop) == (1, 1)

    await shop.connection.execute("UPDATE event_sinks SET seen_at = now() - interval '31 days'")
    await outbox.tidy()

    assert await left(shop) == (0, 0)
    assert "'gone'" in caplog.text


async def test_where_nobody_has_ever_listened_old_events_are_forgotten(shop):
    importer = await opened(shop, Recorder())
    await emitted(shop, "old")
    await shop.connection.execute("UPDATE outbox SET occurred_at = now() - interval '31 days'")
    await emitted(shop, "new")

    await importer.sinks.tidy()

    assert [event.data["sku"] for event in await shop.events()] == ["new"]
    await shop.connection.execute("UPDATE outbox SET occurred_at = now() - interval '31 days'")
    await relay_of(importer)._outbox.register(["recorder"])
    await importer.sinks.tidy()
    assert len(await shop.events()) == 1


@pytest.mark.parametrize(
    ("statement", "index"), [("next", "sink_deliveries_due"), ("next_in_order", "sink_deliveries_in_order")]
)
async def test_the_next_batch_is_found_by_index(shop, statement, index):
    importer = await opened(shop, Recorder("one"), Recorder("two"))
    for _ in range(20):
        await emitted(shop, "A")
    outbox = relay_of(importer)._outbox
    await outbox.register(["one", "two"])
    await outbox.fan_out(0.0)
    await shop.connection.execute("ANALYZE; SET enable_seqscan = off")

    plan = await shop.connection.fetch("EXPLAIN " + events.statements("relay")[statement].replace("$1", "1"))

    text = "\n".join(row[0] for row in plan)
    assert index in text
    assert "Seq Scan" not in text


def test_the_usual_pace_gives_up_after_two_days():
    assert 48 < sum(Pace().retry) / 3600 < 72
