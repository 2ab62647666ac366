"""Stored products are brought to what an import makes of them now; what collides stays, and is listed."""

import json

import asyncpg
import pytest

from product_importer.cells.sku import sku_key
from product_importer.store.migrate import CORE, migrate, read_migrations
from product_importer.store.settling import collisions

INSERT = (
    "INSERT INTO products (sku_key, sku, name, attributes, created_by_import, merged, merged_in)"
    " VALUES ($1, $2, 'Tea', $3, $4, 'digest', pg_current_xact_id()::text::bigint::integer) RETURNING id"
)


@pytest.fixture
async def old(server, monkeypatch, tmp_path):
    """A connection to a database of the version before."""
    before = [each for each in read_migrations(CORE) if each.name != "marks"]
    monkeypatch.setattr("product_importer.store.migrate.read_migrations", lambda _: tuple(before))
    async with server.database("template0") as url:
        connection = await asyncpg.connect(url)
        await migrate(connection)
        monkeypatch.undo()
        yield connection
        await connection.close()


async def put(connection, sku, attributes=None, *, by_import=1):
    async with connection.transaction():
        return await connection.fetchval(INSERT, sku_key(sku), sku, json.dumps(attributes or {}), by_import)


async def skus(connection):
    rows = await connection.fetch("SELECT sku, sku_key FROM products ORDER BY id")
    assert [row["sku_key"] for row in rows] == [sku_key(row["sku"]) for row in rows]
    return [row["sku"] for row in rows]


async def attributes(connection):
    rows = await connection.fetch("SELECT attributes FROM products ORDER BY id")
    return [json.loads(row["attributes"]) for row in rows]


async def test_skus_lose_marks_and_what_cannot_be_seen(old, caplog):
    for sku in ("'30235", '="0017"', "AB\u200b-1", "'tis", "''5", "'=1", "A"):
        await put(old, sku)
    await put(old, "'77", by_import=None)
    await migrate(old)
    assert await skus(old) == ["30235", "0017", "AB-1", "'tis", "''5", "'=1", "A", "'77"]
    assert await collisions(old, 10) == []
    assert "stay as they are" not in caplog.text


async def test_a_sku_that_is_taken_is_listed_and_stays(old, caplog):
    await put(old, "30235")
    marked = await put(old, "'30235")
    await put(old, "'0017")
    wrapped = await put(old, '="0017"')
    await migrate(old)
    assert "stored SKUs or attributes stay as they are" in caplog.text
    assert await skus(old) == ["30235", "'30235", "0017", '="0017"']
    found = [(it.kind, it.found, it.wanted, it.product_id) for it in await collisions(old, 10)]
    assert found == [("sku", "'30235", "30235", marked), ("sku", '="0017"', "0017", wrapped)]

    await old.execute("DELETE FROM products WHERE sku IN ('30235', '0017')")
    await old.execute("""UPDATE products SET sku = '8', sku_key = '8' WHERE sku = '="0017"'""")
    assert [it.found for it in await collisions(old, 10)] == ["'30235"]


async def test_attributes_get_the_name_that_came_first(old):
    await put(old, "A", {"Colour": "green", "Größe": "L"})
    await put(old, "B", {"colour": "red", "GRÖSSE": "M", "Fit": "x"})
    await put(old, "C", {"COLOUR": "same", "colour": "same", "fit": "", "FIT": "y"})
    twins = await put(old, "D", {"Colour": "one", "colour": "two", "fit": "z"})
    await migrate(old)
    assert await attributes(old) == [
        {"Colour": "green", "Größe": "L"},
        {"Colour": "red", "Größe": "M", "Fit": "x"},
        {"Colour": "same", "Fit": "y"},
        {"Colour": "one", "colour": "two", "Fit": "z"},
    ]
    found = [(it.kind, it.found, it.wanted, it.product_id) for it in await collisions(old, 10)]
    assert found == [("attribute", "colour", "Colour", twins)]
    assert dict(await old.fetch("SELECT folded, name FROM attribute_names")) == {
        "colour": "Colour",
        "grösse": "Größe",
        "fit": "Fit",
    }


async def test_what_changes_breaks_its_seal_and_is_followed(old):
    await put(old, "'1", {"a": "x"})
    await put(old, "2", {"a": "x"})
    await old.execute("DELETE FROM product_changes")
    await migrate(old)
    rows = await old.fetch("SELECT version, xmin = merged_in AS sealed FROM products ORDER BY id")
    assert [tuple(row) for row in rows] == [(2, False), (1, True)]
    assert await old.fetchval("SELECT sum(touched) FROM product_changes") == 1
    assert await old.fetchval("SELECT count(*) FROM outbox") == 0


async def test_many_at_once(old):
    await old.execute(
        "INSERT INTO products (sku_key, sku, name, attributes, created_by_import)"
        " SELECT quote || n, quote || n, 'x', jsonb_build_object(substr('Aa', n % 2 + 1, 1), '1'), 1"
        " FROM generate_series(1, 12000) AS n, chr(39) AS quote"
    )
    await migrate(old)
    assert await old.fetchval("SELECT count(*) FROM products WHERE sku ~ '^[0-9]+$'") == 12_000
    assert await old.fetchval('SELECT count(*) FROM products WHERE attributes = \'{"a": "1"}\'') == 12_000
