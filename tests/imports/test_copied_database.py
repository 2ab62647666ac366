"""In a copy of a database, an edited product never counts as unchanged."""

import asyncpg
import pytest

from shop import ledger

FILE = [["sku", "name"], *([f"S{n:03}", "Tea"] for n in range(40))]

LIVES_HERE = "UPDATE catalogue_home SET place = catalogue_place()"
LIVED_ELSEWHERE = "UPDATE catalogue_home SET place = '7000000000000000001/5/16400'"

EDITED_BEFORE_THE_DUMP = """
    UPDATE products
    SET name = 'By hand', merged_in = (pg_current_xact_id()::text::bigint & 2147483647)::integer
    WHERE sku_key = 's007'
"""
"""A dump keeps merged_in, and all restored rows get the number of the restoring transaction. Where both are
the same by chance, the product looks as if the import had written it last."""


@pytest.mark.parametrize(("home", "updated"), [(LIVES_HERE, 0), (LIVED_ELSEWHERE, 1)])
async def test_a_seal_is_trusted_only_where_it_was_made(shop, home, updated):
    await shop.connection.execute(LIVES_HERE)
    await shop.run(FILE)
    await shop.connection.execute(EDITED_BEFORE_THE_DUMP)
    await shop.connection.execute(home)

    report = await shop.run(FILE)

    assert ledger(report) == (0, updated, 40 - updated, 0, 0, 0)
    assert (await shop.product("s007"))["name"] == ("Tea" if updated else "By hand")


async def test_products_that_were_imported_in_the_copy_are_told_by_their_digests(shop):
    await shop.connection.execute(LIVED_ELSEWHERE)
    await shop.run(FILE)
    before = await shop.rows()

    report = await shop.run(FILE)

    assert ledger(report) == (0, 0, 40, 0, 0, 0)
    assert await shop.rows() == before


async def test_a_copied_database_knows_that_it_is_one(server):
    async with server.database() as original:
        name = original.rpartition("/")[2].partition("?")[0]
        connection = await asyncpg.connect(original)
        await connection.execute(LIVES_HERE)
        await connection.close()
        async with server.database(template=name) as copy:
            connection = await asyncpg.connect(copy)
            same = await connection.fetchval("SELECT place = catalogue_place() FROM catalogue_home")
            await connection.close()
    assert not same
