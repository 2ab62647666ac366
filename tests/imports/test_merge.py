"""What a row does to the product that has its SKU already."""

import pytest

from shop import ledger, price

FULL = "sku,name,description,price,active,colour\n"


async def begin(shop):
    await shop.run(FULL + "A-1,Tea,Loose leaves,4.50,true,green\n")
    await shop.forget_events()


async def test_a_new_product_has_what_the_file_brings(shop):
    await shop.run(FULL + "A-1,Tea,Loose leaves,4.50,false,green\nA-2, Cup ,,,,\n")

    assert await shop.product("a-1") == {
        "sku": "A-1",
        "name": "Tea",
        "description": "Loose leaves",
        "price": price("4.5000"),
        "active": False,
        "attributes": {"colour": "green"},
    }
    assert await shop.product("a-2") == {
        "sku": "A-2",
        "name": "Cup",
        "description": None,
        "price": None,
        "active": True,
        "attributes": {},
    }


CHANGES = {
    "A-1,Tea,Loose leaves,4.50,true,green": (),
    "A-1,Tea,Loose leaves,4.5000,yes,green": (),
    " A-1 , Tea ,Loose leaves, 4.5 ,TRUE,green": (),
    "A-1,Tea,,,,": (),
    "a-1,Tea,Loose leaves,4.50,true,green": ("sku",),
    "A-1,tea,Loose leaves,4.50,true,green": ("name",),
    "A-1,Tea, Loose leaves,4.50,true,green": ("description",),
    "A-1,Tea,Loose leaves,4.5001,true,green": ("price",),
    "A-1,Tea,Loose leaves,4.50,no,green": ("active",),
    "A-1,Tea,Loose leaves,4.50,true,black": ("attributes",),
    "a-1,Black tea,Bags,0,0,black": ("sku", "name", "description", "price", "active", "attributes"),
}
"""What becomes of the product ``A-1,Tea,Loose leaves,4.50,true,green``."""


async def test_only_what_differs_is_written_and_announced(shop):
    """Each case with a product of its own, whose SKU ends in the case's number."""

    def numbered(row, number):
        start, sku, rest = row.partition("-1")
        return f"{start}{sku}-{number}{rest}\n"

    before = [numbered("A-1,Tea,Loose leaves,4.50,true,green", n) for n in range(len(CHANGES))]
    after = [numbered(row, n) for n, row in enumerate(CHANGES)]
    await shop.run(FULL + "".join(before))
    await shop.forget_events()
    unchanged = {row["sku_key"]: row for row in await shop.rows()}

    report = await shop.run(FULL + "".join(after))

    different = [changed for changed in CHANGES.values() if changed]
    assert ledger(report) == (0, len(different), len(CHANGES) - len(different), 0, 0, 0)
    products = await shop.products()
    rows = {row["sku_key"]: row for row in await shop.rows()}
    announced = {event.data["product_id"]: event.data for event in await shop.events("product.")}
    for number, changed in enumerate(CHANGES.values()):
        key = f"a-1-{number}"
        product = products[key]
        assert product["version"] == (2 if changed else 1)
        assert (rows[key] == unchanged[key]) is not bool(changed)
        data = announced.pop(product["id"], None)
        wanted = {
            "product_id": product["id"],
            "sku": product["sku"],
            "changed": list(changed),
            "import_id": report.id,
        }
        assert data == (wanted if changed else None)
    assert announced == {}


@pytest.mark.parametrize("header", ["sku,name", "sku,name,price", "sku,name,description", "sku,name,active"])
async def test_columns_that_the_file_lacks_leave_products_alone(shop, header):
    await begin(shop)
    before = await shop.product("a-1")

    await shop.run(f"{header}\nA-1,Black tea" + ",1" * (header.count(",") - 1) + "\n", blank="clear")

    given = set(header.split(",")[2:])
    after = await shop.product("a-1")
    assert {name for name in before if before[name] != after[name]} - given == {"name"}


async def test_blank_cells_clear_when_told_so(shop):
    await begin(shop)

    report = await shop.run(FULL + "A-1,Tea,,,,\n", blank="clear")

    assert ledger(report) == (0, 1, 0, 0, 0, 0)
    product = await shop.product("a-1")
    assert (product["description"], product["price"], product["attributes"]) == (None, None, {})
    assert product["active"] is True, "an empty flag says nothing"
    assert await shop.changes() == {"A-1": ("description", "price", "attributes")}


async def test_clearing_touches_only_the_attributes_that_are_columns(shop):
    await shop.run("sku,name,colour,size\nA,Tea,green,L\n")

    report = await shop.run("sku,name,colour,origin\nA,Tea,,Assam\n", blank="clear")

    assert ledger(report) == (0, 1, 0, 0, 0, 0)
    assert (await shop.product("a"))["attributes"] == {"size": "L", "origin": "Assam"}


async def test_attributes_of_several_files_are_merged(shop):
    await shop.run("sku,name,colour,size\nA,Tea,green,L\n")
    await shop.run("sku,name,colour,origin\nA,Tea,,Assam\n")
    await shop.run("sku,name,colour\nA,Tea,black\n", extra="ignore")

    assert (await shop.product("a"))["attributes"] == {"colour": "green", "size": "L", "origin": "Assam"}


async def test_ignored_columns_leave_no_trace(shop):
    report = await shop.run("sku,name,colour,secret\nA,Tea,green,x\n", map={"secret": "ignore"})
    assert (await shop.product("a"))["attributes"] == {"colour": "green"}
    assert report.state.mapping == {"sku": "sku", "name": "name", "colour": "attribute", "secret": "ignore"}

    await shop.run("sku,name,colour\nB,Tea,green\n", extra="ignore")
    assert (await shop.product("b"))["attributes"] == {}


