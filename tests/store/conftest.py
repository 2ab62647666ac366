"""These tests run on the newest and on the oldest PostgreSQL that we promise to work with."""

import pytest

from product_importer.store import receiving as parts
from servers import BOTH


@pytest.fixture(params=BOTH)
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
async def importer(shop):
    return await shop.importer()


@pytest.fixture
def uploads(importer):
    return importer.uploads


@pytest.fixture
def stored(shop):
    """The files in the storage."""
    folder = shop.folder / "data" / "imports"
    return lambda: [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def rows(shop):
    """How many rows a table has."""

    async def count(table):
        return await shop.connection.fetchval(f"SELECT count(*) FROM {table}")

    return count


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(parts, "PART_BYTES", 4)
