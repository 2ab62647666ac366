"""Receivers that fail: nothing is lost, and nobody else has to wait."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web
from receiver import receiving, until

from product_importer.product import ProductDraft
from product_importer.testing import sample_events


async def refuse(request):
    return web.Response(status=503, text="later")


async def hang(request):
    await asyncio.sleep(3600)


def recent(batch_id="recent"):
    return replace(sample_events(), id=batch_id, timestamp=datetime.now(UTC))


async def attempts_of(hooks, endpoint):
    return await hooks.execute(
        "SELECT number, class FROM webhook_attempts WHERE endpoint_id = $1 ORDER BY at", endpoint.id
    )


async def test_a_request_that_is_sent_again_is_the_same_but_for_time_and_signature(hooks, receiver):
    endpoint = await hooks.add(receiver)
    receiver.answers = [refuse] * 3
    await hooks.queue.put(recent())

    async with hooks.relaying():
        for number in range(1, 4):

            async def noted(number=number):
                return len(await attempts_of(hooks, endpoint)) == number

            await until(noted, f"attempt {number} was noted")
            await hooks.execute("UPDATE webhook_deliveries SET due_at = now()")

        async def delivered():
            return await hooks.states(endpoint) == {"delivered": 1}

        await until(delivered, "it arrived")

    assert len(receiver.requests) == 4
    assert len(set(receiver.ids)) == 1
    assert len({body for _, body in receiver.requests}) == 1
    assert [tuple(row) for row in await attempts_of(hooks, endpoint)] == [
        (1, "throttled"), (2, "throttled"), (3, "throttled"), (4, "success"),
    ]  # fmt: skip
    assert (await hooks.endpoints.get(endpoint.id)).failures == 0


async def test_when_it_is_tried_again_follows_the_schedule_and_what_the_receiver_asks_for(hooks, receiver):
    async def asks(request):
        return web.Response(status=429, headers={"Retry-After": "7200"})

    endpoint = await hooks.add(receiver)
    receiver.answers = [asks]
    await hooks.queue.put(recent())

    async with hooks.relaying():

        async def noted():
            return await attempts_of(hooks, endpoint)

        await until(noted, "it was noted")

    (row,) = await hooks.execute(
        "SELECT state, attempts, extract(epoch FROM due_at - now())::float AS left FROM webhook_deliveries"
    )
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert 7_100 < row["left"] <= 7_200


async def test_after_ten_attempts_it_is_given_up_and_kept(hooks, receiver):
    endpoint = await hooks.add(receiver)
    receiver.answers = [refuse]
    await hooks.queue.put(recent())
    await hooks.execute("UPDATE webhook_deliveries SET attempts = 9, begun_at = now()")

    async with hooks.relaying():

        async def given_up():
            return await hooks.states(endpoint) == {"failed": 1}

        await until(given_up, "it was given up")

    (row,) = await hooks.execute("SELECT error, attempts FROM webhook_deliveries")
    assert row["attempts"] == 10
    assert row["error"] == "It answered 503: it is overloaded, or not there for now."


async def test_an_endpoint_that_fails_again_and_again_is_left_alone(hooks, receiver):
    endpoint = await hooks.add(receiver, mode="single", concurrency=1)
    receiver.answers = [refuse] * 100
    for n in range(30):
        await hooks.queue.put(recent(f"batch-{n}"))

    async with hooks.relaying():

        async def paused():
            return (await hooks.endpoints.get(endpoint.id)).paused_until

        await until(paused, "it was left alone")
        assert len(receiver.requests) == 10
        receiver.answers = [refuse]
        await hooks.execute("UPDATE webhook_endpoints SET paused_until = now()")
        await until(lambda: len(receiver.requests) == 11, "one request showed that it still fails")

        async def paused_again():
            return (await hooks.endpoints.get(endpoint.id)).failures == 11

        await until(paused_again, "that was noted")
        assert len(receiver.requests) == 11
        await hooks.execute("UPDATE webhook_endpoints SET paused_until = now()")
        await until(lambda: len(receiver.requests) >= 11 + 49, "all the others came")

    assert (await hooks.endpoints.get(endpoint.id)).failures == 0


async def test_five_days_of_failures_disable_it_after_a_warning(hooks, receiver, caplog):
    endpoint = await hooks.add(receiver)
    receiver.answers = [refuse, refuse]

    async def failed_for(days):
        await hooks.execute(
            "UPDATE webhook_endpoints SET failures = 1, failing_since = now() - $1 * interval '1 day'",
            float(days),
        )
        await hooks.queue.put(recent(f"day-{days}"))

    async with hooks.relaying():
        await failed_for(2.1)

        async def warned():
            return (await hooks.endpoints.get(endpoint.id)).warned_at

        await until(warned, "there was a warning")
        text = "has failed for 2 days; after 5 it will be disabled"
        await until(lambda: text in caplog.text, "it was in the log, a moment later")
        await failed_for(5)

        async def disabled():
            return not (await hooks.endpoints.get(endpoint.id)).draft.enabled

        await until(disabled, "it was disabled")
        await hooks.queue.put(recent("meanwhile"))

    found = await hooks.endpoints.get(endpoint.id)
    assert found.disabled_reason == "Every attempt failed for five days."
    action, *_ = await hooks.importer.actions.recent()
    assert (action.actor, action.action) == ("webhooks", "webhook.disabled")
    assert await hooks.states(endpoint) == {"held": 3}
    assert [record.levelno for record in caplog.records if "is disabled." in record.getMessage()] == [
        logging.WARNING
    ]


async def test_a_receiver_that_hangs_holds_up_nobody_else(importer, hooks, receiver):
    async with receiving() as hanging:
        hanging.answers = [hang] * 1_000
        stuck = await hooks.add(hanging, mode="single", timeout_seconds=60)
        well = await hooks.add(receiver, mode="single")
        async with hooks.relaying():
            for n in range(50):
                await importer.catalogue.create(ProductDraft(sku=f"T{n}", name="Tea"), actor="user:1")
            await until(lambda: len(receiver.events) == 50, "the other got everything")
            await until(lambda: len(hanging.requests) == 4, "it had as many at once as it may")
        assert len(hanging.requests) == 4
        assert await hooks.states(stuck) == {"waiting": 50}
        assert await hooks.states(well) == {"delivered": 50}


async def test_an_endpoint_that_is_changed_while_much_is_sent(hooks, receiver):
    """What is left goes to where it is now."""
    endpoint = await hooks.add(receiver, mode="single", concurrency=1)
    for n in range(150):
        await hooks.queue.put(recent(f"batch-{n}"))
    async with receiving() as other:
        other.secrets = receiver.secrets

        async def move(request):
            await hooks.endpoints.change(endpoint.id, replace(endpoint.draft, url=other.url), actor="user:1")
            return web.Response()

        receiver.answers = [move]

        async with hooks.relaying():

            async def all_came():
                return await hooks.states(endpoint) == {"delivered": 300}

            await until(all_came, "all came")

        assert len(receiver.requests) <= 100
        assert len(receiver.requests) + len(other.requests) == 300
        assert len({*receiver.ids, *other.ids}) == 300


async def test_a_rate_limit_is_kept(hooks, receiver):
    await hooks.add(receiver, mode="single", rate_limit=20)
    for n in range(10):
        await hooks.queue.put(recent(f"batch-{n}"))
    times = []

    async def note(request):
        times.append(asyncio.get_running_loop().time())
        return web.Response()

    receiver.answers = [note] * 20

    async with hooks.relaying():
        await until(lambda: len(times) == 20, "all came")

    assert times[-1] - times[0] >= 19 / 20 - 0.1


async def test_days_that_are_over_are_dropped_unless_something_waits(hooks, receiver):
    endpoint = await hooks.add(receiver)
    old = datetime(2026, 1, 2, tzinfo=UTC)
    await hooks.queue.put(replace(sample_events(), id="old", timestamp=old))
    await hooks.queue.put(recent())

    assert await hooks.queue.drop_days(14) == 0
    await hooks.execute("UPDATE webhook_deliveries SET state = 'failed'")
    assert await hooks.queue.drop_days(14) == 1

    assert await hooks.states(endpoint) == {"failed": 1}
    await hooks.queue.make_day(old.date())


async def test_what_was_taken_by_a_sender_that_died_is_due_again(hooks, receiver):
    endpoint = await hooks.add(receiver)
    await hooks.queue.put(recent())
    await hooks.execute("UPDATE webhook_deliveries SET due_at = now()")
    (taken,) = await hooks.queue.claim(endpoint.id, 10, 0.5)
    body = (await hooks.queue.payloads([taken])).body(taken)
    assert await hooks.queue.claim(endpoint.id, 10, 60.0) == []

    async with hooks.relaying():
        await until(lambda: receiver.requests, "another sent it")

    ((headers, sent),) = receiver.requests
    assert sent == body
    assert headers["webhook-id"] == taken.message_id
