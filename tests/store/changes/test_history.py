"""A product's history is read along its chain."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from logs import known, sets

from product_importer.errors import HistoryGone, ProductNotFound, UsageError
from product_importer.fields import NAMES
from product_importer.model import ValueChange
from product_importer.product import ProductDraft
from product_importer.store.changes import history as history_module

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


async def edited(shop):
    """The importer, the product, and the numbers of its changes: created, price 10, stock 5, price 12."""
    importer = await shop.importer()
    product = await importer.catalogue.create(ProductDraft("T", "Tea", price=9), actor="user:2")
    for change in ({"price": 10}, {"stock": 5}, {"price": 12}):
        product = await importer.catalogue.change(product.id, product.version, change, actor=ME)
    entries = (await importer.changes.history(product.id)).entries
    return importer, product, [each.number for each in reversed(entries)]


async def test_each_field_tells_who_set_it_last(shop):
    importer, product, numbers = await edited(shop)

    found = await importer.changes.origins(product.id)

    assert {name: each.number for name, each in found.fields.items()} == {
        **dict.fromkeys(NAMES, numbers[0]),
        "price": numbers[3],
        "stock": numbers[2],
    }
    assert (found.fields["price"].actor, found.fields["name"].actor) == (ME, "user:2")
    assert not found.deeper
    with pytest.raises(ProductNotFound):
        await importer.changes.origins(4711)


async def test_origins_before_the_log_or_far_back_are_not_guessed(shop, monkeypatch):
    importer, product, _ = await edited(shop)

    monkeypatch.setattr(history_module, "MOST_SETS", 2)
    found = await importer.changes.origins(product.id)
    assert (set(found.fields), found.deeper) == ({"price", "stock"}, True)

    monkeypatch.undo()
    await shop.connection.execute("UPDATE products SET last_change = NULL")
    product = await importer.catalogue.change(product.id, product.version, {"stock": 6}, actor=ME)
    found = await importer.changes.origins(product.id)
    assert (set(found.fields), found.deeper) == ({"stock"}, False)


async def test_two_moments_are_compared(shop):
    importer, product, (created, price, stock, last) = await edited(shop)
    compare = importer.changes.compare

    found = await compare(product.id, created)
    assert found.changes == {
        "price": ValueChange(Decimal(9), Decimal(12)),
        "stock": ValueChange(None, 5),
    }
    assert (found.earlier.number, found.later.number, found.later.at) == (created, None, None)
    assert (await compare(product.id, price, stock)).changes == {"stock": ValueChange(None, 5)}
    assert (await compare(product.id, last, last)).changes == {}

    entries = (await importer.changes.history(product.id)).entries
    at = {each.number: each.at for each in entries}
    by_time = await compare(product.id, at[price], at[last] - timedelta(microseconds=1))
    assert by_time.changes == {"stock": ValueChange(None, 5)}
    assert (by_time.earlier.number, by_time.earlier.at) == (price, at[price])
    before = await compare(product.id, at[created] - timedelta(microseconds=1), created)
    assert (before.earlier.exists, before.later.exists) == (False, True)
    assert before.changes["name"] == ValueChange(None, "Tea")
    await importer.catalogue.delete_selected([product.id], actor=ME)
    gone = await compare(product.id, last)
    assert (gone.later.exists, gone.changes["name"]) == (False, ValueChange("Tea", None))


async def test_moments_that_can_not_be_compared_are_refused(shop, monkeypatch):
    importer, product, (created, _, stock, last) = await edited(shop)
    compare = importer.changes.compare
    now = datetime.now(UTC)

    with pytest.raises(UsageError, match="has no change 4711"):
        await compare(product.id, 4711)
    with pytest.raises(UsageError, match=f"has no change {last} before"):
        await compare(product.id, last, stock)
    with pytest.raises(UsageError, match="lies after"):
        await compare(product.id, now, last)
    with pytest.raises(UsageError, match="time zone"):
        await compare(product.id, datetime(2026, 1, 1))  # noqa: DTZ001 - it has none on purpose
    with pytest.raises(ProductNotFound):
        await compare(4711, created)
    monkeypatch.setattr(history_module, "MOST_COMPARED", 2)
    with pytest.raises(UsageError, match="more than 2 times"):
        await compare(product.id, created)
    monkeypatch.undo()
    await shop.connection.execute("UPDATE products SET last_change = NULL")
    with pytest.raises(HistoryGone):
        await compare(product.id, created)
