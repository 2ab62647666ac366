"""Products by their SKUs, one after the other, and as Arrow batches."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from product_importer.errors import UsageError
from product_importer.product import ProductDraft, ProductFilter
from product_importer.store import rows

ME = "user:1"


async def made(catalogue, count=7):
    drafts = [
        ProductDraft(
            f"TEA-{number}",
            f"Tea {number}",
            price=Decimal(number) if number else None,
            attributes={"Origin": "Assam", "Größe": "1 kg"} if number % 2 else {},
            stock=-number,
        )
        for number in range(count)
    ]
    return [await catalogue.create(draft, actor=ME) for draft in drafts]


async def every(products):
    return [product async for product in products]


async def test_exact_skus(catalogue):
    products = await made(catalogue)
    assert await catalogue.by_sku("ｔｅａ-3") == products[3]
    assert await catalogue.by_sku("TEA-") is None
    found = await catalogue.by_skus(["tea-1", "TEA-1", "none", "bad\0"])
    assert found == {"tea-1": products[1], "TEA-1": products[1]}
    with pytest.raises(UsageError, match="10,001 SKUs"):
        await catalogue.by_skus(["x"] * 10_001)


async def test_one_after_the_other(catalogue, monkeypatch):
    products = await made(catalogue)
    monkeypatch.setattr(rows, "BLOCK", 3)
    assert await every(catalogue.iterate()) == products
    assert await every(catalogue.iterate(ProductFilter(attributes={"Origin": "Assam"}))) == products[1::2]
    assert await every(catalogue.iterate(ProductFilter(sku="nothing"))) == []


async def test_a_reader_sees_one_moment(catalogue, monkeypatch):
    products = await made(catalogue)
    monkeypatch.setattr(rows, "BLOCK", 2)
    reader = catalogue.iterate()
    assert await anext(reader) == products[0]
    await catalogue.delete_selected([product.id for product in products], actor=ME)
    assert await every(reader) == products[1:]


async def test_changed_since(catalogue):
    products = await made(catalogue)
    later = await catalogue.change(products[2].id, 1, {"name": "Oolong"}, actor=ME)
    assert await every(catalogue.iterate(ProductFilter(changed_since=later.updated_at))) == [later]
    assert (await catalogue.list(ProductFilter(changed_since=later.updated_at))).total == 1
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert await every(catalogue.iterate(ProductFilter(changed_since=tomorrow))) == []
    with pytest.raises(UsageError, match="no time zone"):
        await catalogue.list(ProductFilter(changed_since=datetime(2026, 1, 1)))  # noqa: DTZ001 - the subject


async def test_by_import(shop, catalogue):
    await made(catalogue)
    importer = await shop.importer()
    first = await importer.run(shop.file("sku,name\nCUP-1,Cup\nTEA-1,Tea of an import\n"))
    second = await importer.run(shop.file("sku,name\nCUP-1,A cup\n"))
    created = await catalogue.list(ProductFilter(created_by_import=first.id))
    assert [product.sku for product in created.products] == ["CUP-1"]
    updated = await every(catalogue.iterate(ProductFilter(updated_by_import=first.id)))
    assert [product.sku for product in updated] == ["TEA-1"]
    assert (await catalogue.list(ProductFilter(updated_by_import=second.id, search="cup"))).total == 1


async def test_arrow(catalogue, monkeypatch):
    products = await made(catalogue)
    monkeypatch.setattr(rows, "BLOCK", 4)
    batches = await every(catalogue.batches())
    assert [batch.num_rows for batch in batches] == [4, 3]
    table = pa.Table.from_batches(batches)
    assert table.column("price").to_pylist() == [product.price for product in products]
    assert table.column("stock").to_pylist() == [product.stock for product in products]
    assert [dict(pairs) for pairs in table.column("attributes").to_pylist()] == [
        dict(product.attributes) for product in products
    ]
    assert table.column("created_at").to_pylist() == [product.created_at for product in products]


async def test_arrow_without_products(catalogue):
    (batch,) = await every(catalogue.batches())
    assert (batch.num_rows, batch.schema) == (0, rows.SCHEMA)
