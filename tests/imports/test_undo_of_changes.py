"""What somebody has edited, or deleted together, is undone by the number of its change set."""

from datetime import UTC, datetime

import pytest
from test_undo import AFTER, BEFORE, applied, known, undo, warnings

from product_importer.errors import ConflictError, HistoryGone, UsageError
from product_importer.model import Status
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


async def test_the_undos_of_an_import_are_listed(shop):
    await shop.run(BEFORE)
    importer = await shop.importer()
    report = await importer.run(shop.file(AFTER))
    assert await importer.imports.undos(report.id) == []
    await importer.imports.check_undoable(report.id)

    undone = await undo(importer, report.id)

    assert [each.id for each in await importer.imports.undos(report.id)] == [undone.id]
    with pytest.raises(ConflictError, match="undone already"):
        await importer.imports.check_undoable(report.id)


async def test_what_has_changed_since_a_moment_is_told(shop):
    await shop.run(BEFORE)
    importer = await shop.importer()
    moment = datetime.now(UTC)
    nothing = await importer.imports.changed_since(moment)
    assert (nothing.changes, nothing.imports, nothing.edited_at) == (0, (), None)
    product = await importer.catalogue.by_sku("C")
    await importer.catalogue.delete(product.id, product.version, actor="user:1")
    first = (await importer.run(shop.file(AFTER))).id
    last = (await undo(importer, first)).id

    found = await importer.imports.changed_since(moment, limit=1)

    assert [(each.id, each.filename) for each in found.imports] == [(last, f"Undo of import {first}")]
    assert (found.more, found.edits) == (1, 1)
    assert found.changes == found.imports[0].changes + found.more_changes + found.edits
