"""The tables behind the list follow the products, whoever is killed, and whatever the server lacks."""

import asyncio
import random
import sys
from contextlib import asynccontextmanager, suppress
from functools import partial

import asyncpg
import pytest

from halfway import Barrier, until
from product_importer.errors import ProductChanged, ProductNotFound
from product_importer.model import ImportOptions, Status
from product_importer.product import SORTS, ProductDraft, ProductFilter
from product_importer.store.migrate import migrate
from product_importer.store.search import indexing, landmarks, listing
from product_importer.store.search.page_queries import snapshot
from product_importer.store.search.sort_keys import KEYS
from shop import TINY

ME = "user:1"
ORDERS = {
    "sku": ("sku_key", "id"),
    "name": ('left(lower(name), 200) COLLATE "C"', "id"),
    "price": ("coalesce(price, -1)", "id"),
    "active": ("active", "sku_key", "id"),
    "stock": ("coalesce(stock, -9223372036854775808)", "id"),
    "created": ("created_at", "id"),
    "updated": ("updated_at", "id"),
}
INDEX = """
import asyncio, sys
from product_importer import Importer

async def main(url):
    async with Importer.open(url) as importer:
        await importer.catalogue.index_all()

asyncio.run(main(*sys.argv[1:]))
"""


async def check_a_page(connection, chance):
    """A page, against what the same snapshot of the products says. Tells how much was pending."""
    sort = chance.choice(SORTS)
    active = chance.choice([None, True, False])
    word = chance.choice(["", "", "other", "name 1", "edited"])
    direction = "DESC" if sort.startswith("-") else "ASC"
    order = ", ".join(f"{key} {direction}" for key in ORDERS[sort.removeprefix("-")])
    async with snapshot(connection):
        rows = await connection.fetch(
            "SELECT id FROM products WHERE ($1::boolean IS NULL OR active = $1)"
            f" AND strpos(lower(name), $2) > 0 ORDER BY {order}",
            active,
            word,
        )
        number = chance.randint(1, len(rows) // 5 + 1)
        page = await listing.page_now(connection, ProductFilter(name=word, active=active), sort, number, 5)
    expected = [row["id"] for row in rows]
    assert [product.id for product in page.products] == expected[5 * (number - 1) : 5 * number]
    assert (page.total, page.total_is_exact) == (len(expected), True)
    return page.pending


async def edit(catalogue, chance):
    """Changes, deactivates and deletes some of a page's products."""
    ids = [product.id for product in (await catalogue.list(page=chance.randint(1, 3))).products]
    for product_id in ids[::3]:
        with suppress(ProductChanged, ProductNotFound):  # the import was quicker
            product = await catalogue.get(product_id)
            await catalogue.change(product.id, product.version, {"name": "Edited"}, actor=ME)
    await catalogue.activate(ids[1::3], chance.random() < 0.5, actor=ME)
    await catalogue.delete_selected(ids[2::9], actor=ME)


@asynccontextmanager
async def over_and_over(*works):
    """Each of the works is done again and again."""

    async def again(work):
        while True:
            await work()
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(again(work)) for work in works]
    try:
        yield
    finally:
        assert not any(task.done() for task in tasks)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.mark.parametrize("patched", [20, listing.PATCHED])
@pytest.mark.whole
async def test_every_snapshot_is_right_while_all_goes_on(shop, catalogue, monkeypatch, patched):
    monkeypatch.setattr(listing, "PATCHED", patched)
    monkeypatch.setattr(listing, "MOST_PATCHED", patched)
    chance = random.Random(patched)
    importer = await shop.importer()

    async def follow():
        await catalogue.index_pending(chance.randint(1, 40))

    pending = []
    async with over_and_over(partial(edit, catalogue, chance), follow, follow):
        for name, first in (("Name", 0), ("Other", 60), ("Name", 30)):
            rows = [[f"S{n:03}", f"{name} {n}", str(n % 7)] for n in range(first, 120)]
            path = shop.file([["sku", "name", "price"], *rows])
            importing = asyncio.create_task(importer.run(path, ImportOptions(parser="tiny")))
            while not importing.done():
                pending.append(await check_a_page(shop.connection, chance))
            assert (await importing).status is Status.COMPLETED
    assert max(pending) > 0
    await catalogue.index_all()
    for _ in range(20):
        assert await check_a_page(shop.connection, chance) == 0


@pytest.mark.whole
async def test_landmarks_keep_their_places(shop, catalogue, monkeypatch):
    monkeypatch.setattr(indexing, "_TIDIED", 0)
    monkeypatch.setattr(landmarks, "DISTANCE", 7)
    chance = random.Random(3)
    rows = [[f"S{n:03}", f"Name {n % 5}", str(n % 7)] for n in range(100)]
    await shop.run([["sku", "name", "price"], *rows])
    await catalogue.index_all()
    before = await check_landmarks(shop)
    assert sum(before.values()) == len(ORDERS) * 14

    for round_ in range(10):
        await edit(catalogue, chance)
        await catalogue.create(ProductDraft(f"R{round_}", f"Name {round_}", price=str(round_)), actor=ME)
        while (await catalogue.index_pending(chance.randint(1, 10))).pending:
            await check_landmarks(shop)
        left = await check_landmarks(shop)
    assert 0 < sum(left.values()) < sum(before.values()), "those that were moved themselves are gone"
    monkeypatch.setattr(landmarks, "MOVED", 0)
    await edit(catalogue, chance)
    await catalogue.index_pending()
    assert await check_landmarks(shop) == {}


