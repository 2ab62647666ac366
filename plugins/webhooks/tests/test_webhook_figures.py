"""What Prometheus is told."""

from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from receiver import receiving, until

from product_importer.testing import sample_events
from product_importer_webhooks.statements import statements

PREFIX = "product_importer_webhooks_"


async def figures(client, endpoint):
    """An endpoint's, by name and what else they are labelled with."""
    response = await client.get("/metrics")
    return {
        (
            sample.name.removeprefix(PREFIX),
            *(v for k, v in sample.labels.items() if k != "webhook"),
        ): sample.value
        for family in text_string_to_metric_families(await response.text())
        for sample in family.samples
        if sample.labels.get("webhook") == str(endpoint.id)
    }


async def refuse(request):
    return web.Response(status=503)


async def slow_down(request):
    return web.Response(status=301)


async def test_what_waits_and_how_old_it_is(client, hooks, receiver):
    plain, ordered = await hooks.add(receiver), await hooks.add(receiver, mode="single", ordered=True)
    for endpoint in plain, ordered:
        found = await figures(client, endpoint)
        assert (found["waiting_requests",], found["waiting_events",], found["oldest_seconds",]) == (0, 0, 0)
        assert found["health", "new"] == 1

    await hooks.queue.put(replace(sample_events(), timestamp=datetime.now(UTC)))
    await hooks.execute("UPDATE webhook_deliveries SET created_at = now() - interval '1 hour'")

    for endpoint, requests in (plain, 1), (ordered, 2):
        found = await figures(client, endpoint)
        assert (found["waiting_requests",], found["waiting_events",]) == (requests, 2)
        assert 3_600 <= found["oldest_seconds",] < 3_700


async def test_how_attempts_end_and_what_follows(client, hooks, receiver):
    endpoint = await hooks.add(receiver, mode="single", concurrency=1)
    async with receiving() as gone:
        other = await hooks.add(gone)
    receiver.answers = [refuse] * 9 + [slow_down]
    for number in range(5):
        await hooks.queue.put(replace(sample_events(), id=f"batch-{number}", timestamp=datetime.now(UTC)))

    async with hooks.relaying():

        async def paused():
            found = await figures(client, endpoint)
            return found if found["health", "paused"] else None

        found = await until(paused, "it was left alone")
        assert found["failures_in_a_row",] == 10
        assert found["attempts_total", "throttled"] == 9
        assert found["attempts_total", "redirect"] == 1
        assert [state for state in ("disabled", "failing", "healthy", "new") if found["health", state]] == []
        assert found["waiting_requests",] == 10
        await hooks.hurry()

        async def healthy():
            found = await figures(client, endpoint)
            return found if found["health", "healthy"] and not found["waiting_requests",] else None

        found = await until(healthy, "all had arrived")
        assert found["attempts_total", "success"] == 10
        assert found["failures_in_a_row",] == 0

        async def refused():
            return (await figures(client, other)).get(("attempts_total", "connection"))

        await until(refused, "nobody was there")

    await hooks.endpoints.delete(other.id, actor="user:1")
    assert await hooks.queue.drop_days(-1) == 1  # today's, too
    assert (await figures(client, endpoint))["attempts_total", "success"] == 10
    await hooks.endpoints.delete(endpoint.id, actor="user:1")
    assert await figures(client, endpoint) == {}


async def test_what_waits_is_counted_by_index(hooks):
    await hooks.queue.make_day(datetime.now(UTC).date())
    async with hooks.importer.database.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch("EXPLAIN " + statements("deliveries")["waiting"])

    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text
