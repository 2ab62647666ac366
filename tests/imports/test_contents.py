"""Bytes, open files, tables and records are imported like files."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from product_importer.errors import UsageError
from product_importer.imports import records
from product_importer.model import ImportOptions, Status

CSV = b"sku,name,price\nTEA-1,Green tea,4.50\nTEA-2,Black tea,3.90\n"
PRODUCTS = {"TEA-1": ("Green tea", Decimal("4.50")), "TEA-2": ("Black tea", Decimal("3.90"))}


class Frame:
    """A table of some library that speaks Arrow."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def table():
    return pa.table(
        {
            "sku": ["TEA-1", "TEA-2"],
            "name": pa.array(["Green tea", "Black tea"]).dictionary_encode(),
            "price": pa.array([Decimal("4.50"), Decimal("3.90")]),
        }
    )


RECORDS = [
    {"sku": "TEA-1", "name": "Green tea", "price": Decimal("4.50")},
    {"sku": "TEA-2", "name": "Black tea", "price": "3.90"},
]

SOURCES = {
    "bytes": lambda: CSV,
    "a view of bytes": lambda: memoryview(CSV),
    "an open file": lambda: io.BytesIO(CSV),
    "a table": table,
    "a reader of batches": lambda: table().to_reader(1),
    "a frame": lambda: Frame(table()),
    "records": lambda: RECORDS,
    "records one by one": lambda: iter(RECORDS),
}


async def stored(importer):
    return {product.sku: (product.name, product.price) async for product in importer.catalogue.iterate()}


@pytest.fixture
async def importer(shop):
    return await shop.importer()


QUICK = ("an open file", "a table", "records")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(source, id=name, marks=() if name in QUICK else pytest.mark.whole)
        for name, source in SOURCES.items()
    ],
)
async def test_each_is_imported_and_again_unchanged(importer, source):
    report = await importer.run(source())
    assert (report.status, report.created, report.invalid) == ("completed", 2, 0)
    assert await stored(importer) == PRODUCTS
    assert (await importer.run(source())).unchanged == 2
    kept = importer.settings.data_dir / "imports"
    assert len([path for path in kept.rglob("*") if path.is_file()]) == 2


async def test_names(importer, shop):
    async def name(source, **named):
        return (await importer.run(source, **named)).state.filename

    with shop.file(CSV).open("rb") as file:
        assert await name(file) == file.name.rpartition("/")[2]
    assert await name(CSV) == "bytes"
    assert await name(CSV, filename="spring.csv") == "spring.csv"
    assert await name(table()) == "table.arrow"
    assert await name(RECORDS) == "records.arrow"


async def test_what_is_absent_is_kept_and_attributes_are_columns(importer):
    await importer.run(
        [
            {"sku": "A", "name": "Cup", "price": 1, "stock": 5, "attributes": {"Colour": "white"}},
            {"sku": "B", "name": "Pot", "active": False, "Since": date(2024, 2, 29), "Weight": 0.1 + 0.2},
        ]
    )
    report = await importer.run(
        [{"sku": "A", "name": "Cup", "price": "2", "stock": None}, {"sku": "B", "name": "Pot", "stock": 3}]
    )
    assert (report.updated, report.invalid) == (2, 0)
    cup, pot = [product async for product in importer.catalogue.iterate()]
    assert (cup.name, cup.price, cup.stock, cup.attributes) == ("Cup", 2, 5, {"Colour": "white"})
    assert (pot.active, pot.stock) == (False, 3)
    assert pot.attributes == {"Since": "2024-02-29", "Weight": "0.3"}


async def test_values_of_several_types_in_a_column(importer):
    report = await importer.run(
        [{"sku": 1, "name": "One", "active": True}, {"sku": "x2", "name": 2, "active": "no"}]
    )
    assert report.created == 2
    products = [product async for product in importer.catalogue.iterate()]
    assert [(product.sku, product.name, product.active) for product in products] == [
        ("1", "One", True),
        ("x2", "2", False),
    ]


async def by_sku(importer):
    """All products by their SKUs: the batches of one import are written at the same time."""
    return sorted([each async for each in importer.catalogue.iterate()], key=lambda each: each.sku)


