"""The tuple of a product's fields, and what has to agree with it."""

import pytest

from product_importer.fields import FIELDS, FILTERS, NAMES, PRODUCT, REQUIRED_FIELDS, SORTABLE
from product_importer.pipeline.convert import ARROW_TYPES, MAPPED_SCHEMA
from product_importer.product import (
    SORTS,
    CheckedProduct,
    Product,
    ProductChange,
    ProductDraft,
    ProductFilter,
)

COLUMNS = """
SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required
FROM pg_attribute
WHERE attrelid = 'products'::regclass AND attname = ANY($1)
"""


async def test_the_table_has_these_columns(shop):
    found = {row["name"]: row for row in await shop.connection.fetch(COLUMNS, list(NAMES))}

    assert {name: row["type"] for name, row in found.items()} == {
        field.name: field.kind.column for field in PRODUCT
    }
    assert all(found[name]["required"] for name in REQUIRED_FIELDS)


@pytest.mark.parametrize("record", [Product, ProductDraft, CheckedProduct, ProductChange])
def test_records_have_these_fields_in_this_order(record):
    assert [name for name in record.__annotations__ if name in NAMES] == list(NAMES)


def test_lists_can_be_filtered_and_sorted_by_these_fields():
    assert set(FILTERS) <= set(ProductFilter.__annotations__)
    assert {sort.removeprefix("-") for sort in SORTS} == {
        *(field.name for field in SORTABLE),
        "created",
        "updated",
    }


def test_batches_have_these_columns():
    expected = [(field.name, ARROW_TYPES[field.kind]) for field in PRODUCT]

    assert [(column.name, column.type) for column in MAPPED_SCHEMA if column.name in NAMES] == expected


def test_the_order_that_is_stored():
    """Bits of changed fields, and digests, are stored by this order."""
    assert NAMES == ("sku", "name", "description", "price", "active", "attributes", "barcode", "stock")
    assert tuple(name for name in NAMES if name != "attributes") == FIELDS


def test_no_alias_names_two_fields():
    words = [word for field in PRODUCT for word in field.aliases]

    assert len(words) == len(set(words))
