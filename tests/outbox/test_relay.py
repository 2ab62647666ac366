"""Every committed event gets to every sink, and nothing else does."""

import pytest
from outboxes import CSV, emitted, left, opened

from product_importer.errors import DatabaseError
from product_importer.product import ProductDraft
from product_importer.store import events
from receiving import Recorder, documents, eventually, received, relay_of, relaying
from shop import TINY


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
