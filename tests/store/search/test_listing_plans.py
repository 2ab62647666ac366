"""Pages are read through indexes: of the order, of what is looked for, and of the products themselves."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from product_importer.product import SORTS, ProductFilter
from product_importer.store.search.filtering import Conditions, Sample
from product_importer.store.search.page_queries import PageQueries, have_each, snapshot
from product_importer.store.search.sieve import choose

PRODUCTS = 30_000
LISTED = ("products", "product_sorting", "product_texts")


EVERYTHING = ProductFilter()
RARE = (
    ProductFilter(sku="SKU-1234"),
    ProductFilter(name="c4ca4238"),
    ProductFilter(description="6bb61e3b"),
    ProductFilter(search="c4ca4238a0b9"),
    ProductFilter(search="name c4ca4238a0b9", active=True),
    ProductFilter(search="Bro\u0308tchen c4ca4238a0b9"),
)

RANGES = {
    "product_sorting_price": ProductFilter(price_from=Decimal(10), price_to=Decimal(20)),
    "product_sorting_updated": ProductFilter(changed_since=datetime.now(UTC) + timedelta(hours=1)),
}
"""Filters of few products by a range, with the index that finds them."""


async def plan(shop, sql, arguments):
    """The scans of the plan: node type, and index or table."""
    async with snapshot(shop.connection):
        text = await shop.connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *arguments)
    found = []

    def walk(node):
        if node.get("Relation Name") in LISTED or node["Node Type"] == "Bitmap Index Scan":
            found.append((node["Node Type"], node.get("Index Name") or node["Relation Name"]))
        for child in node.get("Plans", ()):
            walk(child)

    walk(json.loads(text)[0]["Plan"])
    assert found
    assert all(kind != "Seq Scan" for kind, _ in found), found
    return found


def reading(wanted=EVERYTHING, sort="sku", pending=()):
    return PageQueries(Conditions(wanted), sort, list(pending))


@pytest.mark.whole
async def test_no_page_reads_a_whole_table(shop):
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name, description, price, active)"
        " SELECT 'sku-' || n, 'SKU-' || n, 'Name Brötchen ' || md5(n::text), md5((-n)::text), n % 1000,"
        " n % 100 > 0"
        f" FROM generate_series(1, {PRODUCTS}) AS n"
    )
    await shop.connection.execute("VACUUM (ANALYZE) products")
    await check_while_much_is_pending(shop)
    assert (await (await shop.importer()).catalogue.index_all()).pending == 0
    for pending in ((), (1, 2, 3)):
        await check_orders(shop, pending)
    await check_active(shop)
    await check_ranges(shop)
    for wanted in RARE:
        asked = reading(wanted)
        asked.first = PRODUCTS // 2
        scans = await plan(shop, asked.page(0, 20), asked.arguments)
        assert [index for _, index in scans[:2]] == ["product_sorting_sku", "product_texts_pkey"]
        sample = Sample(**await shop.connection.fetchrow(asked.sample(), *asked.conditions.words))
        letters = asked.conditions.letters(sample)
        assert await plan(shop, asked.sample(), asked.conditions.words) == [("Tid Scan", "product_texts")]
        assert await plan(shop, have_each(letters), []) == [("Tid Scan", "product_texts")]
        asked.look_for_rare(choose(letters, await shop.connection.fetchval(have_each(letters))))
        for sql in (asked.ids(1_001), asked.count(), asked.page(0, 20)):
            scans = await plan(shop, sql, asked.arguments)
            assert ("Bitmap Index Scan", "product_texts_search") in scans
    found = PageQueries(Conditions.among(list(range(1, 500))), "name", [])
    await plan(shop, found.page(0, 20, backwards=False), found.arguments)


async def check_while_much_is_pending(shop):
    asked = PageQueries(Conditions(), "sku", None)
    scans = await plan(shop, asked.page(40, 20, backwards=False), asked.arguments)
    assert "products_pkey" in [index for _, index in scans]


async def check_orders(shop, pending):
    """Every order has its index, from either end."""
    for sort in SORTS:
        asked = reading(sort=sort, pending=pending)
        for backwards in (False, True):
            scans = await plan(shop, asked.page(40, 20, backwards=backwards), asked.arguments)
            assert f"product_sorting_{sort.removeprefix('-')}" in [index for _, index in scans]


async def check_active(shop):
    for active in (True, False):
        asked = reading(ProductFilter(active=active))
        scans = await plan(shop, asked.page(40, 20, backwards=False), asked.arguments)
        assert scans[0] == ("Index Only Scan", "product_sorting_active"), scans


async def check_ranges(shop):
    for index, wanted in RANGES.items():
        for sort in ("sku", "name"):
            asked = reading(wanted, sort)
            await plan(shop, asked.page(40, 20, backwards=False), asked.arguments)
            for sql in (asked.count(), asked.ids(1_001)):
                scans = await plan(shop, sql, asked.arguments)
                assert index in [name for _, name in scans]
