"""The log of changes tells what every transaction did to products, and what they were before."""

import dataclasses
import itertools

import asyncpg
import pytest
from logs import ever, known, latest, rebuilt, sets

from product_importer.product import ProductDraft

ROWS = 200


def file(rows, *, name="Tea", price="1.50", colour="green"):
    lines = [f"SKU-{n},{name} {n},Text {n},{price},{colour},{n}" for n in rows]
    return "\n".join(["sku,name,description,price,colour,stock", *lines]) + "\n"


async def test_each_kind_of_change_is_one_set_with_what_was_before(shop):
    report = await shop.run(file(range(2)))
    before = await known(shop.connection)
    catalogue = (await shop.importer()).catalogue
    ids = sorted(before)
    await shop.run(file(range(1), price="2.25", colour="red") + "NEW,Cup,,,,\n")
    await catalogue.activate([ids[1]], False, actor="user:1")
    changed = await catalogue.get(ids[0])
    await catalogue.change(changed.id, changed.version, {"stock": None, "sku": "sku-0"}, actor="user:2")
    await catalogue.delete_selected([ids[0]], actor="user:3")

    created, *others = await sets(shop.connection)
    assert (created.kind, created.cause, created.actor) == ("created", "import", f"import:{report.id}")
    assert created.data.to_pydict() == {"product_id": ids, "sku": ["SKU-0", "SKU-1"]}
    new, updated, active, edit, deletion = sorted(
        others, key=lambda each: (each.kind != "created", each.number)
    )
    assert new.data["sku"].to_pylist() == ["NEW"]
    assert updated.data.to_pylist() == [
        {
            "product_id": ids[0],
            "sku": "SKU-0",
            "previous": created.number,
            "version": 1,
            "changed": 8 + 32,
            "moves": 0.5,
            "before_price": before[ids[0]][3],
            "before_attributes": '{"colour": "green"}',
        }
    ]
    assert (active.actor, active.cause, active.import_id) == ("user:1", "edit", None)
    assert active.data.to_pylist() == [
        {
            "product_id": ids[1],
            "sku": "SKU-1",
            "previous": created.number,
            "version": 1,
            "changed": 16,
            "before_active": True,
        }
    ]
    assert edit.data.to_pylist() == [
        {
            "product_id": ids[0],
            "sku": "sku-0",
            "previous": updated.number,
            "version": 2,
            "changed": 1 + 128,
            "lost": 128,
            "before_sku": "SKU-0",
            "before_stock": 0,
        }
    ]
    (row,) = deletion.data.to_pylist()
    assert (row["sku"], row["previous"], row["version"]) == ("sku-0", edit.number, 3)
    assert (row["before_price"], row["before_stock"]) == (changed.price, None)
    assert (row["created_at"], row["created_by_import"]) == (changed.created_at, report.id)
    assert (row["updated_by_import"], deletion.actor) == (None, "user:3")


async def test_the_log_alone_rebuilds_the_products_at_any_moment(shop):
    connection, importer = shop.connection, await shop.importer()
    moments = {}

    async def look():
        moments[await latest(connection)] = await known(connection)

    await look()
    await shop.run(file(range(ROWS)))
    await look()
    await shop.run(file(range(0, ROWS, 2), price="") + "sku-1,Tea 1,Text 1,1.50,green,1\n", blank="clear")
    await look()
    await shop.run(file(range(50, 2 * ROWS), name="Cup", colour=""))
    await look()
    await shop.run(file(range(40)), missing="deactivate")
    await look()
    await shop.run("sku\n" + "".join(f"SKU-{n}\n" for n in range(20)), mode="delete")
    await look()
    await shop.run("sku\n" + "".join(f"SKU-{n}\n" for n in range(30)), mode="deactivate")
    await look()
    await importer.catalogue.create(ProductDraft("SKU-1", "Again", attributes={"size": "L"}), actor="user:1")
    await look()
    await shop.run(file(range(60, 90)), missing="delete")
    await look()
    deletion = await importer.deletions.request(len(await known(connection)), actor="user:1")
    await importer.deletions.run(deletion.id)
    await look()
    await shop.run(file(range(10)))
    await look()

    assert len(moments) == 11
    for number, products in moments.items():
        assert await rebuilt(connection, number) == products
    assert len(await ever(connection)) > 2 * ROWS


async def test_a_dry_run_writes_nothing(shop):
    await shop.run(file(range(5)))
    number = await latest(shop.connection)

    await shop.run(file(range(10), price="7"), dry_run=True)

    assert await latest(shop.connection) == number


async def test_the_log_is_written_without_any_sink(shop):
    importer = await shop.importer()
    plugins = dataclasses.replace(importer.plugins, event_sinks={})
    importer = type(importer)(importer.database, plugins, importer.settings)
    await importer.run(shop.file(file(range(5))))

    assert [len(each.data) for each in await sets(shop.connection)] == [5]
    assert await shop.connection.fetchval("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = 'me'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_log_is_only_added_to(shop, statement):
    await shop.run(file(range(5)))
    partition = await shop.connection.fetchval("SELECT tableoid::regclass::text FROM change_sets LIMIT 1")

    for table in ("change_sets", partition):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
            await shop.connection.execute(statement.format(table))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
        await shop.connection.execute("TRUNCATE change_sets_default")


@pytest.mark.whole
async def test_a_changed_price_takes_few_bytes(shop):
    """Whatever the price was, and however often it changed before."""
    rows = 20_000

    def prices(factor):
        lines = (f"SKU-{n:06d},Tea {n},{(n * factor) % 99_991 / 100:.2f}\n" for n in range(rows))
        return "sku,name,price\n" + "".join(lines)

    sizes = []
    for factor in (7_919, 104_729, 15_485_863, 32_452_843):
        await shop.run(prices(factor))
        sizes.append(await shop.connection.fetchval("SELECT sum(octet_length(payload)) FROM change_sets"))

    for before, after in itertools.pairwise(sizes):
        assert (after - before) / rows < 20
