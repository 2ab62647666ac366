"""Events are written where somebody wants them, and told as soon as somebody waits for them."""

import asyncio
import dataclasses

import asyncpg
from outboxes import CSV, alone, emitted, left, opened, skus

from halfway import until
from product_importer.product import ProductDraft
from product_importer.support.namespace import channel
from receiving import QUICK, Recorder, documents, eventually, received, relay_of, relaying
from shop import TINY, Plugin


class Subscribed(Recorder):
    """Wants events while there is somebody in a table of its own."""

    wanted = "EXISTS (SELECT FROM subscribers)"


async def test_without_a_sink_nothing_is_written(shop):
    shop._importer = importer = alone(await shop.open())

    await shop.run(CSV, parser="tiny")
    await shop.run([CSV[0], ["S1", "Another"]], missing="deactivate")
    await shop.run([CSV[0], ["S1", ""]], on_error="abort")
    product = await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
    await importer.catalogue.activate([product.id], False, actor="user:1")
    await importer.deletions.run((await importer.deletions.request(5 * TINY + 1, actor="user:1")).id)

    assert await shop.connection.fetchval("SELECT count(*) FROM outbox") == 0


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
        await listener.add_listener(channel(None), lambda *_: heard.append(1))
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

    assert skus(sink) == ["A", "B", "C"]
