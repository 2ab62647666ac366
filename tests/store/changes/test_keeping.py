"""The log is kept for a number of months, in a table for each month."""

import dataclasses

import pytest
from logs import sets

MONTHS = "SELECT relid::text FROM pg_partition_tree('change_sets') WHERE isleaf ORDER BY 1"
OLD = """
INSERT INTO change_sets (number, at, id, first_id, last_id, products, kind, cause, actor, payload)
SELECT $1, now() - $2 * interval '1 month', gen_random_uuid(), 1, 1, 1, kind, cause, actor, payload
FROM change_sets LIMIT 1
"""
OLD_MONTH = """
SELECT make_change_month(
    (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '3 months') AT TIME ZONE 'UTC'
)
"""


async def keeping(shop, months):
    importer = await shop.importer()
    return type(importer)(
        importer.database, importer.plugins, dataclasses.replace(importer.settings, history_months=months)
    ).changes


async def months(shop):
    return [row["relid"] for row in await shop.connection.fetch(MONTHS)]


async def test_there_is_a_table_for_this_month_and_the_next_two(shop):
    begun = await months(shop)
    assert len(begun) == 4
    assert "change_sets_default" in begun

    await (await keeping(shop, 1)).tidy()

    assert await months(shop) == begun


async def test_old_months_are_dropped_and_the_log_says_since_when_it_is_complete(shop):
    await shop.connection.execute(OLD_MONTH)
    await shop.run("sku,name\nA,Tea\n")
    await shop.connection.execute(OLD, -1, 3)
    await shop.connection.execute(OLD, -2, 20)  # nothing had made a table for this month
    changes = await keeping(shop, 3)
    since = await changes.known_since()

    await changes.tidy()
    assert [each.number for each in await sets(shop.connection)] == [-1, 1]
    assert await changes.known_since() == since

    changes = await keeping(shop, 2)
    await changes.tidy()
    assert [each.number for each in await sets(shop.connection)] == [1]
    assert len(await months(shop)) == 4


async def test_a_month_stays_while_a_sink_still_has_to_get_its_events(shop):
    await shop.connection.execute(OLD_MONTH)
    await shop.run("sku,name\nA,Tea\n")
    await shop.connection.execute(OLD, -1, 3)
    await shop.connection.execute(
        "INSERT INTO outbox (id, type, actor, events, change_set, changed_at)"
        " SELECT id, 'product.created', actor, 1, number, at FROM change_sets WHERE number = -1"
    )
    changes = await keeping(shop, 1)

    await changes.tidy()
    assert len(await sets(shop.connection)) == 2

    await shop.connection.execute("DELETE FROM outbox")
    await changes.tidy()
    assert len(await sets(shop.connection)) == 1


@pytest.mark.whole
async def test_changes_go_on_while_a_reader_keeps_the_log_busy(shop):
    await shop.connection.execute(OLD_MONTH)
    changes = await keeping(shop, 1)
    async with shop.connection.transaction():
        await shop.connection.fetch("SELECT count(*) FROM change_sets")
        before = await months(shop)
        await changes.tidy()
        await (await shop.importer()).run(shop.file("sku,name\nA,Tea\n"))
    assert await months(shop) == before

    await changes.tidy()
    assert len(await months(shop)) == 4