NEW_YEAR = datetime(2024, 1, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("batch", [1, 2])
async def test_no_value_becomes_one_of_another_type(importer, monkeypatch, batch):
    monkeypatch.setattr(records, "CHUNK_ROWS", batch)
    await importer.run(
        [
            {"sku": "A", "name": "Tea", "Since": date(2024, 2, 29), "Weight": 1.5, "Until": date(2024, 3, 1)},
            {"sku": "B", "name": "Cup", "Since": NEW_YEAR, "Weight": True, "Until": 5},
        ]
    )
    tea, cup = await by_sku(importer)
    assert tea.attributes == {"Since": "2024-02-29", "Weight": "1.5", "Until": "2024-03-01"}
    assert cup.attributes == {"Since": "2024-01-01 08:30:00+00:00", "Weight": "true", "Until": "5"}


async def test_records_whose_columns_and_types_change_on_the_way(importer, monkeypatch):
    monkeypatch.setattr(records, "CHUNK_ROWS", 2)
    given = [
        {"sku": 1, "name": "One", "price": Decimal("1.5"), "stock": 1},
        {"sku": 2, "name": 2, "price": Decimal("2.25"), "stock": None},
        {},
        {},
        {"sku": "x3", "name": "Three", "price": 3, "Size": "L"},
        {"sku": "x4", "name": None, "attributes": {"Size": 4.5}},
        {"sku": "x5", "name": "Five", "price": "5.75", "stock": 2.0, "active": True},
    ]
    report = await importer.run(iter(given))

    assert [(row.line, row.code) for row in report.rejected] == [(6, "name_missing")]
    products = await by_sku(importer)
    assert [(each.sku, each.name, each.price, each.stock) for each in products] == [
        ("1", "One", Decimal("1.5"), 1),
        ("2", "2", Decimal("2.25"), None),
        ("x3", "Three", 3, None),
        ("x5", "Five", Decimal("5.75"), 2),
    ]
    assert products[2].attributes == {"Size": "L"}


async def test_large_numbers_stay_exact_beside_fractions(importer, monkeypatch):
    """They have no common type that holds both, and become texts."""
    monkeypatch.setattr(records, "CHUNK_ROWS", 1)
    await importer.run([{"sku": 2**60 + 1, "name": "A"}, {"sku": 1.5, "name": "B"}])

    assert [each.sku for each in await by_sku(importer)] == ["1.5", str(2**60 + 1)]


async def test_a_wrong_row_is_named_by_its_number(importer):
    report = await importer.run([*RECORDS, {"sku": "TEA-3", "name": "White tea", "price": "dear"}])
    assert [(row.line, row.code) for row in report.rejected] == [(3, "price_not_a_number")]


async def test_an_import_of_records_can_be_resumed(importer):
    import_id = await importer.imports.create(RECORDS)
    await importer.imports.cancel(import_id)
    assert (await importer.imports.resume(import_id)).status is Status.COMPLETED
    assert await stored(importer) == PRODUCTS


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (5, "A int can't be imported"),
        (io.StringIO("sku,name\n"), "open for reading text"),
        ([], "There are no records"),
        ([{}], "There are no records"),
        ([{"sku": "A"}, "B"], "Record 2 is a str"),
        ([{1: "A"}], "Record 1 has the name 1"),
        ([{"sku": "TEA-\ud800"}], r"half a character \(a surrogate\), at the end of 'TEA-\\ud800'"),
        ([{"sku": "A", "Colour \udfff": "red"}], "half a character"),
    ],
)
async def test_what_cannot_be_imported(importer, source, words):
    with pytest.raises(UsageError, match=words):
        await importer.run(source)
    assert await importer.imports.recent() == []


async def test_a_file_that_is_cut(importer, shop):
    path = shop.file(b"")
    with pa.ipc.new_file(str(path), table().schema) as writer:
        writer.write_table(table())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    report = await importer.run(path, ImportOptions(parser="arrow"))
    assert report.status is Status.FAILED
    assert "begins like an Arrow file, but it is damaged or not whole" in report.state.message
