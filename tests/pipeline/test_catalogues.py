"""Other shops' real files: each is mapped, row for row, or refused with a code."""

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pytest

from product_importer.builtin.csv_parser import CsvParser
from product_importer.builtin.validators import PRODUCT_VALIDATORS
from product_importer.errors import FileError, QuestionsOpen
from product_importer.fields import FIELDS
from product_importer.model import ImportOptions, ParseOptions
from product_importer.pipeline.convert import convert
from product_importer.pipeline.mapping import resolve_mapping
from product_importer.ports import Finding

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")

MEDUSA = "products/medusa/integration-tests/http/__tests__/product/admin/__fixtures__"
PRICE_LIST = "products/medusa/integration-tests/api/__tests__/batch-jobs/price-list"
SHOPIFY = "products/shopify-real-exports/PacktPublishing+Shopify-Theme-Customization-with-Liquid"
SOLIDUS = "products/solidus_importer/spec/fixtures/solidus_importer"
SPREE = "products/spree/spree/core"
SYLIUS = "products/sylius/tests/Behat/Resources/fixtures"
UNOPIM = "products/unopim/packages/Webkul/DataTransfer/src/Resources/samples"

MEDUSA_FIELDS = [
    "Variant Sku",
    "Product Title",
    "Product Description",
    None,
    "Product Status",
    "Variant Barcode",
    None,
]
SHOPIFY_FIELDS = [
    *("Variant SKU", "Title", "Body (HTML)", "Variant Price", "Published"),
    *("Variant Barcode", "Variant Inventory Qty"),
]
UNOPIM_FIELDS = ["sku", "name", "description", None, "status", None, None]
UNOPIM_PRICED = ["sku", "name", "description", "price (USD)", "status", None, None]

# File: the columns of sku, name, description, price, active, barcode and stock; how many rows are products;
# what is wrong with the others.
MAPPED = {
    "peers/rsivaramakrishna/test_products_10000.csv": (
        ["sku", "name", "description", "price", None, None, None],
        10_000,
        {},
    ),
    f"{MEDUSA}/exported-products-comma.csv": (MEDUSA_FIELDS, 0, {"sku_missing": 3}),
    f"{MEDUSA}/exported-products-semicolon.csv": (MEDUSA_FIELDS, 0, {"sku_missing": 3}),
    f"{MEDUSA}/filtered-products.csv": (MEDUSA_FIELDS, 0, {"sku_missing": 1}),
    f"{MEDUSA}/invalid-column.csv": (MEDUSA_FIELDS, 0, {"sku_missing": 1}),
    f"{MEDUSA}/invalid-prices.csv": (MEDUSA_FIELDS, 0, {"sku_missing": 1}),
    f"{MEDUSA}/prices-with-region.csv": (
        [*MEDUSA_FIELDS[:3], "Variant Price USD", *MEDUSA_FIELDS[4:]],
        0,
        {"sku_missing": 1},
    ),
    f"{MEDUSA}/product-with-categories.csv": (MEDUSA_FIELDS, 0, {"sku_missing": 2}),
    f"{MEDUSA}/unrelated-column.csv": (MEDUSA_FIELDS, 0, {"sku_missing": 1}),
    f"{MEDUSA}/v1-template.csv": (
        ["Variant SKU", *MEDUSA_FIELDS[1:3], "Price USD", *MEDUSA_FIELDS[4:6], "Variant Inventory Quantity"],
        5,
        {},
    ),
    f"{SHOPIFY}/Product-data.csv": (
        [*SHOPIFY_FIELDS[:4], "Status", *SHOPIFY_FIELDS[5:]],
        0,
        {"sku_missing": 21, "name_missing": 1},
    ),
    "products/solidus_importer/examples/csvs/products.csv": (
        ["Variant SKU", "Title", None, "Variant Price", "Published", None, None],
        0,
        {"sku_missing": 1, "name_missing": 2},
    ),
    f"{SOLIDUS}/apparel.csv": (SHOPIFY_FIELDS, 0, {"sku_missing": 22, "name_missing": 2}),
    f"{SOLIDUS}/home-and-garden.csv": (SHOPIFY_FIELDS, 0, {"sku_missing": 21, "name_missing": 1}),
    f"{SOLIDUS}/invalid_product.csv": (SHOPIFY_FIELDS, 0, {"sku_missing": 1, "name_missing": 1}),
    f"{SOLIDUS}/jewelery.csv": (SHOPIFY_FIELDS, 0, {"sku_missing": 41, "name_missing": 21}),
    f"{SOLIDUS}/products.csv": (SHOPIFY_FIELDS, 0, {"sku_missing": 4, "name_missing": 6}),
    f"{SPREE}/db/sample_data/products.csv": (
        ["sku", "name", "description", "price", "status", None, "inventory_count"],
        37,
        {"name_missing": 174},
    ),
    f"{SPREE}/spec/fixtures/files/products_import.csv": (
        ["sku", "name", "description", "price", "status", None, "inventory_count"],
        0,
        {"sku_missing": 2, "name_missing": 15},
    ),
    f"{PRICE_LIST}/invalid-format.csv": (["SKU", *[None] * 6], 0, {"sku_missing": 1, "name_missing": 2}),
    f"{PRICE_LIST}/price-list-import-template.csv": (
        ["SKU", *[None] * 6],
        0,
        {"sku_missing": 1, "name_missing": 2},
    ),
    f"{UNOPIM}/export/product-associations.csv": (["sku", *[None] * 5, "quantity"], 0, {"name_missing": 3}),
    f"{UNOPIM}/import/product-associations-custom-fields.csv": (
        ["sku", *[None] * 5, "quantity"],
        0,
        {"name_missing": 2},
    ),
    f"{UNOPIM}/import/product-associations-delete.csv": (["sku", *[None] * 6], 0, {"name_missing": 2}),
    f"{UNOPIM}/import/product-associations.csv": (["sku", *[None] * 6], 0, {"name_missing": 5}),
    f"{UNOPIM}/import/products-delete.csv": (["sku", *[None] * 6], 0, {"name_missing": 2}),
    f"{UNOPIM}/import/product-variants.csv": (UNOPIM_PRICED, 5, {}),
    f"{UNOPIM}/import/products-multi-locale.csv": (UNOPIM_PRICED, 3, {}),
    f"{UNOPIM}/import/products.csv": (UNOPIM_FIELDS, 7, {"name_missing": 11}),
}

