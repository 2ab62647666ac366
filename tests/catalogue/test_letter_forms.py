"""Letters with marks are found in either form, composed or taken apart, whichever form the product has."""

import unicodedata
from pathlib import Path

import pytest

import product_importer
from product_importer.product import ProductDraft, ProductFilter

FORMS = ("NFC", "NFD")
WORD = "Brötchen"
MIGRATION = Path(product_importer.__file__).parent / "store/sql/migrations/0016_search_forms.sql"


def written(form, text=WORD):
    return unicodedata.normalize(form, text)


@pytest.fixture
async def catalogue(shop):
    catalogue = (await shop.importer()).catalogue
    for form in FORMS:
        word = written(form)
        await catalogue.create(ProductDraft(f"N-{form}", f"{word} Käse"), actor="user:1")
        await catalogue.create(ProductDraft(f"D-{form}", "Bun", description=f"ein {word}"), actor="user:1")
        await catalogue.create(ProductDraft(f"A-{form}", "Bun", attributes={"Art": word}), actor="user:1")
    await catalogue.create(ProductDraft("X", "Brotchen"), actor="user:1")
    return catalogue


async def found(catalogue, wanted):
    return {product.sku for product in (await catalogue.list(wanted)).products}


async def check(catalogue):
    for form in FORMS:
        word = written(form)
        names, descriptions, attributes = ({f"{kind}-{each}" for each in FORMS} for kind in "NDA")
        assert await found(catalogue, ProductFilter(search=word)) == names | descriptions | attributes
        assert await found(catalogue, ProductFilter(search=word.upper())) == names | descriptions | attributes
        assert await found(catalogue, ProductFilter(name=word)) == names
        assert await found(catalogue, ProductFilter(description=f"ein {word}")) == descriptions


async def test_before_and_after_they_are_indexed(catalogue):
    await check(catalogue)
    await catalogue.index_all()
    await check(catalogue)


async def test_texts_indexed_by_an_earlier_version_are_indexed_anew(shop, catalogue):
    await catalogue.index_all()
    await shop.connection.execute(
        "UPDATE product_texts"
        " SET name_text = lower(p.name), description_text = lower(coalesce(p.description, ''))"
        " FROM products AS p WHERE p.id = product_id"
    )
    await shop.connection.execute(
        "INSERT INTO product_changes" + MIGRATION.read_text().split("INSERT INTO product_changes")[1]
    )
    await check(catalogue)
    assert (await catalogue.index_all()).done == 2
    await check(catalogue)


async def test_texts_stay_as_they_were_written(catalogue):
    for form in FORMS:
        (product,) = (await catalogue.list(ProductFilter(sku=f"N-{form}"))).products
        assert product.name == f"{written(form)} Käse"
