"""A defect of ours, or a value that the database can't store, ends the import; it doesn't run for ever."""

import re

import pyarrow as pa
import pytest

from product_importer.app import Importer
from product_importer.errors import DatabaseError
from product_importer.imports.checks import MOST_ATTEMPTS
from product_importer.model import Status
from product_importer.pipeline.saving import ChunkMaker
from product_importer.settings import load_settings
from product_importer.store.connect import Database
from product_importer.testing import plugin_set

FILE = "sku,name\nA,Tea\n"


@pytest.mark.parametrize("kind", [AttributeError, AssertionError, RuntimeError, KeyError, ZeroDivisionError])
async def test_a_defect_of_any_type_ends_the_import_as_failed(shop, monkeypatch, kind):
    def fail(self):
        raise kind("broken")

    monkeypatch.setattr(ChunkMaker, "resolve", fail)
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file(FILE))

    report = await importer.imports.start(import_id)

    assert report.status is Status.FAILED
    assert f"An unexpected error, {kind.__name__}, ended the import" in report.state.message
    monkeypatch.undo()
    assert (await importer.imports.resume(import_id)).status is Status.COMPLETED


async def test_a_value_that_the_database_cannot_store_ends_the_import_as_failed(shop, monkeypatch):
    whole = ChunkMaker.chunks

    def spoilt(self, *arguments):
        chunks = whole(self, *arguments)
        for chunk in chunks:
            place = chunk.rows.schema.get_field_index("name")
            rows = chunk.rows.set_column(place, "name", pa.array(["a\0b"] * chunk.rows.num_rows))
            object.__setattr__(chunk, "rows", rows)
        return chunks

    monkeypatch.setattr(ChunkMaker, "chunks", spoilt)

    report = await shop.run(FILE)

    assert report.status is Status.FAILED
    assert "The database can't store a value" in report.state.message


@pytest.fixture
async def crowded(shop):
    """An importer whose user may have two connections, too few for an import."""
    await shop.connection.execute(
        "CREATE ROLE crowded LOGIN CONNECTION LIMIT 2;"
        "GRANT ALL ON SCHEMA public TO crowded;"
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO crowded;"
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO crowded"
    )
    try:
        async with Database.open(re.sub("user=[^&]*", "user=crowded", shop.url)) as database:
            yield Importer(database, plugin_set(), load_settings())
    finally:
        await shop.connection.execute("DROP OWNED BY crowded; DROP ROLE crowded")


async def test_refused_connections_cost_no_attempt(shop, crowded):
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file(FILE))
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(DatabaseError, match="takes no more connections"):
            await crowded.imports.start(import_id)
    assert await shop.connection.fetchval("SELECT attempts FROM imports WHERE id = $1", import_id) == 0

    assert (await importer.imports.start(import_id)).status is Status.COMPLETED