# File: the column of which is asked whether it holds the SKUs.
ASKED = {
    f"{SPREE}/db/sample_data/product_translations.csv": "slug",
    f"{SPREE}/spec/fixtures/files/product_translations_import.csv": "slug",
    f"{SYLIUS}/products.csv": "Code",
    f"{SYLIUS}/products_attr.csv": "Code",
    f"{SYLIUS}/products_update.csv": "Code",
    "products/unopim/tests/e2e-pw/assets/categories-with-product-counts.csv": "code",
}

# File: what the refusal says, besides the file's columns.
REFUSED = {
    "products/solidus_importer/examples/csvs/customer.csv": "no sku column and no name column",
    "products/solidus_importer/examples/csvs/orders.csv": "no sku column",
    f"{SOLIDUS}/custom_data_validator_invalid.csv": "no sku column and no name column",
    f"{SOLIDUS}/customers.csv": "no sku column and no name column",
    f"{SOLIDUS}/invalid_headers.csv": '"column 1", "column 2"',
    f"{SOLIDUS}/orders.csv": "no sku column",
    f"{SPREE}/db/sample_data/customers.csv": "no sku column and no name column",
    f"{SPREE}/spec/fixtures/files/customers_import.csv": "no sku column and no name column",
}


def outcome(file, **options):
    """The mapping, the products, and how often each code was given. The columns of known shops are read as
    those of any file, but of several prices, it isn't asked which one counts.
    """
    shop = file.split("/")[1]
    if shop in ("medusa", "unopim"):
        options["shop"] = shop
    codes, products = Counter(), []
    with CsvParser().open(DATA / file, ParseOptions()) as parsed:
        mapping = resolve_mapping(parsed.header, ImportOptions(**options))
        for raw in parsed:
            batch, findings, left_out, _ = convert(raw, mapping)
            findings += [finding for validator in PRODUCT_VALIDATORS for finding in validator.check(batch)]
            nameless = pc.and_not(batch.column("name").is_null(), left_out)
            findings += [Finding("name", "name_missing", "", nameless)] if pc.any(nameless).as_py() else []
            for finding in findings:
                codes[finding.code] += pc.sum(finding.rows).as_py()
                left_out = pc.or_(left_out, finding.rows)
            codes.update(row.error.code for row in raw.malformed)
            products += batch.filter(pc.invert(left_out)).to_pylist()
    return mapping, products, codes


def test_every_file_has_its_outcome():
    files = {
        str(path.relative_to(DATA))
        for kind in ("products", "peers")
        for path in DATA.glob(f"{kind}/**/*.csv")
    }
    assert files == {*MAPPED, *ASKED, *REFUSED}


@pytest.mark.parametrize("file", MAPPED)
def test_mapped(file):
    columns, products, wrong = MAPPED[file]
    mapping, rows, codes = outcome(file)
    assert [mapping.column_of(field) for field in FIELDS] == columns
    assert (len(rows), codes) == (products, wrong)


@pytest.mark.parametrize("file", ASKED)
def test_asked(file):
    with pytest.raises(QuestionsOpen) as asked:
        outcome(file)
    assert [question.key for question in asked.value.questions] == [ASKED[file]]


@pytest.mark.parametrize("file", REFUSED)
def test_refused(file):
    with pytest.raises(FileError) as refusal:
        outcome(file)
    assert refusal.value.code == "missing_column"
    assert REFUSED[file] in str(refusal.value)


@pytest.mark.parametrize("file", [f"{SYLIUS}/products.csv", f"{SYLIUS}/products_attr.csv"])
def test_what_is_asked_for_works(file):
    _, rows, codes = outcome(file, map={"Code": "sku"})
    assert [row["sku"] for row in rows] == ["123456", "222333"]
    assert not codes


def test_products_of_a_sylius_shop_arrive_whole():
    _, (first, _), _ = outcome(f"{SYLIUS}/products_attr.csv", map={"Code": "sku", "Locale": "ignore"})
    assert (first["name"], str(first["price"]), first["active"]) == ("Product 1", "25.0000", True)
    assert first["attributes"] == (
        '{"Short_description": "Short description 1", "Meta_description": "Meta description 1", '
        '"Meta_keywords": "Meta keywords 1", "Attribute_text": "Banana", '
        '"Attribute_textarea": "Attribute textarea <br /> two", "Attribute_percent": "0.22"}'
    )
