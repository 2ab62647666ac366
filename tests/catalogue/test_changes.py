"""Making, changing and deleting single products and selections."""

import asyncio
import dataclasses
from decimal import Decimal

import asyncpg
import pytest

from product_importer.catalogue import MAX_SELECTED, Catalogue
from product_importer.errors import (
    InvalidProduct,
    ProductChanged,
    ProductNotFound,
    ProductsLocked,
    SkuTaken,
    UsageError,
)
from product_importer.product import ProductDraft
from product_importer.store import products as store

ME = "user:1"
TEA = ProductDraft(
    " TEA-1 ", "Green tea", "Loose\nleaves", "4.50", attributes={"Origin": "Assam", "Blank": " "}
)


async def told(shop):
    """The events so far: type, actor, SKU, changed fields."""
    return [
        (it.type, it.actor, it.data["sku"], *([tuple(it.data["changed"])] if "changed" in it.data else []))
        for it in await shop.events()
    ]


async def test_a_product_is_made(shop, catalogue):
    product = await catalogue.create(TEA, actor=ME)

    assert (product.sku, product.name, product.description) == ("TEA-1", "Green tea", "Loose\nleaves")
    assert (product.price, product.active, product.version) == (Decimal("4.5"), True, 1)
    assert product.attributes == {"Origin": "Assam"}
    assert product.created_by_import is product.updated_by_import is None
    assert await catalogue.get(product.id) == product
    (event,) = await shop.events()
    assert (event.type, event.actor) == ("product.created", ME)
    assert event.data == {"product_id": product.id, "sku": "TEA-1", "import_id": None}


async def test_an_import_knows_what_was_made_by_hand(shop, catalogue):
    product = await catalogue.create(TEA, actor=ME)

    report = await shop.run('sku,name,description,price,Origin\ntea-1,Green tea,"Loose\nleaves",4.5,Assam\n')

    assert (report.created, report.updated) == (0, 1)
    again = await catalogue.get(product.id)
    assert (again.sku, again.version, again.updated_by_import) == ("tea-1", 2, report.id)
    assert (await catalogue.change(again.id, 2, {"name": "Tea"}, actor=ME)).updated_by_import is None


@pytest.mark.parametrize(
    "change",
    [
        {"sku": "TEA-2"},
        {"sku": "tea-1"},
        {"name": "Tea"},
        {"description": None},
        {"description": ""},
        {"price": Decimal("5.25")},
        {"price": None},
        {"active": False},
        {"attributes": {}},
        {"attributes": {"Origin": "Assam", "Weight": "1 kg"}},
    ],
    ids=str,
)
async def test_one_field_is_changed(shop, catalogue, change):
    before = await catalogue.create(TEA, actor=ME)
    await shop.forget_events()

    after = await catalogue.change(before.id, 1, change, actor=ME)

    ((field, value),) = change.items()
    assert after == dataclasses.replace(
        before,
        version=2,
        updated_at=after.updated_at,
        **{field: value or (value if field != "description" else None)},
    )
    assert after.updated_at > before.updated_at
    assert await catalogue.get(before.id) == after
    assert await told(shop) == [("product.updated", ME, after.sku, (field,))]


async def test_what_changes_nothing_is_not_written(shop, catalogue):
    before = await catalogue.create(TEA, actor=ME)
    rows, events = await shop.rows(), await shop.events()

    same = {"sku": "TEA-1 ", "price": "4.5000", "attributes": {"Origin": "Assam"}}
    assert await catalogue.change(before.id, 1, same, actor=ME) == before
    assert await catalogue.activate([before.id], True, actor=ME) == 0

    assert await shop.rows() == rows
    assert await shop.events() == events


async def test_a_lost_update_is_refused(shop, catalogue):
    product = await catalogue.create(TEA, actor=ME)
    present = await catalogue.change(product.id, 1, {"name": "Mine"}, actor=ME)
    await shop.forget_events()

    with pytest.raises(ProductChanged) as refused:
        await catalogue.change(product.id, 1, {"name": "Theirs"}, actor="user:2")
    assert refused.value.product == present
    with pytest.raises(ProductChanged) as refused:
        await catalogue.delete(product.id, 1, actor="user:2")
    assert refused.value.product == present
    assert await shop.events() == []


