"""What an import has changed is listed from the log, also after later changes."""

from decimal import Decimal

import pyarrow as pa
import pytest
from logs import sets

from product_importer.errors import ConflictError, HistoryGone, ImportNotFound, UsageError
from product_importer.model import ImportOptions, ValueChange
from product_importer.store import merging
from product_importer.store.changes import sets as stored_sets
from product_importer.store.copy import copy_batch

HEADER = "sku,name,price,description,active,Colour\n"
BEFORE = f"{HEADER}A,Tea,10,Green,true,green\nB,Cup,2,White,true,\nC,Pot,5,,true,\nD,Jar,4,,true,\n"
AFTER = f"{HEADER}A,Tea,20,Green,true,red\nB,Cup,2.5,,true,\nC,Pot,5,,false,\nE,New,1,,true,\n"


async def changed(shop, **options):
    """The importer, and an import that creates E, deletes D, deactivates C and changes the others."""
    await shop.run(BEFORE)
    report = await shop.run(AFTER, missing="delete", blank="clear", **options)
    return await shop.importer(), report.id


def by_sku(changes):
    return {change.sku: change for change in changes}


def told(changes):
    return {each.sku: (each.kind, each.changes, each.price_moves) for each in changes}


async def test_the_list_is_the_plans(shop):
    await shop.run(BEFORE)
    importer = await shop.importer()
    planned = (await shop.run(AFTER, missing="delete", blank="clear", dry_run=True)).id
    plan = await importer.imports.plan(planned, sort="-size")
    await importer.imports.apply(planned)
    await importer.imports.start(planned)

    page = await importer.changes.page(planned, sort="-size")

    assert page.summary == plan.summary == await importer.changes.summary(planned)
    assert (page.total, page.next) == (plan.total, None) == (5, None)
    assert told(page.changes) == told(plan.changes)
    for shown in (page, plan):  # the others, which move no price, come in any order
        assert [each.sku for each in shown.changes[:2]] == ["A", "B"]
    assert {each.line for each in page.changes} == {None}
    assert all(each.product_id for each in page.changes)


async def test_later_changes_do_not_change_the_list(shop):
    importer, import_id = await changed(shop)
    before = [change async for change in importer.changes.of_import(import_id)]
    ids = {change.sku: change.product_id for change in before}
    product = await importer.catalogue.get(ids["A"])
    await importer.catalogue.change(product.id, product.version, {"price": 99, "sku": "A2"}, actor="user:1")
    await importer.catalogue.delete_selected([ids["B"], ids["E"]], actor="user:1")
    await shop.run("sku,name,price\nC,Pots,7\n")

    after = [change async for change in importer.changes.of_import(import_id)]

    assert after == before
    found = by_sku(after)
    assert found["A"].changes == {
        "price": ValueChange(Decimal(10), Decimal(20)),
        "attributes": ValueChange({"Colour": "green"}, {"Colour": "red"}),
    }
    assert found["E"].changes["name"] == ValueChange(None, "New")
    assert found["D"].changes["name"] == ValueChange("Jar", None)
    assert found["C"].kind == "deactivated"


@pytest.mark.parametrize(
    ("wanted", "skus"),
    [
        ({}, "ABCDE"),
        ({"kind": "created"}, "E"),
        ({"kind": "deactivated"}, "C"),
        ({"kind": "deleted"}, "D"),
        ({"field": "price"}, "AB"),
        ({"field": "attributes"}, "A"),
        ({"notable": "price_moved"}, "A"),
        ({"notable": "value_lost"}, "B"),
        ({"sku": "e"}, "E"),
        ({"sku": "x"}, ""),
    ],
)
@pytest.mark.parametrize("few", [100, 1])
async def test_the_list_is_filtered_in_sets_of_one_part_and_of_two(shop, monkeypatch, wanted, skus, few):
    monkeypatch.setattr(stored_sets, "_FEW", few)
    importer, import_id = await changed(shop)

    page = await importer.changes.page(import_id, sort="sku", **wanted)
    every = [change async for change in importer.changes.of_import(import_id, **wanted)]

    assert "".join(change.sku for change in page.changes) == skus
    assert page.total == len(skus)
    assert sorted(change.sku for change in every) == sorted(skus)


async def test_the_list_comes_in_pages(shop):
    importer = await shop.importer()
    skus = [f"N{n:02}" for n in range(40)]
    report = await shop.run("sku,name\n" + "".join(f"{sku},New\n" for sku in skus), parser="tiny")

    for sort in ("line", "sku"):
        seen, after = [], 0
        while after is not None:
            page = await importer.changes.page(report.id, sort=sort, after=after, limit=15)
            seen += [change.sku for change in page.changes]
            after = page.next
        assert (seen if sort == "sku" else sorted(seen)) == skus
    assert (await importer.changes.page(report.id, after=40)).changes == ()


