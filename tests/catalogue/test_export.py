"""What is exported is read again as it was."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfway import until
from product_importer.cells.spreadsheet_damage import error_values, scientific
from product_importer.delimited.formulas import STARTS
from product_importer.errors import DatabaseError, UsageError
from product_importer.product import ProductDraft, ProductFilter
from product_importer.store import chosen, export, export_columns
from shop import ledger

ME = "user:1"
HEADER = ["sku", "name", "description", "price", "active", "barcode", "stock"]
NASTY = Path(__file__).parents[3] / "shared" / "data" / "nasty"
INSERT = (
    "INSERT INTO products (sku_key, sku, name, description, price, active, attributes)"
    " VALUES ('s-' || $1::text, 'S-' || $1::text, $2, $3, $4::float8::numeric / 10000, $5, $6)"
)

texts = st.text(
    st.one_of(
        st.sampled_from([*STARTS, *"'\",;|\n\r\t ="]),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=12,
)
filled = texts.filter(lambda it: it and not it.isspace())
names = filled.map(str.strip).filter(bool)
rows = st.lists(
    st.tuples(
        names,
        st.one_of(st.none(), filled),
        st.one_of(st.none(), st.integers(0, 10**12)),
        st.booleans(),
        st.dictionaries(
            st.one_of(
                filled, st.sampled_from(["Colour", "colour", "SKU", "=x", "'=x", "Variant SKU", "EAN"])
            ),
            filled,
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=12,
)


async def exported(catalogue, *wanted):
    return b"".join([piece async for piece in catalogue.export(*wanted)])


async def put(shop, products):
    await shop.connection.execute("DELETE FROM products")
    for number, (name, description, price, active, attributes) in enumerate(products):
        await shop.connection.execute(
            INSERT, str(number), name, description, price, active, json.dumps(attributes)
        )


def records(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def is_refused(name):
    """Whether an import refuses such a name; a product of an older version may have it."""
    column = pa.array([name])
    return error_values(column) is not None or scientific(column) is not None


async def check_round_trip(shop, catalogue):
    """Nothing is changed by importing what is exported, and another shop gets the same from it."""
    content = await exported(catalogue)
    before, products = await shop.rows(), await shop.catalogue()

    for parser in ("csv", "tiny"):
        report = await shop.run(
            content, parser=parser, duplicates="error", missing="deactivate", on_error="abort"
        )
        assert ledger(report) == (0, 0, len(before), 0, 0, 0), report.state.message
    assert await shop.rows() == before
    for cell in (cell for record in records(content) for cell in record):
        assert not cell.startswith(STARTS)
    await shop.connection.execute("DELETE FROM products")
    await shop.run(content)
    assert await shop.catalogue() == products
    assert sorted(records(await exported(catalogue))) == sorted(records(content))


relaxed = settings(suppress_health_check=list(HealthCheck))


@settings(relaxed, max_examples=settings.default.max_examples // 5)
@given(products=rows)
async def test_any_products_come_back(shop, catalogue, products):
    await put(shop, products)
    await check_round_trip(shop, catalogue)


@pytest.mark.slow
@settings(relaxed, max_examples=150)  # on either server
@given(products=rows)
async def test_ever_so_many_products_come_back(shop, catalogue, products):
    await put(shop, products)
    await check_round_trip(shop, catalogue)


@pytest.mark.whole
@pytest.mark.skipif(not NASTY.is_dir(), reason="../shared/data is not here")
async def test_nasty_strings_come_back(shop, catalogue):
    strings = json.loads((NASTY / "blns" / "blns.json").read_text("utf-8"))
    payloads = next((NASTY / "csv-injection").iterdir()).read_text("utf-8", "replace")
    strings += payloads.split("\n")
    usable = [text for text in strings if text.strip() and "\0" not in text]
    usable = [text for text in usable if not is_refused(text.strip())]
    assert len(usable) > 300
    await put(
        shop,
        [
            (text.strip(), text, n, True, {"nasty": text, text: "x"} if n < 300 else {})
            for n, text in enumerate(usable)
        ],
    )

    await check_round_trip(shop, catalogue)


async def test_the_file_as_it_is(catalogue):
    attributes = {"Origin": "Assam", "weight": '1 "kg"'}
    await catalogue.create(
        ProductDraft("TEA-1", "Tea", "=1+1", "4.5", attributes=attributes, barcode="0612"), actor=ME
    )
    await catalogue.create(ProductDraft("-1", "'=x", None, "1299", active=False, stock=-3), actor=ME)
    await catalogue.create(ProductDraft("CUP", "Cup", 'two\nlines, "quoted"', "0.0125"), actor=ME)

    assert (await exported(catalogue)).decode().splitlines() == [
        "sku,name,description,price,active,barcode,stock,Origin,weight",
        '"TEA-1","Tea","\'=1+1",4.50,true,"0612",,"Assam","1 ""kg"""',
        '"\'-1","\'\'=x",,1299.00,false,,-3,,',
        '"CUP","Cup","two',
        'lines, ""quoted""",0.0125,true,,,,',
    ]


