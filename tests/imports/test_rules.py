"""Rules of values in whole imports: stated by options, found out, told, and used again."""

import pytest

from product_importer.delimited.rejects_file import rejects_csv
from product_importer.errors import UsageError
from product_importer.model import ImportOptions, Status
from shop import ledger, price

FILE = (
    "sku;name;Price;Active;Stock;Size\n"
    "a;A;1.299 EUR;in stock;-;NULL\nb;B;2.499 EUR;sold out;1.200;L\nc;C;n. a.;yes;7;\n"
)
RULES = {
    "Price": "comma; EUR; blank: n. a.",
    "active": "yes: in stock; no: sold out",
    "Stock": "comma; blank: -",
}


@pytest.fixture
def server(postgres_18):
    return postgres_18


async def test_rules_say_how_columns_are_read(shop):
    report = await shop.run(FILE, rule=RULES, null=("NULL",))
    assert ledger(report) == (3, 0, 0, 0, 0, 0)
    products = [*(await shop.products()).values()]
    assert [each["price"] for each in products] == [price("1299"), price("2499"), None]
    assert [each["active"] for each in products] == [True, False, True]
    assert [each["stock"] for each in products] == [None, 1200, 7]
    assert [each["attributes"] for each in products] == [
        {"currency": "EUR"}, {"currency": "EUR", "Size": "L"}, {}
    ]  # fmt: skip
    assert report.state.rules == {
        "Price": "comma; EUR; blank: n. a.",
        "Active": "yes: in stock; no: sold out",
        "Stock": "comma; blank: -",
    }
    assert report.state.profile.rule == report.state.rules


async def test_what_was_found_out_repeats_the_import(shop):
    content = "sku;name;price\na;A;1.299,00 €\nb;B;NULL\n"
    report = await shop.run(content)
    assert report.state.rules == {"price": "comma; EUR; blank: NULL"}
    one = "sku;name;price\na;A;1.299 €\n"
    assert (await shop.run(one)).status is Status.WAITING
    assert ledger(await shop.run(one, rule=report.state.profile.rule)) == (0, 0, 1, 0, 0, 0)
    assert (await shop.run("sku,name,price\na,A,4.50\n")).state.rules == {}


async def test_rejected_rows_are_read_as_their_import_was(shop):
    importer = await shop.importer()
    first = await shop.run("sku;name;price\na;A;12,50\nb;B;x\n")
    assert first.invalid == 1
    pages = rejects_csv(first.state, importer.imports.rejects(first.id))
    corrected = "".join([page async for page in pages]).replace("x", "1.299", 1)
    report = await shop.run(corrected)
    assert (report.invalid, (await shop.product("b"))["price"]) == (0, price("1299"))


async def test_null_words_of_an_option_are_blank_cells_everywhere(shop):
    content = "sku,name,description,price,size\na,A,NULL,4.50,\\N\nb,B,x,NULL,null\nNULL,C,,5,\n"
    report = await shop.run(content, null=("NULL", r"\N"))
    assert [row.code for row in report.rejected] == ["sku_missing"]
    assert report.rejected[0].cells[0] == "NULL"
    assert [each["attributes"] for each in (await shop.products()).values()] == [{}, {}]
    assert "null_word" not in report.warnings


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Cost": "comma"}, "is not in the file"),
        ({"name": "comma"}, "is used as name"),
        ({"Price": "comma", "price": "EUR"}, "has two rules"),
        ({"Stock": "EUR"}, "is used as stock"),
        ({"Size": "yes: L"}, "is used as attribute"),
    ],
)
async def test_rules_that_do_not_fit_are_refused(shop, rule, said):
    report = await shop.run(FILE, rule=rule)
    assert report.status is Status.FAILED
    assert said in report.state.message


async def test_a_rule_that_cannot_be_read_is_refused_before_the_import_is_registered(shop):
    importer = await shop.importer()
    with pytest.raises(UsageError, match="can't be used"):
        await importer.run(shop.file(FILE), ImportOptions(rule={"Price": "dot"}))
