"""What somebody has edited, or deleted together, is undone by the number of its change set."""

import pytest
from test_undo import AFTER, BEFORE, applied, known, undo, warnings

from product_importer.errors import ConflictError, HistoryGone, UsageError
from product_importer.model import ImportOptions, Status
from product_importer.product import ProductDraft


async def latest(shop):
    return await shop.connection.fetchval("SELECT max(number) FROM change_sets")


async def test_products_that_were_deleted_together_come_back_with_their_ids(shop):
    await shop.run(BEFORE)
    before = await known(shop)
    importer = await shop.importer()
    tea, cup, *_ = sorted(before)
    await importer.catalogue.delete_selected([tea, cup], actor="user:1")
    number = await latest(shop)
    await importer.catalogue.create(ProductDraft(sku="b", name="Other"), actor="user:2")

    back = await applied(importer, await importer.imports.undo_change(number, actor="user:1"))

    now = await known(shop)
    assert (now[tea], cup in now) == (before[tea], False)
    assert await warnings(importer, back.id) == [("sku_taken", "B", None)]
    assert (back.created, back.state.undo.of_change, back.state.author) == (1, number, "user:1")
    assert back.state.filename.endswith("2 deleted products")


async def test_an_edit_is_undone_and_done_again(shop):
    await shop.run(BEFORE)
    importer = await shop.importer()
    product = await importer.catalogue.by_sku("A")
    before = await known(shop)
    await importer.catalogue.change(product.id, product.version, {"price": 7, "sku": "Z"}, actor="user:1")
    number, edited = await latest(shop), await known(shop)

    first = await applied(importer, await importer.imports.undo_change(number))
    assert await known(shop) == before
    again = await applied(importer, await importer.imports.undo_change(number))
    assert (again.counts.unchanged, again.updated) == (1, 0)
    await undo(importer, first.id)

    assert await known(shop) == edited


async def test_a_change_of_more_than_itself_is_refused(shop):
    importer = await shop.importer()
    report = await importer.run(shop.file(BEFORE))
    with pytest.raises(ConflictError, match=f"import {report.id}") as refused:
        await importer.imports.undo_change(await latest(shop))
    assert refused.value.code == "part_of_more"
    deletion = await importer.deletions.request(4, actor="user:1")
    await importer.deletions.run(deletion.id)
    with pytest.raises(ConflictError, match="deletion of all"):
        await importer.imports.undo_change(await latest(shop))
    with pytest.raises(HistoryGone, match="no change"):
        await importer.imports.undo_change(1_000_000)
    with pytest.raises(UsageError):
        await importer.imports.undo_change(1 << 70)
    back = await importer.imports.undo_deletion(deletion.id, apply=True)
    assert (await importer.imports.start(back)).status is Status.COMPLETED
    listed = await importer.imports.undos_of_deletion(deletion.id)
    assert [(each.id, each.status) for each in listed] == [(back, Status.COMPLETED)]


async def test_what_can_be_undone_is_listed(shop):
    await shop.run(BEFORE)
    importer = await shop.importer()
    report = await importer.run(shop.file(AFTER), ImportOptions(missing="delete", blank="clear"))

    found = await importer.imports.undoable(report.id, limit=3)
    rest = await importer.imports.undoable(report.id, after=found.next, limit=3)

    assert (found.created, found.updated, found.deleted) == (1, 2, 1)
    assert found.fields == {"sku": 1, "price": 2, "description": 2, "attributes": 1}
    assert (len(found.products), rest.next) == (3, None)
    assert {(each.sku, each.kind) for each in (*found.products, *rest.products)} == {
        ("E", "created"), ("D", "deleted"), ("a", "updated"), ("B", "updated")
    }  # fmt: skip
    assert await importer.imports.undos(report.id) == []
    undone = await undo(importer, report.id)
    assert [each.id for each in await importer.imports.undos(report.id)] == [undone.id]
    with pytest.raises(ConflictError, match="undone already"):
        await importer.imports.undoable(report.id)
