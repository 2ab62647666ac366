"""The library without asyncio."""

import inspect
import threading

import pytest

from product_importer.errors import DatabaseError, UsageError
from product_importer.model import Profile
from product_importer.product import ProductDraft, ProductFilter
from product_importer.sync import _PARTS, Importer


@pytest.fixture
async def url(server):
    async with server.database() as url:
        yield url


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "product-importer"]


def test_a_script_imports_and_reads(url, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("sku,name\nTEA-1,Green tea\nTEA-2,Black tea\n,Nothing\n")
    seen = []
    with Importer.open(url) as importer:
        report = importer.run(file, on_progress=seen.append)
        assert (report.created, report.invalid, seen[-1].status) == (2, 1, "completed")
        assert [row.line for row in importer.imports.rejects(report.id)] == [4]
        assert [product.sku for product in importer.catalogue.iterate()] == ["TEA-1", "TEA-2"]
        tea = importer.catalogue.by_sku("tea-1")
        importer.catalogue.change(tea.id, tea.version, {"price": "4.50"}, actor="user:1")
        assert importer.catalogue.list(ProductFilter(price_from=4)).total == 1
        assert b"".join(importer.catalogue.export()).startswith(b"sku,name,")
    assert not threads()


def test_whoever_stops_reading_leaves_nothing_behind(url):
    with Importer.open(url) as importer:
        for number in range(3):
            importer.catalogue.create(ProductDraft(f"TEA-{number}", "Tea"), actor="user:1")
        products = importer.catalogue.iterate()
        assert next(products).sku == "TEA-0"
        products.close()
        assert importer.catalogue.list().total == 3


def test_errors_are_those_of_the_library(url):
    importer = Importer.open(url)
    with pytest.raises(UsageError, match="sorted by"):
        importer.catalogue.list(sort="colour")
    with pytest.raises(AttributeError, match="launch"):
        importer.launch()
    importer.close()
    assert not threads()


def test_nothing_is_left_where_opening_fails(unused_tcp_port):
    with pytest.raises(DatabaseError, match="can't be reached"):
        Importer.open(f"postgresql://postgres@127.0.0.1:{unused_tcp_port}/none")
    assert not threads()


def test_every_part_of_the_importer_is_there(url):
    """A part is an object with coroutines; the database and the storage are for the parts themselves."""
    with Importer.open(url) as importer:
        whole = importer._part
        names = {name for name in dir(whole) if not name.startswith("_")} - {"database", "storage"}
        parts = {name for name in names if _waits(getattr(whole, name))}
        assert set(_PARTS) == parts
        assert importer.profiles.save("Shop", Profile()).name == "Shop"
        assert importer.schedules.all() == []


def _waits(part):
    members = (getattr(type(part), name) for name in dir(type(part)) if not name.startswith("_"))
    return any(inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in members)


def test_a_closed_importer_says_so(url):
    importer = Importer.open(url)
    importer.close()
    importer.close()

    with pytest.raises(UsageError, match="The importer is closed"):
        importer.catalogue.list()
    with pytest.raises(UsageError, match="The importer is closed"):
        importer.run(b"sku,name\n")