async def test_nasty_text_arrives_as_it_is(shop):
    text = '"\t=HYPERLINK(""x"")\\N \\. \\x00 \u202e \U0001f375\r\n{}\'--"'
    await shop.run(f"sku,name,description,note\nA,Tea,{text},{text}\n")

    wanted = text[1:-1].replace('""', '"')
    product = await shop.product("a")
    assert (product["description"], product["attributes"]) == (wanted, {"note": wanted})


PRICES = {
    "0": "0.0000",
    "0.0001": "0.0001",
    "999999999999999.9999": "999999999999999.9999",
    "0.1": "0.1000",
    "1.10000000": "1.1000",
    ".5": "0.5000",
}


async def test_prices_are_exact(shop):
    file = "sku,name,price\n" + "".join(f"{cell},Name,{cell}\n" for cell in PRICES)
    await shop.run(file)

    assert {key: str(product["price"]) for key, product in (await shop.products()).items()} == PRICES
    assert ledger(await shop.run(file)) == (0, 0, len(PRICES), 0, 0, 0)


async def test_a_sku_is_the_same_in_any_case_and_the_last_spelling_stays(shop):
    await shop.run("sku,name\nStraße,A\nABC-1,B\n")
    before = await shop.products()

    report = await shop.run("sku,name\nSTRASSE,A\nabc-1,B\n")

    assert ledger(report) == (0, 2, 0, 0, 0, 0)
    after = await shop.products()
    assert {key: product["id"] for key, product in before.items()} == {
        key: product["id"] for key, product in after.items()
    }
    assert {product["sku"] for product in after.values()} == {"STRASSE", "abc-1"}
    assert await shop.changes() == {"STRASSE": ("sku",), "abc-1": ("sku",)}


async def test_a_chunk_may_create_and_update_in_any_mixture(shop):
    old = [["sku", "name"], *([f"S{n:03}", "Old"] for n in range(0, 100, 3))]
    new = [["sku", "name"], *([f"s{n:03}", "New"] for n in range(100))]
    await shop.run(old, parser="tiny")

    report = await shop.run(new, parser="tiny")

    assert ledger(report) == (66, 34, 0, 0, 0, 0)
    assert {product["name"] for product in (await shop.products()).values()} == {"New"}


SEVERAL = [["sku", "name", "price"], *([f"S{n:03}", "Tea", str(n)] for n in range(40))]


@pytest.mark.parametrize(
    "edit",
    [
        "price = price + 1",
        "name = 'By hand'",
        "active = false",
        'attributes = \'{"by": "hand"}\'',
        "merged = NULL",
    ],
)
@pytest.mark.parametrize("others", [pytest.param(0, marks=pytest.mark.whole), 500])
async def test_what_somebody_else_changed_is_noticed(shop, edit, others):
    """However it was changed: no statement of anybody's has to keep a book for us.

    Among many others, a file's products are looked up by their keys.
    """
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name) SELECT 'x' || n, 'X' || n, 'Cup'"
        f" FROM generate_series(1, {others}) AS n"
    )
    await shop.run(SEVERAL, parser="tiny")
    await shop.connection.execute(f"UPDATE products SET {edit} WHERE sku_key IN ('s007', 's031')")
    given = edit.startswith(("price", "name"))

    report = await shop.run(SEVERAL, parser="tiny")

    assert ledger(report) == (0, 2 if given else 0, 38 if given else 40, 0, 0, 0)
    assert ledger(await shop.run(SEVERAL, parser="tiny")) == (0, 0, 40, 0, 0, 0)
    assert (await shop.product("s007"))["name"] == "Tea"


async def test_a_chunk_that_is_not_like_the_one_before_is_redone(shop):
    """Rows are taken for new after a chunk of new ones, and for changed after a chunk of changed ones."""
    old = [["sku", "name"], *([f"S{n:03}", "Old"] for n in range(90) if n in range(20, 45) or n == 70)]
    await shop.run(old, parser="tiny")
    await shop.forget_events()

    report = await shop.run([["sku", "name"], *([f"S{n:03}", "New"] for n in range(90))], parser="tiny")

    assert ledger(report) == (64, 26, 0, 0, 0, 0)
    assert {product["name"] for product in (await shop.products()).values()} == {"New"}
    assert len(await shop.events("product.")) == 90

    mixed = [["sku", "name"], *([f"S{n:03}", "New" if n % 7 == 0 and n > 15 else "Newer"] for n in range(95))]
    report = await shop.run(mixed, parser="tiny")

    assert ledger(report) == (5, 80, 10, 0, 0, 0)
    assert len(await shop.events("product.")) == 90 + 85


async def test_the_same_row_under_another_rule_for_blank_cells_is_another_row(shop):
    row = "sku,name,description,colour\nA,Tea,,\n"
    await shop.run("sku,name,description,colour\nA,Tea,Loose leaves,green\n")
    assert ledger(await shop.run(row)) == (0, 0, 1, 0, 0, 0)

    assert ledger(await shop.run(row, blank="clear")) == (0, 1, 0, 0, 0, 0)
    assert ledger(await shop.run(row, blank="clear")) == (0, 0, 1, 0, 0, 0)


async def test_a_product_that_was_deactivated_is_activated_again_by_its_row(shop):
    both = "sku,name,active\nA,Tea,true\nB,Cup,true\n"
    await shop.run(both)
    await shop.run("sku,name,active\nA,Tea,true\n", missing="deactivate")

    assert ledger(await shop.run(both)) == (0, 1, 1, 0, 0, 0)
