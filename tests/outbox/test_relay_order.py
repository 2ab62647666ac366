"""Events come in the order in which they were committed, as far as a sink needs that."""

import asyncpg
from outboxes import emitted, opened, skus, written

from product_importer.product import ProductDraft
from receiving import Recorder, eventually, refuse, relaying


class InOrder(Recorder):
    in_order = True


async def test_a_product_is_told_of_in_the_order_of_its_changes(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    product = await importer.catalogue.create(ProductDraft(sku="T", name="0"), actor="user:1")
    for n in range(1, 5):
        product = await importer.catalogue.change(product.id, n, {"sku": "T" + " " * n + "x"}, actor="user:1")

    await importer.sinks.relay_once()

    assert skus(sink) == ["T", "T x", "T  x", "T   x", "T    x"]


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


async def test_a_transaction_that_commits_late_is_not_overlooked(shop):
    sink = Recorder()
    importer = await opened(shop, sink)
    late = await asyncpg.connect(shop.url)
    try:
        transaction = late.transaction()
        await transaction.start()
        await written(late, "late")
        await emitted(shop, "early")
        await importer.sinks.relay_once()
        assert skus(sink) == ["early"]

        await transaction.commit()
    finally:
        await late.close()

    await importer.sinks.relay_once()
    assert skus(sink) == ["early", "late"]
