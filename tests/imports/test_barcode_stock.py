"""Barcode and stock: read from files, kept where they can't be read, and moved from attributes once."""

import asyncpg
import pytest

from product_importer.fields import SEARCHABLE
from product_importer.store.migrate import migrate
from shop import TINY, ledger

HEADER = "sku,name,EAN,Stock\n"


async def warned(shop, import_id):
    importer = await shop.importer()
    return [
        (row.code, row.line, row.column, row.value) async for _, row in importer.imports.warnings(import_id)
    ]


async def test_both_are_read(shop):
    report = await shop.run(f"{HEADER}A,Tea,4006381333931,12\nB,Cup, 96385074 ,-3\nC,Pot,,\nD,Jar,x,12.0\n")
    assert ledger(report) == (4, 0, 0, 0, 0, 0)
    products = await shop.products()
    assert {key: (each["barcode"], each["stock"]) for key, each in products.items()} == {
        "a": ("4006381333931", 12),
        "b": ("96385074", -3),
        "c": (None, None),
        "d": ("x", 12),
    }
    assert await warned(shop, report.state.id) == []


async def test_again_nothing_is_written(shop):
    text = f"{HEADER}A,Tea,4006381333931,12\nB,Cup,,\n"
    await shop.run(text)
    before = await shop.rows()
    assert ledger(await shop.run(text)) == (0, 0, 2, 0, 0, 0)
    assert await shop.rows() == before


async def test_changes_are_told_by_field(shop):
    await shop.run(f"{HEADER}A,Tea,4006381333931,12\nB,Cup,96385074,1\nC,Pot,,5\n")
    report = await shop.run(f"{HEADER}A,Tea,4006381333931,11\nB,Cup,036000291452,1\nC,Pot,,\n")
    assert ledger(report) == (0, 2, 1, 0, 0, 0)
    assert await shop.changes() == {"A": ("stock",), "B": ("barcode",)}


async def test_every_field_changed_at_once_is_told(shop):
    """The changes of more products than a small integer counts kinds of."""
    fields = ("name", "description", "price", "active", "colour", "ean", "stock")
    header = ",".join(("sku", *fields))
    old, new = ("a", "a", "1", "true", "a", "a", "1"), ("b", "b", "2", "false", "b", "b", "2")
    rows = [[str(mask), *(new[n] if mask >> n & 1 else old[n] for n in range(7))] for mask in range(128)]
    lines = "".join(f"{','.join(row)}\n" for row in rows)
    base = "".join(f"{mask},{','.join(old)}\n" for mask in range(128))
    await shop.run(f"{header}\n{base}")
    assert ledger(await shop.run(f"{header}\n{lines}")) == (0, 127, 1, 0, 0, 0)
    names = ("name", "description", "price", "active", "attributes", "barcode", "stock")
    assert await shop.changes() == {
        str(mask): tuple(names[n] for n in range(7) if mask >> n & 1) for mask in range(1, 128)
    }


async def test_a_stock_that_is_no_whole_number_stays_an_attribute(shop):
    report = await shop.run(f"{HEADER}A,Tea,,12\nB,Cup,,sold out\nC,Pot,,1.5\n")
    assert ledger(report) == (3, 0, 0, 0, 0, 0)
    products = await shop.products()
    assert {key: (each["stock"], each["attributes"]) for key, each in products.items()} == {
        "a": (12, {}),
        "b": (None, {"Stock": "sold out"}),
        "c": (None, {"Stock": "1.5"}),
    }
    assert await warned(shop, report.state.id) == [
        ("stock_not_a_whole_number", 3, "Stock", "sold out"),
        ("stock_not_a_whole_number", 4, "Stock", "1.5"),
    ]


async def test_it_is_left_out_where_other_columns_are(shop):
    report = await shop.run(f"{HEADER}A,Tea,,12\nB,Cup,,sold out\n", extra="ignore")
    assert (await shop.product("b"))["attributes"] == {}
    ((code, line, _, value),) = await warned(shop, report.state.id)
    assert (code, line, value) == ("stock_not_a_whole_number", 3, "sold out")


async def test_an_attribute_of_that_name_keeps_its_own_cells(shop):
    await shop.run('sku,name,qty,"attribute 1: ""qty"""\nA,Tea,many,own\nB,Cup,3,other\n')
    products = await shop.products()
    assert [products[key]["attributes"] for key in "ab"] == [{"qty": "own"}, {"qty": "other"}]
    assert [products[key]["stock"] for key in "ab"] == [None, 3]


async def test_where_blank_cells_clear_a_number_takes_the_attributes_place(shop):
    await shop.run(f"{HEADER}A,Tea,96385074,sold out\n")
    await shop.run(f"{HEADER}A,Tea,,7\n", blank="clear")
    product = await shop.product("a")
    assert (product["attributes"], product["stock"], product.get("barcode")) == ({}, 7, None)


async def test_a_column_without_a_number_is_an_attribute(shop):
    rows = "".join(f"{number},Tea,,Shelf {number}\n" for number in range(5))
    report = await shop.run(HEADER + rows, parser="tiny")
    assert (await shop.product("1"))["attributes"] == {"Stock": "Shelf 1"}
    assert [(code, column) for code, _, column, _ in await warned(shop, report.state.id)] == [
        ("column_is_no_field", "Stock")
    ]


