"""Random files against random catalogues end as a model in plain Python says (:mod:`model`)."""

import csv
import io
from contextlib import AsyncExitStack

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model import BAD_FLAGS, BAD_PRICES, EVENT_FIELDS, FLAGS, PRICES, imported
from product_importer.model import ImportOptions, Status
from shop import Plugin, Shop, TinyBatches, as_tuple, ledger

SKUS = ("a", "A", " a ", "b", "Straße", "STRASSE", "c-1", "C-1", "ａ", "d", "e", "f", "g", "h")
COLUMNS = {
    "sku": st.sampled_from(SKUS) | st.just(""),
    "name": st.sampled_from(("Tea", " Tea ", "Cup", "Tea\nCup", "")),
    "description": st.sampled_from(("", " ", "Loose", ' "quoted", ', "\\N")),
    "price": st.sampled_from((*PRICES, *PRICES, BAD_PRICES[0])) | st.sampled_from(BAD_PRICES),
    "active": st.sampled_from((*FLAGS, *FLAGS, BAD_FLAGS[0])),
    "colour": st.sampled_from(("", "green", "{}", '"')),
    "size": st.sampled_from(("", "L", " L")),
}


@st.composite
def files(draw):
    """A header and its records; some blank, some too short or too long."""
    optional = draw(st.lists(st.sampled_from(list(COLUMNS)[2:]), unique=True))
    header = draw(st.permutations(["sku", "name", *optional]))
    good = st.tuples(*(COLUMNS[column] for column in header)).map(list)
    other = st.sampled_from([[], [""] * len(header), ["only"], ["x"] * (len(header) + 1)])
    weighted = st.integers(0, 9).flatmap(lambda n: other if n == 0 else good)
    return header, draw(st.lists(weighted, max_size=25))


OPTIONS = st.fixed_dictionaries(
    {
        "duplicates": st.sampled_from(("last", "first", "error")),
        "blank": st.sampled_from(("keep", "clear")),
        "missing": st.sampled_from(("keep", "keep", "deactivate")),
        "extra": st.sampled_from(("attributes", "ignore")),
    }
)
IMPORTS = st.lists(st.tuples(files(), OPTIONS, st.sampled_from(("csv", "tiny", "two"))), max_size=4)


def text_of(header, records):
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(records)
    return buffer.getvalue()


class Two(TinyBatches):
    name = "two"


@pytest.fixture
async def compare(server, tmp_path):
    """Runs the imports, one after the other, and compares each with the model."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(server.database())
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        shop = Shop(url, tmp_path, connection, stack)
        importer = await shop.open(Plugin(parsers=[Two(2)]))

        async def run(imports):
            await connection.execute("TRUNCATE products, imports, outbox CASCADE")
            catalogue = {}
            for (header, records), options, parser in imports:
                path = shop.file(text_of(header, records), "random.csv")
                await check(shop, importer, path, catalogue, header, records, options, parser)

        yield run


async def check(shop, importer, path, catalogue, header, records, options, parser):
    expected = imported(catalogue, header, records, **options)
    before = await shop.rows()
    await shop.forget_events()
    for dry_run in (True, False):
        report = await importer.run(path, ImportOptions(**options, parser=parser, dry_run=dry_run))
        if dry_run:
            assert await shop.rows() == before
        if expected is None:
            assert report.status is Status.FAILED
            assert "no product was deactivated" in report.state.message
            continue
        assert report.status is (Status.PLANNED if dry_run else Status.COMPLETED), report.state.message
        assert ledger(report) == expected.ledger
        assert report.read == len(records)
        assert [row.record for row in report.rejected] == expected.rejects
        assert report.deactivated == len(expected.deactivated)
    products = await shop.products()
    assert {key: as_tuple(product) for key, product in products.items()} == {
        key: as_tuple(product) for key, product in catalogue.items()
    }
    if expected is not None:
        assert_announced(expected, products, await shop.events())


def assert_announced(expected, products, events):
    ids = {product["sku"]: product["id"] for product in products.values()}
    seen = sorted(
        (event.type, event.data["product_id"], tuple(event.data.get("changed") or ()))
        for event in events
        if event.type.startswith("product.")
    )
    wanted = [("product.created", ids[sku], ()) for sku in expected.created]
    wanted += [("product.updated", ids[sku], changed) for sku, changed in expected.updated.items()]
    wanted += [("product.updated", products[key]["id"], ("active",)) for key in expected.deactivated]
    assert seen == sorted(wanted)
    assert all(ids[event.data["sku"]] for event in events if event.type.startswith("product."))
    assert [event.type for event in events if event.type.startswith("import.")] == ["import.completed"]
    assert len({event.id for event in events}) == len(events)


def test_the_model_knows_the_fields():
    assert set(EVENT_FIELDS) - {"attributes"} == set(COLUMNS) - {"colour", "size"}


relaxed = settings(suppress_health_check=list(HealthCheck))


@settings(relaxed, max_examples=settings.default.max_examples // 5)
@given(imports=IMPORTS)
async def test_imports_end_as_the_model_says(compare, imports):
    await compare(imports)


@pytest.mark.slow
@settings(relaxed, max_examples=200)  # on either server
@given(imports=IMPORTS)
async def test_many_imports_end_as_the_model_says(compare, imports):
    await compare(imports)