async def test_a_product_that_another_program_deleted_has_no_values_after_the_change(shop):
    importer, import_id = await changed(shop)
    await shop.connection.execute("DELETE FROM products WHERE sku IN ('A', 'E')")

    found = by_sku((await importer.changes.page(import_id)).changes)

    assert not found["A"].after_known
    assert found["A"].changes["price"] == ValueChange(Decimal(10), None)
    assert found["A"].price_moves is None
    assert (found["E"].changes, found["E"].after_known) == ({}, False)
    assert found["B"].after_known


async def test_what_has_not_ended_or_is_not_there_is_refused(shop):
    importer, import_id = await changed(shop)
    planned = (await shop.run(BEFORE, dry_run=True)).id
    begun = await importer.imports.create(shop.file(BEFORE), ImportOptions())

    for other in (planned, begun):
        with pytest.raises(ConflictError, match="hasn't ended") as refused:
            await importer.changes.page(other)
        assert refused.value.code == "not_ended"
    with pytest.raises(ImportNotFound):
        await importer.changes.summary(4711)
    for wanted in ({"kind": "x"}, {"field": "x"}, {"notable": "x"}, {"sort": "x"}):
        with pytest.raises(UsageError, match="There is no .* 'x'"):
            await importer.changes.page(import_id, **wanted)


async def test_changes_that_the_log_has_no_more_are_not_an_empty_list(shop):
    importer, import_id = await changed(shop)
    nothing = await shop.run(AFTER, missing="delete", blank="clear")
    await shop.connection.execute("UPDATE change_history SET since = now()")

    with pytest.raises(HistoryGone, match=f"import {import_id}"):
        await importer.changes.page(import_id)
    with pytest.raises(HistoryGone):
        _ = [change async for change in importer.changes.of_import(import_id)]
    assert (await importer.changes.page(nothing.id)).total == 0, "there never was anything"


async def test_the_log_is_followed_from_a_moment_and_from_a_position(shop):
    importer, _ = await changed(shop)
    every = await sets(shop.connection)
    start = await importer.changes.known_since()

    found = [each async for each in importer.changes.since(start)]

    assert [each.number for each in found] == [each.number for each in every]
    assert found[0].cause == "import"
    assert [change.sku for change in found[0].changes] == ["A", "B", "C", "D"]
    assert found[0].changes[0].changes["price"].after == Decimal(10), "as it was just after that set"
    rest = [each.number async for each in importer.changes.since(found[1].position)]
    assert rest == [each.number for each in every[2:]]
    assert [each async for each in importer.changes.since(found[-1].at)] == []


async def test_a_set_that_follows_an_open_transaction_waits_for_it(shop):
    """The earlier one would otherwise be left out by who goes on behind the later one."""
    importer = await shop.importer()
    start = await importer.changes.known_since()
    async with importer.database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT pg_current_xact_id()")
        await shop.run("sku,name\nA,Tea\n")
        assert [each async for each in importer.changes.since(start)] == []
        await transaction.rollback()

    assert len([each async for each in importer.changes.since(start)]) == 1


async def test_what_is_no_place_in_the_log_is_refused(shop):
    changes = (await shop.importer()).changes
    start = await changes.known_since()

    for place, error in ((start.replace(tzinfo=None), "time zone"), ("x-1", "can't be followed from 'x-1'")):
        with pytest.raises(UsageError, match=error):
            await anext(changes.since(place))
    with pytest.raises(HistoryGone):
        await anext(changes.since(start.replace(year=2001)))


async def test_values_are_those_of_their_products_in_whatever_order_the_server_finds_them(shop, monkeypatch):
    """The server may store the staged rows of a large chunk in another order."""

    async def copy_backwards(connection, table, batch, **options):
        if table == "incoming":
            batch = batch.take(pa.array(range(batch.num_rows))[::-1])
        await copy_batch(connection, table, batch, **options)

    await shop.run("sku,name,price\n" + "".join(f"N{n},Tea,{n + 1}\n" for n in range(9)))
    monkeypatch.setattr(merging, "copy_batch", copy_backwards)
    importer = await shop.importer()
    report = await shop.run("sku,name,price\n" + "".join(f"N{n},Tea,{2 * n + 2}\n" for n in range(9)))

    page = await importer.changes.page(report.id)

    assert page.summary.notable == {"price_moved": 9}
    products = {row["id"]: row["sku"] for row in (await shop.products()).values()}
    assert {change.product_id: change.sku for change in page.changes} == products
    (stored,) = [each for each in await sets(shop.connection) if each.import_id == report.id]
    assert stored.data["moves"].to_pylist() == [1.0] * 9