async def test_of_two_changes_at_once_one_is_refused(catalogue):
    product = await catalogue.create(TEA, actor=ME)

    changes = [catalogue.change(product.id, 1, {"name": f"Name {n}"}, actor=f"user:{n}") for n in range(8)]
    ended = await asyncio.gather(*changes, return_exceptions=True)

    refused = [it for it in ended if isinstance(it, ProductChanged)]
    (winner,) = (it for it in ended if it not in refused)
    assert await catalogue.get(product.id) == winner
    assert len(refused) == 7
    assert all(it.product == winner for it in refused)


async def test_two_products_never_have_one_sku(catalogue):
    tea = await catalogue.create(TEA, actor=ME)
    cup = await catalogue.create(ProductDraft("CUP", "Cup"), actor=ME)

    with pytest.raises(SkuTaken, match="written TEA-1") as refused:
        await catalogue.create(ProductDraft("ｔｅａ-1", "Other"), actor=ME)
    assert refused.value.product == tea
    with pytest.raises(SkuTaken) as refused:
        await catalogue.change(cup.id, 1, {"sku": "TEA-1"}, actor=ME)
    assert refused.value.product == tea
    assert (await catalogue.list()).products == (cup, tea)


async def test_every_problem_is_named_by_its_field(catalogue):
    with pytest.raises(InvalidProduct) as refused:
        await catalogue.create(ProductDraft(" ", "", price="1,50"), actor=ME)

    assert [(it.column, it.code) for it in refused.value.problems] == [
        ("price", "price_decimal_comma"),
        ("sku", "sku_missing"),
        ("name", "name_missing"),
    ]


@pytest.mark.parametrize(
    ("draft", "codes"),
    [
        (ProductDraft("A\nB", "Name"), ["sku_control_character"]),
        (ProductDraft("A" * 256, "Name"), ["sku_too_long"]),
        (ProductDraft("A", "Na\0me"), ["nul_character"]),
        (ProductDraft("A", "Name", "\ud800"), ["not_text"]),
        (ProductDraft("A", "Name", "x" * 131_073), ["text_too_long"]),
        (ProductDraft("A", "Name", price=Decimal(-1)), ["price_negative"]),
        (ProductDraft("A", "Name", price=Decimal("1E+15")), ["price_too_large"]),
        (ProductDraft("A", "Name", price=Decimal("1E+999999999")), ["price_too_large"]),
        (ProductDraft("A", "Name", price=Decimal("-1E+999999999")), ["price_too_large"]),
        (ProductDraft("A", "Name", price=Decimal("1E-999999999")), ["price_too_many_decimals"]),
        (ProductDraft("A", "Name", price=Decimal("NaN")), ["price_not_a_number"]),
        (ProductDraft("A", "Name", attributes={" ": "x"}), ["attribute_unnamed"]),
        (ProductDraft("A", "Name", attributes={"a": "x", "A ": "y"}), ["attribute_repeated"]),
        (ProductDraft("A", "Name", attributes={"a": "\0"}), ["nul_character"]),
        (ProductDraft("A", "Name", attributes={"a" * 32_769: "x"}), ["attributes_too_long"]),
    ],
    ids=lambda it: it[0] if isinstance(it, list) else "",
)
async def test_what_cannot_be_a_product(shop, catalogue, draft, codes):
    with pytest.raises(InvalidProduct) as refused:
        await catalogue.create(draft, actor=ME)

    assert [problem.code for problem in refused.value.problems] == codes
    assert str(refused.value) == " ".join(problem.message for problem in refused.value.problems)
    assert await shop.products() == {}


@pytest.mark.parametrize(
    ("values", "messages"),
    [
        ({"attributes": {"stock": 5}}, ["the attribute 'stock' is of the type int. Give a text."]),
        ({"attributes": {5: "x"}}, ["an attribute's name is of the type int. Give a text."]),
        ({"attributes": None}, ["'attributes' is of the type NoneType. Give a mapping of texts."]),
        (
            {"sku": 17, "name": b"x"},
            [
                "'sku' is of the type int. Give a text or None.",
                "'name' is of the type bytes. Give a text or None.",
            ],
        ),
        (
            {"price": 4.5},
            ["'price' is of the type float. Give a text or a Decimal or a whole number or None."],
        ),
        ({"stock": True}, ["'stock' is of the type bool. Give a text or a whole number or None."]),
        ({"active": "yes"}, ["'active' is of the type str. Give True or False."]),
    ],
)
async def test_values_of_other_types_are_named(shop, catalogue, values, messages):
    with pytest.raises(InvalidProduct) as refused:
        await catalogue.create(ProductDraft(**{"sku": "A", "name": "Name"} | values), actor=ME)

    found = [problem.message.removeprefix("The value of ") for problem in refused.value.problems]
    assert found == messages
    assert {problem.code for problem in refused.value.problems} == {"wrong_type"}
    assert {problem.column for problem in refused.value.problems} == set(values)
    assert await shop.products() == {}