async def test_what_is_filtered_is_exported(catalogue):
    for n in range(6):
        attributes = {"Even": "yes"} if n % 2 == 0 else {"Odd": "yes"}
        await catalogue.create(
            ProductDraft(f"S{n}", f"Name {n}", active=n < 4, attributes=attributes), actor=ME
        )

    assert [row[0] for row in records(await exported(catalogue, ProductFilter(active=False)))] == [
        "sku",
        "S4",
        "S5",
    ]
    found = records(await exported(catalogue, ProductFilter(search="odd", active=True)))
    assert found == [HEADER]
    found = records(await exported(catalogue, ProductFilter(name="NAME 3", sku="s")))
    assert found == [
        [*HEADER, "Odd"],
        ["S3", "Name 3", "", "", "true", "", "", "yes"],
    ]
    with pytest.raises(UsageError):
        await exported(catalogue, ProductFilter(search="x" * 201))


async def test_an_empty_catalogue_is_a_header(shop, catalogue):
    content = await exported(catalogue)
    assert content == f"{','.join(HEADER)}\n".encode()
    assert ledger(await shop.run(content)) == (0, 0, 0, 0, 0, 0)


async def test_it_shows_one_moment(shop, catalogue, monkeypatch):
    """What is changed while the file is being fetched is not in it."""
    monkeypatch.setattr(export, "_PIECES", 1)
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name, description)"
        " SELECT n::text, n::text, 'Name', repeat('x', 1000) FROM generate_series(1, 20000) AS n"
    )
    pieces = []
    async for piece in catalogue.export():
        if len(pieces) == 2:
            await shop.connection.execute("DELETE FROM products WHERE id % 2 = 0")
            await shop.connection.execute("UPDATE products SET name = 'Other'")
        pieces.append(piece)

    found = records(b"".join(pieces))
    assert len(found) == 20_001
    assert {row[1] for row in found[1:]} == {"Name"}
    assert max(map(len, pieces)) < 1 << 20, "piece by piece"


async def test_who_goes_away_leaves_nothing_behind(shop, catalogue, monkeypatch):
    monkeypatch.setattr(export, "_PIECES", 1)
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name, description)"
        " SELECT n::text, n::text, 'Name', repeat('x', 1000) FROM generate_series(1, 20000) AS n"
    )
    pieces = catalogue.export()
    async for _ in pieces:
        break
    await pieces.aclose()

    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%export' AND datname = $1"
    database = await shop.connection.fetchval("SELECT current_database()")
    await until(lambda: nobody(shop.connection.fetchval(mine, database)), "the server noticed")
    assert len(records(await exported(catalogue))) == 20_001


@pytest.mark.whole  # it waits for a timeout of PostgreSQL
@pytest.mark.parametrize(
    ("taken", "codes"), [(1, {"database_lost", "database"}), (2, {"export_untaken"})], ids=["header", "rows"]
)
async def test_who_stops_reading_does_not_hold_a_moment_for_ever(shop, catalogue, monkeypatch, taken, codes):
    """Whether the database waits for the next statement, or for somebody to take its rows."""
    monkeypatch.setattr(export, "_PIECES", 1)
    monkeypatch.setattr(chosen, "UNTAKEN_SECONDS", 1.0)
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name, description)"
        " SELECT n::text, n::text, 'Name', repeat('x', 1000) FROM generate_series(1, 20000) AS n"
    )
    pieces = catalogue.export()
    for _ in range(taken):
        await anext(pieces)

    holding = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name LIKE '%export' AND datname = current_database() AND backend_xmin IS NOT NULL"
    )
    assert await shop.connection.fetchval(holding) == 1
    await until(lambda: nobody(shop.connection.fetchval(holding)), "the moment was let go")

    with pytest.raises(DatabaseError) as caught:
        async for _ in pieces:
            pass
    assert caught.value.code in codes


async def nobody(counted):
    return await counted == 0


async def test_too_many_attributes(catalogue, monkeypatch):
    monkeypatch.setattr(export_columns, "_MOST_ATTRIBUTES", 2)
    await catalogue.create(ProductDraft("A", "A", attributes={"a": "1", "b": "1"}), actor=ME)
    await exported(catalogue)
    await catalogue.create(ProductDraft("B", "B", attributes={"c": "1"}), actor=ME)
    with pytest.raises(UsageError, match="3 different attributes"):
        await exported(catalogue)
