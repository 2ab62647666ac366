"""The upgrade to the log of changes, while processes of the version before it go on."""

import asyncio
import itertools

import asyncpg
import pytest

from halfway import until
from product_importer.errors import HistoryGone
from product_importer.model import ImportOptions, Status
from product_importer.store import migrate as migrating
from product_importer.store.import_rows import options_to_json
from product_importer.store.migrate import CORE, migrate, read_migrations
from shop import TINY, Shop

LAST = "shop"
"""The last migration before the log."""

ROWS = 10 * TINY
SAVED = 4 * TINY
FILE = "sku,name,price\n" + "".join(f"S{n},Tea {n},{n}\n" for n in range(ROWS))

BEGUN = """
INSERT INTO imports (
    status, phase, source, filename, options, bytes_total, started_at, lease_token, lease_started_at,
    lease_expires_at
)
VALUES ('running', 'saving', $1, 'old.csv', $2, $3, now(), 1, now(), now())
"""
PRODUCTS = """
INSERT INTO products (sku_key, sku, name, price, created_by_import)
SELECT 's' || n, 'S' || n, 'Tea ' || n, n, 1 FROM generate_series(0, $1 - 1) AS n
"""
CHUNKS = """
INSERT INTO import_chunks (import_id, phase, first, last, lease_token, read, created)
SELECT 1, 'saving', n, n + $2 - 1, 1, $2, $2 FROM generate_series(1, $1, $2) AS n
"""
EDIT = """
UPDATE products SET description = $2, version = version + 1, updated_at = now(), updated_by_import = NULL
WHERE sku_key = $1
"""


@pytest.fixture
async def before(server, monkeypatch):
    """The URL of a database as the version before the log has left it."""
    every = read_migrations(CORE)
    place = next(number for number, each in enumerate(every, start=1) if each.name == LAST)
    async with server.database("template0") as url:
        connection = await asyncpg.connect(url)
        with monkeypatch.context() as patched:
            patched.setattr(migrating, "read_migrations", lambda _: every[:place])
            await migrate(connection)
        assert await connection.fetchval("SELECT to_regclass('change_sets')") is None
        yield url
        await connection.close()


class OldWriter:
    """Edits products as processes of the version before do: it knows nothing of the log."""

    def __init__(self, url):
        self.url = url
        self.edits = 0

    async def run(self, stop):
        connection = await asyncpg.connect(self.url)
        try:
            for number in itertools.count():
                edited = await connection.execute(EDIT, f"s{number % 5}", f"By hand {number}")
                assert edited == "UPDATE 1"
                self.edits += 1
                if stop.is_set():
                    return
                await asyncio.sleep(0.002)
        finally:
            await connection.close()

    async def more(self):
        """Returns once it has made another few edits."""
        wanted = self.edits + 5

        async def made():
            return self.edits >= wanted

        await until(made, "the old version has made edits")


async def test_imports_and_edits_go_on_during_the_upgrade(before, tmp_path):
    path = tmp_path / "old.csv"
    path.write_text(FILE)
    connection = await asyncpg.connect(before)
    options = options_to_json(ImportOptions(parser="tiny"))
    await connection.execute(BEGUN, str(path), options, len(FILE))
    await connection.execute(PRODUCTS, SAVED)
    await connection.execute(CHUNKS, SAVED, TINY)
    old, stop = OldWriter(before), asyncio.Event()
    writing = asyncio.create_task(old.run(stop))
    await old.more()

    await migrate(connection)

    await old.more()
    async with Shop.at(before, tmp_path) as shop:
        importer = await shop.importer()
        report = await importer.imports.resume(1)
        assert (report.status, report.created, report.read) == (Status.COMPLETED, ROWS, ROWS)
        await old.more()
        stop.set()
        await writing
        products = await shop.products()
        assert len(products) == ROWS
        assert sum(product["version"] for product in products.values()) == ROWS + old.edits
        await check_histories(importer, products)
    await connection.close()


async def check_histories(importer, products):
    """What the old version has made has a history from the upgrade on, and says so."""
    since = await importer.changes.known_since()
    first = await importer.changes.history(products["s9"]["id"])
    assert (first.entries, first.complete, first.since) == ((), False, since)
    last = await importer.changes.history(products[f"s{ROWS - 1}"]["id"])
    assert ([each.kind for each in last.entries], last.complete) == (["created"], True)
    with pytest.raises(HistoryGone):
        await importer.imports.undo(1)
    product = await importer.catalogue.get(products["s9"]["id"])
    await importer.catalogue.change(product.id, product.version, {"price": 77}, actor="user:1")
    (edit,) = (await importer.changes.history(product.id)).entries
    assert edit.changes["price"].before == 9
