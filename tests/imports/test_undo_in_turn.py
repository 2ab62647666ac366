"""Undos of undos, of imports that went on meanwhile, and of products that came back."""

from datetime import UTC, datetime

import pytest
from test_undo import applied, known, undo, warnings

from product_importer.errors import ConflictError
from product_importer.model import ImportOptions, Status
from product_importer.model.resubmissions import CorrectedRow
from product_importer.product import ProductDraft
from shop import TINY

CONTENT = "sku,name,price\nA,Tea,10\nB,Cup,2\nC,Mug,3\n"


async def test_a_way_back_to_a_moment_is_undone_though_skus_had_moved(shop):
    await shop.run(CONTENT)
    moment = datetime.now(UTC)
    importer = await shop.importer()
    catalogue = importer.catalogue
    tea, cup, mug = sorted(await known(shop))
    for product_id, sku in ((tea, "X"), (cup, "A"), (tea, "B")):
        product = await catalogue.get(product_id)
        await catalogue.change(product_id, product.version, {"sku": sku}, actor="user:1")
    await catalogue.delete_selected([mug], actor="user:1")
    await catalogue.create(ProductDraft(sku="C", name="Other"), actor="user:1")
    before = await known(shop)
    restored = await applied(importer, await importer.imports.restore(moment))

    undone = await undo(importer, restored.id)

    assert undone.state.warnings == {}
    assert await known(shop) == before


async def test_a_product_that_came_back_is_no_earlier_version_of_itself(shop):
    await shop.run(CONTENT)
    importer = await shop.importer()
    tea = min(await known(shop))
    for price in (11, 12):
        product = await importer.catalogue.get(tea)
        await importer.catalogue.change(tea, product.version, {"price": price}, actor="user:1")
    deletion = await importer.deletions.request(3, actor="user:1")
    await importer.deletions.run(deletion.id)
    moment = datetime.now(UTC)

    await applied(importer, await importer.imports.undo_deletion(deletion.id))

    assert (await importer.catalogue.get(tea)).version == 4
    moment = datetime.now(UTC)
    for _ in range(2):
        await importer.catalogue.delete_selected([tea], actor="user:1")
        back = await importer.imports.restore(moment)
        await applied(importer, back)
    assert (await importer.catalogue.get(tea)).version == 6


async def test_a_product_that_comes_back_again_has_a_version_that_it_never_had(shop):
    """Also if what brings it back undoes a deletion that wasn't its last one."""
    await shop.run(CONTENT)
    importer = await shop.importer()
    tea = min(await known(shop))
    deletion = await importer.deletions.request(3, actor="user:1")
    await importer.deletions.run(deletion.id)
    back = await applied(importer, await importer.imports.undo_deletion(deletion.id))
    assert (await importer.catalogue.get(tea)).version == 2
    await undo(importer, back.id)

    await applied(importer, await importer.imports.undo_deletion(deletion.id))

    assert (await importer.catalogue.get(tea)).version == 3


async def test_what_a_program_without_a_log_has_changed_stays(shop):
    """As a process of a version before the log does, that goes on after the upgrade."""
    await shop.run(CONTENT)
    first = await shop.run("sku,name,price\nA,Tea,1\nB,Cup,1\n")
    importer = await shop.importer()
    await shop.connection.execute(
        "UPDATE products SET price = 99, version = version + 1, updated_at = now() WHERE sku_key = 'a'"
    )

    undone = await undo(importer, first.id)

    prices = {key: product["price"] for key, product in (await shop.products()).items()}
    assert prices == {"a": 99, "b": 2, "c": 3}
    assert await warnings(importer, undone.id) == [("changed_since", "A", "price")]
    (message,) = [each.message async for _, each in importer.imports.warnings(undone.id)]
    assert message == "The product was changed by a program that writes no history."


CHEAP = "sku,name,price\nA,Tea,1\n"
DEAR = "sku,name,price\nA,Tea,2\n"


async def test_an_undo_that_another_undo_has_come_after_says_so(shop):
    """The first import was undone after the second one's undo, so the second can't just come back."""
    await shop.run(CONTENT)
    first, second = await shop.run(CHEAP), await shop.run(DEAR)
    importer = await shop.importer()
    tea = min(await known(shop))
    of_second = await undo(importer, second.id)
    of_first = await undo(importer, first.id)
    before = await known(shop)

    redone = await undo(importer, of_second.id)

    assert await known(shop) == before
    assert await warnings(importer, redone.id) == [("changed_since", "A", "price")]
    async for _, warning in importer.imports.warnings(redone.id):
        assert f"by import {of_first.id} at" in warning.message
    await undo(importer, of_first.id)
    assert (await importer.catalogue.get(tea)).price == 1
    await undo(importer, of_second.id)
    assert (await importer.catalogue.get(tea)).price == 2


async def test_a_field_that_came_back_from_a_moment_can_be_undone(shop):
    """A way back to a moment was undone for one of its fields: in that field, the import counts again."""
    await shop.run(CONTENT)
    moment, tea = datetime.now(UTC), min(await known(shop))
    first = await shop.run("sku,name,price\nA,Pot,1\n")
    importer = await shop.importer()
    restored = await applied(importer, await importer.imports.restore(moment))
    await undo(importer, restored.id, fields=["price"])
    assert (await importer.catalogue.get(tea)).price == 1

    undone = await undo(importer, first.id)

    product = await importer.catalogue.get(tea)
    assert (product.price, product.name, undone.updated) == (10, "Tea", 1)


