"""Validators may look at columns that are no product fields, and blame them."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from product_importer import row_validator
from product_importer.errors import InvalidProduct
from product_importer.model import ImportOptions, RowError
from product_importer.ports import Finding
from product_importer.product import ProductDraft
from shop import Plugin

CODE = "Give an EAN of 13 digits."


class OfColumn:
    """Rejects products whose EAN isn't of 13 digits, and those that cost more than they are sold for."""

    name = "of-column"
    columns = ("ean", "Cost")

    def check(self, batch):
        wrong = pc.invert(pc.match_substring_regex(batch["column:ean"], "^[0-9]{13}$"))
        yield Finding(None, "wrong_ean", CODE, wrong, column="ean")
        cost = batch["column:Cost"].cast(pa.decimal128(19, 4))
        yield Finding("price", "below_cost", "Sell it for more.", pc.less(batch["price"], cost))


def of_row(row):
    """The same, of one row."""
    ean = row["column:ean"]
    if ean is not None and len(ean) != 13:
        yield RowError("wrong_ean", CODE, "ean")
    if row["column:Cost"] and row["price"] < int(row["column:Cost"]):
        yield RowError("below_cost", "Sell it for more.", "price")


VALIDATORS = [OfColumn(), row_validator(of_row, name="of-row", columns=["ean", "Cost"])]


@pytest.mark.parametrize("validator", VALIDATORS, ids=["columns", "rows"])
@pytest.mark.parametrize("extra", ["attributes", "ignore"])
async def test_a_column_is_seen_and_blamed_whatever_it_is_used_as(shop, validator, extra):
    importer = await shop.open(Plugin(validators=[validator]))
    rows = [
        ["sku", "name", "price", "EAN", "Cost"],
        ["A", "Tea", "5", "4006381333931", "3"],
        ["B", "Cup", "5", "17", "6"],
        ["C", "Pot", "5", '="0017"', ""],
        ["D", "Jar", "5", "", ""],
    ]

    file, options = shop.file(rows), ImportOptions(extra=extra, map={"EAN": "attribute"})

    report = await importer.run(file, options)
    previewed = await importer.imports.preview(file, options)

    assert (report.created, report.invalid) == (2, 2)
    assert {row.record: row.errors for row in previewed.rows if row.errors} == {
        row.record: row.errors for row in report.rejected
    }
    assert [[(it.code, it.column, it.value) for it in row.errors] for row in report.rejected] == [
        [("wrong_ean", "EAN", "17"), ("below_cost", "price", "5")],
        [("wrong_ean", "EAN", '="0017"')],
    ]


async def test_a_column_that_is_mapped_to_a_field_or_missing_is_seen_too(shop):
    seen = []
    validator = row_validator(seen.append, name="looks", columns=["EAN", "Other"])
    importer = await shop.open(Plugin(validators=[validator]))

    await importer.run(shop.file("sku,name,EAN\nA,Tea,4006381333931\n"))

    assert [(row["column:EAN"], row["column:Other"]) for row in seen] == [("4006381333931", None)]


@pytest.mark.parametrize("validator", VALIDATORS, ids=["columns", "rows"])
async def test_a_product_that_is_created_is_checked_by_its_attributes(shop, validator):
    importer = await shop.open(Plugin(validators=[validator]))
    draft = ProductDraft("A", "Tea", price=5, attributes={"Ean": "17", "Cost": "6"})

    with pytest.raises(InvalidProduct) as refused:
        await importer.catalogue.create(draft, actor="user:1")

    assert [(it.code, it.column, it.value) for it in refused.value.problems] == [
        ("wrong_ean", "Ean", "17"),
        ("below_cost", "price", "5"),
    ]


async def test_a_finding_whose_field_is_a_column_keeps_its_name(shop):
    class Old:
        """Blames a column as if it were a field."""

        name = "old"

        def check(self, batch):
            yield Finding("colour", "no_red", "No red, please.", pc.is_valid(batch["name"]))

    importer = await shop.open(Plugin(validators=[Old()]))

    report = await importer.run(shop.file("sku,name,Colour\nA,Tea,red\n"))

    assert [(row.column, row.errors[0].value) for row in report.rejected] == [("Colour", "red")]
