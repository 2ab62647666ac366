"""Every look-up of the log of changes goes by an index, however many sets there are."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from product_importer.store.changes.states import _PRESENT
from product_importer.store.queries import statements

SETS = 20_000
FILL = """
INSERT INTO change_sets (
    number, at, id, import_id, first_id, last_id, products, kind, cause, actor, payload, narrow
)
SELECT
    n, now() - n * interval '1 second', gen_random_uuid(), CASE WHEN n % 2 = 0 THEN n / 100 END,
    n * 10, n * 10 + 9, 10, CASE WHEN n % 40 = 0 THEN 'deleted' ELSE 'updated' END,
    CASE WHEN n % 2 = 0 THEN 'import' ELSE 'edit' END, 'web', '\\x00', 1
FROM generate_series(1, $1::integer) AS n
"""
NOW = datetime.now(UTC)

LOOK_UPS = {
    "set": (500,),
    "sets": ([500, 600, 700],),
    "narrow_set": (500,),
    "narrow_sets": (50,),
    "sets_of_import": (50,),
    "sets_after": (NOW - timedelta(seconds=20),),
    "sets_from": (NOW - timedelta(seconds=900), 900, NOW, 100),
    "last_deletions": (199_000, 199_010),
    "present": ([5, 6],),
    "last_change": (5,),
}


@pytest.fixture
async def filled(shop):
    await shop.importer()
    await shop.connection.execute(FILL, SETS)
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name) SELECT n, n, 'Tea' FROM generate_series(1, 5000) AS n"
    )
    await shop.connection.execute("ANALYZE change_sets")
    await shop.connection.execute("ANALYZE products")
    return shop


def scanned(node):
    """The tables that a plan reads from one end to the other, but for empty ones."""
    if node["Node Type"] == "Seq Scan" and node["Plan Rows"] > 1:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from scanned(child)


async def test_no_look_up_reads_the_whole_log(filled):
    for name, arguments in LOOK_UPS.items():
        statement = statements("changes")[name].format(present=_PRESENT)
        plan = await filled.connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
        assert list(scanned(json.loads(plan)[0]["Plan"])) == [], name


async def test_what_is_after_a_time_is_looked_for_in_the_months_since_then_only(filled):
    month = f"change_sets_{NOW:%Y_%m}"
    for name, arguments in (("sets_after", ()), ("sets_from", (0, NOW + timedelta(days=99), 100))):
        for days, read in ((-1, True), (40, False)):
            plan = await filled.connection.fetchval(
                f"EXPLAIN (FORMAT JSON) {statements('changes')[name]}", NOW + timedelta(days=days), *arguments
            )
            assert (f'"{month}"' in plan) is read, (name, days)