async def test_a_price_may_be_a_whole_number(catalogue):
    product = await catalogue.create(ProductDraft("A", "Name", price=3), actor=ME)
    assert product.price == Decimal(3)


async def test_attributes_of_programs_stay_as_they_are(shop, catalogue):
    product = await catalogue.create(TEA, actor=ME)
    await shop.connection.execute("""UPDATE products SET attributes = '{"sizes": [1, 2.50], "a": null}'""")

    after = await catalogue.change(product.id, 1, {"name": "Tea"}, actor=ME)

    assert after.attributes == {"sizes": [1, 2.5], "a": None}
    assert (await shop.changes())["TEA-1"] == ("name",)


async def test_a_selection_is_activated(shop, catalogue):
    made = [await catalogue.create(ProductDraft(f"S{n}", "N", active=n > 1), actor=ME) for n in range(4)]
    await shop.forget_events()

    assert await catalogue.activate([it.id for it in made] + [0, 10**30, -1], False, actor=ME) == 2

    assert await told(shop) == [("product.updated", ME, sku, ("active",)) for sku in ("S2", "S3")]
    assert [(it.active, it.version) for it in (await catalogue.list()).products] == [(False, 1)] * 2 + [
        (False, 2)
    ] * 2


async def test_a_product_switched_by_hand_was_changed_by_no_import(shop, catalogue):
    report = await shop.run("sku,name\nT-1,Tea\n")
    (product,) = (await catalogue.list()).products
    assert product.created_by_import == report.id
    await shop.run("sku,name\nT-1,Green tea\n")
    (product,) = (await catalogue.list()).products
    assert product.updated_by_import is not None

    await catalogue.activate([product.id], False, actor=ME)

    (again,) = (await catalogue.list()).products
    assert (again.active, again.updated_by_import) == (False, None)
    assert again.created_by_import == report.id


async def test_products_are_deleted(shop, catalogue):
    made = [await catalogue.create(ProductDraft(f"S{n}", "N"), actor=ME) for n in range(4)]
    await shop.forget_events()

    await catalogue.delete(made[0].id, 1, actor=ME)
    assert await catalogue.delete_selected([made[1].id, made[2].id, made[0].id], actor=ME) == 2

    assert (await catalogue.list()).products == (made[3],)
    assert await told(shop) == [("product.deleted", ME, f"S{n}") for n in range(3)]
    for gone in (made[0].id, 0, -1, 2**64):
        with pytest.raises(ProductNotFound):
            await catalogue.get(gone)
        with pytest.raises(ProductNotFound):
            await catalogue.delete(gone, 1, actor=ME)


async def test_without_a_receiver_no_event_is_kept(shop):
    importer = await shop.importer()
    quiet = Catalogue(importer.database, dataclasses.replace(importer.plugins, event_sinks={}))

    product = await quiet.create(TEA, actor=ME)
    await quiet.change(product.id, 1, {"name": "Tea"}, actor=ME)
    await quiet.delete_selected([product.id], actor=ME)

    assert await shop.events() == []


async def test_too_many_at_once_are_refused(catalogue):
    with pytest.raises(UsageError, match="10,001"):
        await catalogue.delete_selected(range(1, MAX_SELECTED + 2), actor=ME)
    with pytest.raises(UsageError, match="no colour"):
        await catalogue.change(1, 1, {"colour": "red"}, actor=ME)


async def test_who_would_wait_for_long_is_told(shop, catalogue, monkeypatch):
    quick = {**store.statements("products"), "begin_changing": "SET LOCAL lock_timeout = '50ms'"}
    monkeypatch.setattr(store, "statements", lambda _: quick)
    product = await catalogue.create(TEA, actor=ME)
    blocker = await asyncpg.connect(shop.url)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE")
            for change in (
                catalogue.create(ProductDraft("B", "B"), actor=ME),
                catalogue.change(product.id, 1, {"name": "X"}, actor=ME),
                catalogue.activate([product.id], False, actor=ME),
                catalogue.delete_selected([product.id], actor=ME),
            ):
                with pytest.raises(ProductsLocked):
                    await change
            assert (await catalogue.list()).products == (product,), "reading goes on"
    finally:
        await blocker.close()
    assert (await catalogue.change(product.id, 1, {"name": "X"}, actor=ME)).name == "X"
