"""A product's history is read along its chain."""

from decimal import Decimal

import pytest
from logs import known, sets

from product_importer.errors import ProductNotFound, UsageError
from product_importer.model import ValueChange
from product_importer.product import ProductDraft

ME = "user:1"


def prices(by, rows=300):
    return "sku,name,price\n" + "".join(f"SKU-{n},Tea {n},{n * by}\n" for n in range(rows))


async def test_a_history_says_who_changed_what_from_what_to_what(shop):
    importer = await shop.importer()
    first = await shop.run(prices(2))
    product = (await shop.products())["sku-7"]
    second = await shop.run(prices(3))
    changed = await importer.catalogue.get(product["id"])
    await importer.catalogue.change(changed.id, changed.version, {"stock": 4, "price": None}, actor=ME)
    await importer.catalogue.delete_selected([product["id"]], actor=ME)

    history = await importer.changes.history(product["id"])

    deleted, edit, update, created = history.entries
    assert (history.next, history.complete) == (None, True)
    assert [each.kind for each in history.entries] == ["deleted", "updated", "updated", "created"]
    assert [each.import_id for each in history.entries] == [None, None, second.id, first.id]
    assert [each.actor for each in history.entries] == [ME, ME, f"import:{second.id}", f"import:{first.id}"]
    assert deleted.changes == {
        "sku": ValueChange("SKU-7", None),
        "name": ValueChange("Tea 7", None),
        "active": ValueChange(before=True, after=None),
        "stock": ValueChange(4, None),
    }
    assert edit.changes == {"price": ValueChange(Decimal(21), None), "stock": ValueChange(None, 4)}
    assert update.changes == {"price": ValueChange(Decimal(14), Decimal(21))}
    assert created.changes == {
        "sku": ValueChange(None, "SKU-7"),
        "name": ValueChange(None, "Tea 7"),
        "price": ValueChange(None, Decimal(14)),
        "active": ValueChange(None, after=True),
    }


async def test_a_history_is_read_in_parts_and_by_field(shop):
    importer = await shop.importer()
    product = await importer.catalogue.create(ProductDraft("T", "Tea", price=0), actor=ME)
    for number in range(1, 13):
        field = "price" if number % 3 == 0 else "stock"
        product = await importer.catalogue.change(product.id, product.version, {field: number}, actor=ME)

    history, after, seen = None, None, []
    while history is None or after is not None:
        history = await importer.changes.history(product.id, before=after, limit=5)
        after = history.next
        seen += [each.number for each in history.entries]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 13
    only = await importer.changes.history(product.id, field="price", limit=3)
    assert [each.changes["price"].after for each in only.entries] == [12, 9, 6]
    rest = await importer.changes.history(product.id, field="price", before=only.next, limit=3)
    assert [each.changes["price"].after for each in rest.entries] == [3, 0]
    assert rest.complete


async def test_a_history_that_began_before_the_log_says_so(shop):
    importer = await shop.importer()
    await shop.run(prices(2, 3))
    (begun,) = await sets(shop.connection)
    await shop.connection.execute("UPDATE products SET last_change = NULL")
    await shop.run(prices(3, 3))
    product_id = next(iter(await known(shop.connection)))

    history = await importer.changes.history(product_id + 1)

    assert [each.kind for each in history.entries] == ["updated"]
    assert (history.complete, history.next, history.since) == (
        False,
        None,
        await importer.changes.known_since(),
    )
    assert begun.number not in [each.number for each in history.entries]


async def test_what_can_not_be_asked_for_is_refused(shop):
    changes = (await shop.importer()).changes

    with pytest.raises(ProductNotFound):
        await changes.history(4711)
    with pytest.raises(UsageError, match="no field 'colour'"):
        await changes.history(1, field="colour")
    with pytest.raises(UsageError, match="from 1 to 200"):
        await changes.history(1, limit=0)