async def check_landmarks(shop):
    """How many there are for each order, each of them at the place where it says it is."""
    found = {}
    for order, keys in KEYS.items():
        places = dict(
            await shop.connection.fetch(
                f"SELECT product_id, row_number() OVER (ORDER BY {', '.join(keys)}) - 1 FROM product_sorting"
            )
        )
        for row in await shop.connection.fetch("SELECT * FROM product_landmarks WHERE sort = $1", order):
            assert places[row["product_id"]] == row["place"]
            found[order] = found.get(order, 0) + 1
    return found


@pytest.mark.whole
async def test_killed_in_a_step_it_has_done_nothing(shop, catalogue):
    await shop.run([["sku", "name"], *([f"S{n}", "Name"] for n in range(5 * TINY))])
    barrier = Barrier(shop)
    await barrier.put("BEFORE INSERT", "product_texts", "NEW.sku_text = 's7'")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", INDEX, shop.url)
    await barrier.reached()
    assert (await catalogue.index_pending()).done == 0, "one at a time"
    process.kill()
    await process.wait()
    await barrier.lift("product_texts")

    assert await catalogue.pending() == 5 * TINY
    assert (await catalogue.list(ProductFilter(name="name"))).total == 5 * TINY

    async def done():
        return (await catalogue.index_pending()).done

    assert await until(done, "the server noticed") == 5 * TINY
    assert (await catalogue.list(ProductFilter(name="name"))).total == 5 * TINY


async def test_a_large_change_is_followed_in_parts(shop, catalogue):
    """One statement that touched many is bounded all the same."""
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name)"
        " SELECT 's' || n, 'S' || n, 'Name' FROM generate_series(1, 50) AS n"
    )
    await shop.connection.execute("UPDATE products SET name = 'Other' WHERE id % 2 = 0")
    assert await catalogue.pending() == 75

    steps = [await catalogue.index_pending(20) for _ in range(4)]

    assert [(step.done, step.pending) for step in steps] == [(20, 55), (20, 35), (20, 15), (15, 0)]
    assert (await catalogue.list(ProductFilter(name="other"))).total == 25
    assert (await catalogue.list()).total == 50


async def test_after_much_to_follow_the_search_index_is_made_anew(shop, catalogue, monkeypatch):
    monkeypatch.setattr(indexing, "_ANEW", 10)
    monkeypatch.setattr(indexing, "STEP", 5)
    await catalogue.create(ProductDraft("A", "A"), actor=ME)
    seen = []
    for rows in (60, 62):
        await shop.run(
            [["sku", "name"], *([f"S{n}", f"Name {rows}"] for n in range(rows))], missing="deactivate"
        )
        while (step := await catalogue.index_pending(10)).pending:
            assert (await catalogue.list(ProductFilter(name=f"name {rows}"))).total == rows
            seen.append(await shop.connection.fetchval("SELECT to_regclass('product_texts_search') IS NULL"))
        assert step.searchable
        assert await shop.connection.fetchval("SELECT to_regclass('product_texts_search') IS NOT NULL")
    assert any(seen)


async def test_emptied_at_once(shop, catalogue):
    await catalogue.create(ProductDraft("A", "A"), actor=ME)
    await catalogue.index_all()
    await catalogue.create(ProductDraft("B", "B"), actor=ME)
    await shop.connection.execute("TRUNCATE products")

    page = await catalogue.list()
    assert (page.products, page.total, page.pending) == ((), 0, 0)
    made = await catalogue.create(ProductDraft("C", "C"), actor=ME)
    assert (await catalogue.list(ProductFilter(search="c"))).products == (made,)


async def test_without_the_extension_all_works_and_is_told(shop, catalogue):
    await shop.connection.execute("DROP EXTENSION pg_trgm CASCADE")
    made = await catalogue.create(ProductDraft("TEA", "Green tea"), actor=ME)

    step = await catalogue.index_all()
    assert (step.done, step.searchable) == (1, False)
    assert (await catalogue.list(ProductFilter(search="green"))).products == (made,)
    await shop.connection.execute("CREATE EXTENSION pg_trgm")
    await catalogue.create(ProductDraft("CUP", "Cup"), actor=ME)
    assert (await catalogue.index_all()).searchable


async def test_a_server_that_refuses_the_extension(server):
    async with server.database("template0") as url:
        owner = await asyncpg.connect(url)
        name = await owner.fetchval("SELECT current_database()")
        role = f"limited_{name}"
        await owner.execute(
            f"CREATE ROLE {role}; GRANT {role} TO current_user;"
            f" GRANT ALL ON SCHEMA public TO {role}; SET ROLE {role}"
        )
        warnings = []

        def hear(_, message):
            warnings.append(message.message)

        owner.add_log_listener(hear)
        try:
            await migrate(owner)
            assert any("pg_trgm can't be created" in warning for warning in warnings)
            assert await owner.fetchval("SELECT to_regclass('product_texts') IS NOT NULL")
        finally:
            owner.remove_log_listener(hear)
            await owner.execute(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")
            await owner.close()
