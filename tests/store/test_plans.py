"""The statements that an import runs for every chunk find products through indexes, and those about schedules
find imports so.
"""

import json

import pyarrow as pa
import pytest

from product_importer.fields import CLEARABLE, NAMES
from product_importer.store.changes.images import activating, deleting, updating
from product_importer.store.columns import COLUMNS, merging
from product_importer.store.copy import copy_batch
from product_importer.store.queries import statements

PRODUCTS, CHUNK = 200_000, 5_000


async def scans(shop, statement, *arguments, table="products"):
    """How the plan gets at the table: the node types on it."""
    plan = await shop.connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
    found = []

    def walk(node):
        if node.get("Relation Name") == table and "Scan" in node["Node Type"]:
            found.append(node["Node Type"])
        for child in node.get("Plans", ()):
            walk(child)

    walk(json.loads(plan)[0]["Plan"])
    return found


def chunk():
    keys = sorted(f"sku-{n}" for n in range(1, 2 * CHUNK, 2))
    return pa.RecordBatch.from_pydict(
        {
            "position": pa.array(range(len(keys)), pa.int32()),
            "sku_key": keys,
            "sku": keys,
            "name": ["New name"] * len(keys),
            "description": pa.nulls(len(keys), pa.string()),
            "active": pa.nulls(len(keys), pa.bool_()),
            "digest": pa.array([b"another"] * len(keys), pa.binary()),
        }
    )


@pytest.mark.parametrize("products", [0, PRODUCTS])
async def test_no_statement_reads_the_whole_table(shop, products):
    """Not even where it is known to be empty: it may fill up while the statement runs."""
    connection, merge = shop.connection, statements("merge")
    await connection.execute(
        "INSERT INTO products (sku_key, sku, name, price) SELECT 'sku-' || n, 'SKU-' || n, 'Name ' || n, n"
        f" FROM generate_series(1, {products}) AS n"
    )
    await connection.execute("VACUUM ANALYZE products")
    await connection.execute(merge["prepare"].format(columns=COLUMNS))
    await connection.execute(merge["by_index"])

    async with connection.transaction():
        await copy_batch(connection, "asked", chunk().select(["position", "sku_key", "digest"]))
        check(await scans(shop, merge["look_up"]))

    for rows in (1, CHUNK):
        async with connection.transaction():
            await copy_batch(connection, "incoming", chunk().slice(0, rows))
            for clear in ((), CLEARABLE):
                for returns_old in {False, connection.get_server_version().major >= 18}:
                    merged = merging(clear, attributes=bool(clear), product="p" if returns_old else "o")
                    found = updating(NAMES, returns_old=returns_old)
                    check(await scans(shop, merge["update"].format(**merged, **found), ["a"], 1, 1))
                    check(await scans(shop, merge["settled"].format(**merged), ["a"]))
            check(await scans(shop, merge["delete"].format(**deleting())))
            check(await scans(shop, merge["deactivate_named"].format(**activating()), 1))

    await copy_batch(connection, "present", chunk().select(["sku_key"]))
    await connection.execute(merge["index_present"])
    began = await connection.fetchval("SELECT now()")
    check(await scans(shop, merge["deactivate"].format(**activating()), products // 2, began, 1_000, 1))
    check(
        await scans(shop, merge["delete_missing"].format(**deleting()), products // 2, began, 1_000, 1 << 20)
    )


def check(found):
    assert found
    assert all(scan.startswith(("Index", "Tid")) for scan in found), found


@pytest.mark.whole
async def test_twins_are_found_through_the_index(shop):
    """Also where all keys are numbers, and however many of them begin with a zero."""
    connection, imports = shop.connection, statements("imports")
    await connection.execute(
        "INSERT INTO products (sku_key, sku, name) SELECT key, key, key FROM ("
        f" SELECT lpad(n::text, 8, '0') AS key FROM generate_series(1, {PRODUCTS}) AS n"
        f" UNION ALL SELECT (10000000 + n)::text FROM generate_series(1, {PRODUCTS}) AS n) AS k"
    )
    await connection.execute("VACUUM ANALYZE products")

    keys = [str(n).zfill(length) for n in range(5_000) for length in (5, 8)]
    check(await scans(shop, imports["present"], keys))
    check(await scans(shop, imports["zero_led_lengths"]))
    assert [row["length"] for row in await connection.fetch(imports["zero_led_lengths"])] == [8]


@pytest.mark.whole
async def test_the_unfinished_imports_of_schedules_are_found_through_the_index(shop):
    """However many imports have ended."""
    connection, schedules = shop.connection, statements("schedules")
    await connection.execute(
        "INSERT INTO imports (status, phase, source, filename, options, bytes_total, started_at, finished_at)"
        " SELECT 'completed', 'finished', '', '', '{}', 1, now(), now() FROM generate_series(1, 20000)"
    )
    await connection.execute(
        "INSERT INTO schedules (name, url, origin, cron, time_zone, overlap, active, options, next_at)"
        " SELECT n, '', '', '0 6 * * *', 'UTC', 'queue', true, '{}', now() FROM generate_series(1, 40) AS n"
    )
    await connection.execute(
        "INSERT INTO schedule_runs (schedule_id, slot, result, import_id, version)"
        " SELECT 1 + n % 40, now() + n * interval '1 day', 'imported', n, 1"
        " FROM generate_series(1, 20000) AS n"
    )
    await connection.execute("VACUUM ANALYZE imports, schedules, schedule_runs")

    check(await scans(shop, schedules["get"], None, table="imports"))
    check(await scans(shop, schedules["under_way"], 7, table="imports"))
    check(await scans(shop, schedules["due"], 10, table="imports"))