async def test_an_import_counts_again_after_going_back_to_when_it_counted(shop):
    await shop.run(CONTENT)
    before = await known(shop)
    first = await shop.run(CHEAP)
    importer = await shop.importer()
    moment = datetime.now(UTC)
    await undo(importer, first.id)

    await applied(importer, await importer.imports.restore(moment))

    assert (await importer.imports.state(first.id)).status is Status.COMPLETED
    await undo(importer, first.id)
    assert await known(shop) == before
    assert (await importer.imports.state(first.id)).status is Status.UNDONE


async def test_an_sku_that_another_product_has_by_now_is_listed(shop):
    await shop.run(CONTENT)
    moment = datetime.now(UTC)
    importer = await shop.importer()
    tea = min(await known(shop))
    await importer.catalogue.change(tea, 1, {"sku": "X", "price": 11}, actor="user:1")
    restored = await applied(importer, await importer.imports.restore(moment))
    other = await importer.catalogue.create(ProductDraft(sku="x", name="Other"), actor="user:1")

    undone = await undo(importer, restored.id)

    assert await warnings(importer, undone.id) == [("sku_taken", "A", "sku")]
    product = await importer.catalogue.get(tea)
    assert (product.sku, product.price) == ("A", 11)
    assert (await importer.catalogue.get(other.id)).sku == "x"


async def test_an_import_that_went_on_meanwhile_is_not_undone_as_a_whole(shop):
    rows = "".join(f"n{n},N,{n}\n" for n in range(3 * TINY))
    importer = await shop.open(writers=1)
    await shop.connection.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE invalid_text_representation; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON products FOR EACH ROW
        WHEN (NEW.sku_key = 'n20') EXECUTE FUNCTION refuse();
        """
    )
    first = await importer.run(shop.file("sku,name,price\n" + rows), ImportOptions(parser="tiny"))
    assert (first.status, first.created) == (Status.FAILED, 2 * TINY)
    await shop.connection.execute("DROP TRIGGER refuse ON products")
    number = await importer.imports.undo(first.id)
    await importer.imports.start(number)
    await importer.imports.resume(first.id)

    await importer.imports.apply(number)
    await importer.imports.start(number)

    assert len(await known(shop)) == TINY
    assert (await importer.imports.state(first.id)).status is Status.COMPLETED
    await undo(importer, first.id)
    assert await known(shop) == {}
    assert (await importer.imports.state(first.id)).status is Status.UNDONE


async def test_what_is_undone_in_turn_has_the_status_of_what_counts(shop):
    importer = await shop.importer()
    chain = [(await importer.run(shop.file(CONTENT))).id]
    for length in range(1, 6):
        chain.append((await undo(importer, chain[-1])).id)
        statuses = [(await importer.imports.state(each)).status for each in chain]
        # The last undo counts, so what it undoes doesn't, and so on in turn.
        assert statuses[::-1] == ([Status.COMPLETED, Status.UNDONE] * 3)[: length + 1]
        assert len(await known(shop)) == (0 if length % 2 else 3)


async def test_an_undo_of_a_part_of_an_undo_lets_the_first_import_count_again(shop):
    await shop.run(CONTENT)
    importer = await shop.importer()
    first = (await importer.run(shop.file(CONTENT.replace("Cup,2", "Pot,4")))).id
    second = (await undo(importer, first)).id

    await undo(importer, second, fields=["price"])

    statuses = [(await importer.imports.state(each)).status for each in (first, second)]
    assert statuses == [Status.COMPLETED, Status.COMPLETED]
    await undo(importer, first)
    assert (await importer.imports.state(first)).status is Status.UNDONE
    assert {(row[4], row[6]) for row in (await known(shop)).values()} == {("Tea", 10), ("Cup", 2), ("Mug", 3)}


async def test_what_an_undo_could_not_touch_leaves_the_first_import_undone(shop):
    await shop.run(CONTENT)
    importer = await shop.importer()
    first = (await importer.run(shop.file(CONTENT.replace("Cup,2", "Cup,4")))).id
    second = (await undo(importer, first)).id
    cup = (await importer.catalogue.by_sku("B")).id
    version = (await importer.catalogue.get(cup)).version
    await importer.catalogue.change(cup, version, {"price": 7}, actor="user:1")

    third = await undo(importer, second)

    assert third.state.warnings == {"changed_since": 1}
    assert (await importer.imports.state(first)).status is Status.UNDONE


async def test_rows_that_were_resubmitted_are_undone_with_their_resubmission(shop):
    importer = await shop.importer()
    first = (await importer.run(shop.file("sku,name,price\n,Tea,10\n"))).id
    (rejected,) = await importer.imports.rejected(first)
    second = await importer.imports.resubmit(first, [CorrectedRow(rejected.record, ("A", "Tea", "10"))])
    await importer.imports.start(second)
    assert (await importer.imports.state(first)).counts.created == 1

    with pytest.raises(ConflictError, match=f"undo import {second}") as refused:
        await importer.imports.undo(first)

    assert refused.value.code == "nothing_changed"
    await undo(importer, second)
    assert await known(shop) == {}


async def test_an_undo_is_planned_and_applied_in_one_go(shop):
    await shop.run(CONTENT)
    before = await known(shop)
    importer = await shop.importer()
    first = (await importer.run(shop.file(CONTENT.replace("Cup,2", "Pot,4")))).id

    report = await importer.imports.start(await importer.imports.undo(first, apply=True))

    assert (report.status, report.updated, await known(shop)) == (Status.COMPLETED, 1, before)
    assert (await importer.imports.state(first)).status is Status.UNDONE
