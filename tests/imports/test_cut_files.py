"""A file imported whole leaves the same products as the file cut in two and imported in order."""

from contextlib import AsyncExitStack

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_model import Two, files, text_of

from product_importer.fields import FIELDS
from product_importer.model import ImportOptions, Status
from shop import Plugin, Shop


class Cut:
    """Imports a file whole and cut, each into an emptied catalogue."""

    def __init__(self, shop, importer, connection):
        self.shop = shop
        self.importer = importer
        self.connection = connection

    async def products_after(self, contents, **options):
        await self.connection.execute("TRUNCATE products, imports, outbox CASCADE")
        for content in contents:
            report = await self.importer.run(self.shop.file(content, "cut.csv"), ImportOptions(**options))
            assert report.status is Status.COMPLETED, report.state.message
        return await self.shop.catalogue()


@pytest.fixture
async def cut(server, tmp_path):
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(server.database())
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        shop = Shop(url, tmp_path, connection, stack)
        yield Cut(shop, await shop.open(Plugin(parsers=[Two(2)])), connection)


relaxed = settings(suppress_health_check=list(HealthCheck))


async def compare(cut, file, place, blank, parser):
    header, records = file
    if "name" in header:  # a new product needs a name, which may stand on a row of the other part
        column = header.index("name")
        records = [record for record in records if not record or (record[column:] and record[column].strip())]
    place = min(place, len(records))
    # What a column is taken for, where that is only guessed, depends on all of its cells.
    named = {column: column for column in header if column in FIELDS}
    options = {"blank": blank, "parser": parser, "map": named}
    whole = await cut.products_after([text_of(header, records)], **options)
    parts = [text_of(header, part) for part in (records[:place], records[place:])]
    assert whole == await cut.products_after(parts, **options)


CUTS = {
    "file": files(),
    "place": st.integers(0, 25),
    "blank": st.sampled_from(("keep", "clear")),
    "parser": st.sampled_from(("csv", "tiny", "two")),
}


@pytest.mark.whole
@settings(relaxed, max_examples=30)
@given(**CUTS)
async def test_it_does_not_matter_where_a_file_is_cut(cut, file, place, blank, parser):
    await compare(cut, file, place, blank, parser)


@pytest.mark.slow
@settings(relaxed, max_examples=150)  # on either server
@given(**CUTS)
async def test_it_never_matters_where_a_file_is_cut(cut, file, place, blank, parser):
    await compare(cut, file, place, blank, parser)


HEADER = ["sku", "name", "description", "price", "active", "Colour", "Size"]
STORE_VIEWS = [
    ["A", "Tea", "Green", "4.50", "no", "green", "L"],
    ["B", "Cup", "White", "9", "", "", "S"],
    ["a", "Tee", "Grüner", "", "", "", ""],
    ["A", "Thé", "", "", "", "vert", ""],
]


@pytest.mark.parametrize("parser", ["csv", pytest.param("tiny", marks=pytest.mark.whole), "two"])
async def test_the_last_cell_that_is_not_blank_counts(shop, parser):
    importer = await shop.open(Plugin(parsers=[Two(2)]))
    for outcome in ((2, 0), (0, 2)):
        report = await importer.run(shop.file([HEADER, *STORE_VIEWS]), ImportOptions(parser=parser))
        assert (report.created, report.unchanged, report.duplicate) == (*outcome, 2)

    assert (await shop.catalogue())["a"] == (
        *("A", "Thé", "Grüner"),
        (await shop.product("a"))["price"],
        False,
        (("Colour", "vert"), ("Size", "L")),
    )
    assert str((await shop.product("a"))["price"]) == "4.5000"


async def test_a_cell_that_clears_is_not_filled(shop):
    await shop.run([HEADER, *STORE_VIEWS], blank="clear")

    product = await shop.product("a")
    assert (product["description"], product["price"], product["active"]) == (None, None, False)
    assert product["attributes"] == {"Colour": "vert"}


async def test_the_first_row_is_not_filled(shop):
    await shop.run([HEADER, *STORE_VIEWS[::-1]], duplicates="first")

    assert (await shop.product("a"))["price"] is None


@pytest.mark.parametrize("between", [1, 100])
async def test_invalid_rows_fill_nothing(shop, between):
    others = [[f"O{n}", "Other", "", "", "", "", ""] for n in range(between)]
    invalid = ["A", "#N/A", "Nameless", "1", "", "red", ""]

    await shop.run([HEADER, invalid, *others, ["A", "Tea", "", "", "", "", ""]], parser="tiny")

    product = await shop.product("a")
    assert (product["description"], product["price"], product["attributes"]) == (None, None, {})


async def test_a_sku_of_many_rows_is_filled_from_the_nearest(shop):
    rows = [["A", "Tea", "", str(n), "", "", ""] for n in range(1, 200)]
    rows += [["A", "Tea", f"Text {n}", "", "", "", f"S{n}"] for n in range(200)]
    rows += [["A", "Tea", "", "", "", f"C{n}", ""] for n in range(200)]

    report = await shop.run([HEADER, *rows], parser="tiny")

    assert (report.created, report.duplicate) == (1, len(rows) - 1)
    product = await shop.product("a")
    assert (product["description"], str(product["price"])) == ("Text 199", "199.0000")
    assert product["attributes"] == {"Colour": "C199", "Size": "S199"}
