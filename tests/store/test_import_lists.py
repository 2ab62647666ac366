"""Lists of imports: filters, pages, and their plans with 100,000 imports."""

import json

import pytest

from product_importer.model import ImportOptions, Status
from product_importer.model.import_lists import ImportFilter
from product_importer.store.import_lists import selection
from product_importer.store.queries import statements

IMPORTS = 100_000


@pytest.fixture
async def made(shop, importer):
    await importer.run(shop.file("sku,name\nA,Tea\n", "Tea list.csv"), actor="user:1")
    await importer.run(
        shop.file("sku,name\nB,Tea\n", "cups.csv"), ImportOptions(dry_run=True), actor="user:2"
    )
    options = ImportOptions(profile_name="Supplier A")
    await importer.run(shop.file("sku,name\nC,Tea\n", "TEAPOTS_1.csv"), options, actor="user:1")


@pytest.mark.parametrize(
    ("only", "ids"),
    [
        ({}, [3, 2, 1]),
        ({"status": Status.PLANNED}, [2]),
        ({"author": "user:1"}, [3, 1]),
        ({"author": "user:1", "status": Status.FAILED}, []),
        ({"profile": "Supplier A"}, [3]),
        ({"filename": "tea"}, [3, 1]),
        ({"filename": "_1"}, [3]),
        ({"filename": "%"}, []),
    ],
)
async def test_filters(importer, made, only, ids):
    only = ImportFilter(**only)
    assert [state.id for state in await importer.imports.recent(only=only)] == ids
    paged = []
    before = None
    while page := await importer.imports.recent(1, before=before, only=only):
        paged += [state.id for state in page]
        before = page[-1].id
    assert paged == ids


async def test_authors(importer, made):
    assert await importer.imports.authors() == ["user:1", "user:2"]
    assert await importer.imports.authors(1) == ["user:1"]


@pytest.fixture
async def many(shop, importer):
    await shop.connection.execute(
        "INSERT INTO imports"
        " (status, phase, source, filename, options, bytes_total, started_at, finished_at, author, origin)"
        " SELECT 'completed', 'finished', 'file:///x/' || n, 'prices-' || n || '.csv',"
        " CASE WHEN n % 100 = 0 THEN '{\"profile_name\": \"S\"}'::jsonb ELSE '{}' END, 1, now(), now(),"
        f" 'user:' || n % 10, 'https://host.example/' || n % 7 FROM generate_series(1, {IMPORTS}) AS n"
    )
    await shop.connection.execute("VACUUM ANALYZE imports")


async def read_of(shop, statement, *arguments):
    """The plan's time in milliseconds, and the nodes that read imports, each with the rows it looked at."""
    plan = await shop.connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)
    nodes = []

    def walk(node):
        if node.get("Relation Name") == "imports":
            looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            nodes.append((node["Node Type"], looked_at * node["Actual Loops"]))
        for child in node.get("Plans", ()):
            walk(child)

    top = json.loads(plan)[0]
    walk(top["Plan"])
    assert nodes
    return nodes


@pytest.mark.whole
async def test_pages_are_read_through_indexes(shop, many):
    for given in (
        {},
        {"status": Status.FAILED},
        {"author": "user:3"},
        {"author": "nobody"},
        {"profile": "S"},
        {"profile": "S", "author": "user:0", "status": Status.COMPLETED},
        {"filename": "7.csv"},
    ):
        statement, values = selection(ImportFilter(**given))
        for before in (None, 90_000):
            for node, rows in await read_of(shop, statement, 51, before, *values):
                assert node.startswith(("Index", "Bitmap")), (given, node)
                assert rows < 1_500, given


@pytest.mark.whole
async def test_the_import_to_compare_with_is_found_through_indexes(shop, importer, many):
    sql = statements("imports")
    for node, rows in await read_of(shop, sql["comparable"], IMPORTS):
        assert node.startswith("Index")
        assert rows < 50
    for node, rows in await read_of(shop, sql["authors"], 100):
        assert node.startswith("Index")
        assert rows < 50
    assert await importer.imports.authors() == [f"user:{n}" for n in range(10)]
