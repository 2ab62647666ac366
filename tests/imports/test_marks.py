"""Marks of spreadsheets, what spreadsheets destroy, and characters that can't be seen."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from product_importer.delimited.formulas import marked
from product_importer.errors import InvalidProduct
from product_importer.product import ProductDraft
from shop import ledger


async def codes(importer, import_id):
    return [row.code async for row in importer.imports.rejects(import_id)]


async def test_a_shops_mark_on_digits_makes_no_twin(shop):
    first = "Handle,Title,Variant SKU,Variant Price,Barcode\nb,Board,'30411,18.00,'8712345678906\n"
    first += "s,Salt,SJ-2,9.00,\n"
    assert ledger(await shop.run(first)) == (2, 0, 0, 0, 0, 0)
    product = await shop.product("30411")
    assert (product["sku"], product["barcode"]) == ("30411", "8712345678906")

    assert ledger(await shop.run("sku,name,price\n30411,Board,18.50\n")) == (0, 1, 0, 0, 0, 0)


async def test_a_formula_that_is_a_text_is_that_text(shop):
    content = 'SKU,Name,Price,Code\n="0017",="Bolt ""M4""",="0.10",="08"\n"=""0018""",Bolt,\'0.12,\'tis\n'
    assert ledger(await shop.run(content)) == (2, 0, 0, 0, 0, 0)
    bolt = await shop.product("0017")
    assert (bolt["name"], str(bolt["price"]), bolt["attributes"]) == ('Bolt "M4"', "0.1000", {"Code": "08"})
    other = await shop.product("0018")
    assert (str(other["price"]), other["attributes"]) == ("0.1200", {"Code": "'tis"})


async def test_what_a_spreadsheet_destroyed_is_rejected_by_name(shop):
    importer = await shop.importer()
    content = (
        "sku,name\n4.00638E+12,Red\n4.00638E+12,Blue\n#N/A,Tea\n#BEZUG!,Tea\n#Н/Д,Tea\n"
        '#¡REF!,Tea\nA,#NAME?\nB,"4,00638E+12"\n"=""0019""",#1 tea\n2E10,#SALE!\n5E-01,Tea\n'
    )
    report = await shop.run(content)
    assert ledger(report) == (3, 0, 0, 0, 8, 0)
    assert await codes(importer, report.id) == [
        *["scientific_notation"] * 2,
        *["spreadsheet_error"] * 5,
        "scientific_notation",
    ]
    assert sorted(await shop.products()) == ["0019", "2e10", "5e-01"]


async def test_damage_elsewhere_is_imported_as_it_stands(shop):
    report = await shop.run("sku,name,description,Stock\nA,Tea,#REF!,#VALUE!\n")
    assert ledger(report) == (1, 0, 0, 0, 0, 0)
    assert (await shop.product("a"))["attributes"] == {"Stock": "#VALUE!"}


async def test_nothing_unseen_gets_into_a_sku(shop):
    importer = await shop.importer()
    report = await shop.run("sku,name\nAB-1,one\nAB\u200b-1,two\n\ufeffAB-1,three\n'\u20600017,four\n")
    assert ledger(report) == (2, 0, 0, 2, 0, 0)
    assert sorted(it["sku"] for it in (await shop.products()).values()) == ["0017", "AB-1"]

    made = await importer.catalogue.create(ProductDraft(sku="C\u200b-1", name="x\u200by"), actor="user:1")
    assert (made.sku, made.name) == ("C-1", "x\u200by")


async def test_the_same_rules_hold_for_what_is_typed_in(shop):
    importer = await shop.importer()
    with pytest.raises(InvalidProduct) as caught:
        await importer.catalogue.create(ProductDraft(sku="#N/A", name="4.00638E+12"), actor="user:1")
    assert [problem.code for problem in caught.value.problems] == [
        "spreadsheet_error",
        "scientific_notation",
    ]


async def test_a_sku_that_begins_with_a_mark_survives_the_round_trip(shop):
    importer = await shop.importer()
    for sku in ("'30235", "''1", "'=1", '="0017"'):
        await importer.catalogue.create(ProductDraft(sku=sku, name=sku), actor="user:1")
    before = await shop.rows()
    content = b"".join([piece async for piece in importer.catalogue.export()])
    assert b"\"''30235\"" in content
    assert ledger(await shop.run(content)) == (0, 0, 4, 0, 0, 0)
    assert await shop.rows() == before


TEXTS = st.text(
    st.one_of(
        st.sampled_from("'=+-@\t\r\n＝＋－＠0123456789.,:/ -eE%"),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=8,
)


@settings(
    max_examples=settings.default.max_examples // 3, suppress_health_check=list(HealthCheck), deadline=None
)
@given(st.lists(TEXTS, max_size=100))
async def test_the_database_marks_as_python_does(shop, texts):
    texts += ["'0017", "''0017", "'0017\n", "'1.5e+3%", "'x"]
    rows = await shop.connection.fetch("SELECT csv_text(t) FROM unnest($1::text[]) AS t", texts)
    assert [row[0] for row in rows] == [marked(text) for text in texts]