async def test_damaged_barcodes_are_imported_and_told(shop):
    cells = ("4006381333932", "36000291452", "4.00638E+12", "4006381333931", "0612-8", "'0036000291452")
    rows = "".join(f"{number},Tea,{cell},\n" for number, cell in enumerate(cells))
    report = await shop.run(HEADER + rows)
    products = await shop.products()
    assert [products[str(number)]["barcode"] for number in range(6)] == [*cells[:5], "0036000291452"]
    assert await warned(shop, report.state.id) == [
        ("spreadsheet_mark_removed", 7, "EAN", "'0036000291452"),
        ("scientific_notation", 4, "EAN", "4.00638E+12"),
        ("barcode_check_digit", 2, "EAN", "4006381333932"),
        ("barcode_lost_zero", 3, "EAN", "36000291452"),
    ]


async def test_of_one_sku_the_last_filled_cells_count(shop):
    await shop.run(f"{HEADER}A,Tea,96385074,\nA,Tea,,5\nA,Tea,,many\n")
    product = await shop.product("a")
    assert (product["barcode"], product["stock"], product["attributes"]) == ("96385074", 5, {"Stock": "many"})


async def as_before_the_fields(connection):
    """Takes the database back to before barcode and stock were fields."""
    view = await connection.fetchval("SELECT pg_get_viewdef('product_facts')")
    await connection.execute("DROP VIEW product_facts")
    before = "\n".join(line for line in view.splitlines() if "stock" not in line and "barcode" not in line)
    await connection.execute(
        "ALTER TABLE products DROP barcode, DROP stock; ALTER TABLE product_sorting DROP stock_key;"
        "ALTER TABLE product_texts DROP barcode_text;"
        "DELETE FROM schema_migrations WHERE name LIKE 'barcode_stock%'"
    )
    await connection.execute(
        f"CREATE VIEW product_facts AS {before.replace('attributes_text,', 'attributes_text')}"
    )


@pytest.mark.parametrize("rows", [3, 5 * TINY])
async def test_after_the_upgrade_a_file_without_them_changes_nothing(shop, rows):
    lines = "".join(f"{number},Tea,{number},green\n" for number in range(rows))
    await shop.run(f"sku,name,price,colour\n{lines}", parser="tiny")
    before = {row["sku"]: (row["xmin"], row["merged"]) for row in await shop.rows()}
    await as_before_the_fields(shop.connection)
    await migrate(shop.connection)
    report = await shop.run(f"sku,name,price,colour\n{lines}", parser="tiny")
    assert ledger(report) == (0, 0, rows, 0, 0, 0)
    assert {row["sku"]: (row["xmin"], row["merged"]) for row in await shop.rows()} == before


OLD_SORTING = (
    "INSERT INTO product_sorting (product_id, created_at, updated_at, active, sku_key, name_key, price_key)"
)
OLD_TEXTS = "INSERT INTO product_texts (product_id, sku_text, name_text, description_text, attributes_text)"


@pytest.mark.parametrize(
    "statement",
    [
        f"{OLD_SORTING} VALUES (1, now(), now(), true, 'a', 'a', 1)",
        f"{OLD_TEXTS} VALUES (1, 'a', 'a', '', '')",
    ],
)
async def test_an_older_process_indexes_nothing_without_the_new_columns(shop, statement):
    """Otherwise products would keep rows without barcode and stock, and lists would be wrong."""
    with pytest.raises(asyncpg.NotNullViolationError):
        await shop.connection.execute(statement)


async def test_after_the_upgrade_the_search_index_is_made_anew(shop):
    importer = await shop.importer()
    await shop.run("sku,name\nA,Tea\nB,Cup\n")
    await importer.catalogue.index_all()
    await as_before_the_fields(shop.connection)
    await shop.connection.execute("DROP INDEX IF EXISTS product_texts_search")
    await shop.connection.execute(
        "CREATE INDEX product_texts_search ON product_texts USING gin (sku_text gin_trgm_ops)"
    )
    await migrate(shop.connection)
    assert await importer.catalogue.pending() == 1
    await importer.catalogue.index_all()
    columns = await shop.connection.fetchval(
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'product_texts_search'::regclass"
    )
    assert columns == len(SEARCHABLE)


async def test_the_upgrade_moves_attributes(shop):
    importer = await shop.importer()
    attribute = dict.fromkeys(("EAN", "Barcode", "Stock", "Colour"), "attribute")
    text = (
        "sku,name,EAN,Barcode,Stock,Colour\nA,Tea,1,2,12.0,red\nB,Cup,3,,many,red\n"
        "C,Pot,,,,red\nD,Jar,,, -4 ,\n"
    )
    await shop.run(text, map=attribute)
    await importer.catalogue.index_all()
    await as_before_the_fields(shop.connection)
    await migrate(shop.connection)
    products = await shop.products()
    shown = {
        key: (each["barcode"], each["stock"], each["attributes"], each["version"])
        for key, each in products.items()
    }
    assert shown == {
        "a": ("2", 12, {"EAN": "1", "Colour": "red"}, 2),
        "b": ("3", None, {"Stock": "many", "Colour": "red"}, 2),
        "c": (None, None, {"Colour": "red"}, 1),
        "d": (None, -4, {}, 2),
    }
    found = await importer.catalogue.list(sort="-stock")
    assert [product.sku for product in found.products] == ["A", "D", "C", "B"]
    await importer.catalogue.index_all()
    found = await importer.catalogue.list(sort="stock")
    assert [product.sku for product in found.products] == ["B", "C", "D", "A"]
