"""An undo takes back what an import, a deletion or all changes since a moment have done, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from product_importer.errors import ConflictError, HistoryGone, UsageError
from product_importer.fields import NAMES
from product_importer.model import ImportOptions, Status
from product_importer.product import ProductDraft

HEAD = "sku,name,price,description,Colour\n"
BEFORE = HEAD + "A,Tea,10,Green,green\nB,Cup,2,White,\nC,Mug,3,,red\nD,Gone,4,x,\n"
AFTER = HEAD + "a,Tea,20,,blue\nB,Cup,2.1,,\nC,Mug,3,,red\nE,New,1,,\n"
KNOWN = f"SELECT id, created_at, created_by_import, sku_key, {', '.join(NAMES)} FROM products ORDER BY id"


async def known(shop):
    """By id: all that a product is, but for its versions."""
    return {row["id"]: tuple(row)[1:] for row in await shop.connection.fetch(KNOWN)}


async def undo(importer, number, **chosen):
    """Plans and applies an undo of the import; returns the undo's report."""
    return await applied(importer, await importer.imports.undo(number, actor="user:9", **chosen))


async def applied(importer, undo_id):
    planned = await importer.imports.start(undo_id)
    assert planned.status is Status.PLANNED, planned.state.message
    await importer.imports.apply(undo_id)
    report = await importer.imports.start(undo_id)
    assert report.status is Status.COMPLETED, report.state.message
    assert report.counts == planned.counts
    return report


async def warnings(importer, number):
    return [(each.code, each.value, each.column) async for _, each in importer.imports.warnings(number)]


async def test_what_nobody_touched_since_is_as_it_was(shop):
    await shop.run(BEFORE)
    before = await known(shop)
    importer = await shop.importer()
    report = await importer.run(shop.file(AFTER), ImportOptions(missing="delete", blank="clear"))
    after = await known(shop)

    undone = await undo(importer, report.id)

    assert await known(shop) == before
    counts = undone.counts
    assert (counts.read, counts.created, counts.updated, counts.deleted) == (4, 1, 2, 1)
    assert (undone.state.undo.of_import, undone.state.author) == (report.id, "user:9")
    first = await importer.imports.state(report.id)
    assert (first.status, first.percent) == (Status.UNDONE, 100)
    causes = await shop.connection.fetch(
        "SELECT DISTINCT cause FROM change_sets WHERE import_id = $1", undone.id
    )
    assert [row["cause"] for row in causes] == ["undo"]
    with pytest.raises(ConflictError, match="undone already"):
        await importer.imports.undo(report.id)

    redone = await undo(importer, undone.id)
    assert {key: row[3:] for key, row in (await known(shop)).items()} == {
        key: row[3:] for key, row in after.items()
    }
    assert (await importer.imports.state(undone.id)).status is Status.UNDONE
    assert (await importer.imports.state(report.id)).status is Status.COMPLETED
    assert redone.state.warnings == {}

    await undo(importer, report.id)
    assert await known(shop) == before
    again = await importer.run(shop.file(AFTER), ImportOptions(missing="delete", blank="clear"))
    assert (again.created, again.updated, again.removed) == (1, 2, 1)


async def test_what_was_changed_since_stays_and_is_listed(shop):
    await shop.run(BEFORE)
    before = await known(shop)
    importer = await shop.importer()
    report = await importer.run(shop.file(AFTER), ImportOptions(missing="delete", blank="clear"))
    catalogue = importer.catalogue
    ids = {row[2]: key for key, row in (await known(shop)).items()}
    tea, new, cup = [await catalogue.get(ids[key]) for key in "aeb"]
    await catalogue.change(tea.id, tea.version, {"price": 7}, actor="user:1")
    await catalogue.change(new.id, new.version, {"stock": 7}, actor="user:2")
    await catalogue.change(cup.id, cup.version, {"stock": 7}, actor="user:2")
    other = await catalogue.create(ProductDraft(sku="D", name="Another"), actor="user:3")

    undone = await undo(importer, report.id)

    now = await known(shop)
    assert now[tea.id] == before[tea.id][:6] + now[tea.id][6:7] + before[tea.id][7:]
    assert now[tea.id][6] == 7
    assert now[cup.id][:-1] == before[cup.id][:-1]
    assert {new.id, other.id} < set(now)
    assert sorted(await warnings(importer, undone.id)) == [
        ("changed_since", "A", "price"),
        ("changed_since", "E", None),
        ("sku_taken", "D", None),
    ] or sorted(await warnings(importer, undone.id)) == [
        ("changed_since", "E", None),
        ("changed_since", "a", "price"),
        ("sku_taken", "D", None),
    ]
    assert undone.state.warnings == {"changed_since": 2, "sku_taken": 1}
    assert undone.counts.skipped == 2
    assert (await importer.imports.state(report.id)).status is Status.COMPLETED
    async for _, warning in importer.imports.warnings(undone.id):
        assert warning.code == "sku_taken" or "by user " in warning.message


async def test_a_part_is_undone_and_then_the_rest(shop):
    await shop.run(BEFORE)
    before = await known(shop)
    importer = await shop.importer()
    report = await importer.run(shop.file(AFTER))
    after = await known(shop)
    tea, cup, mug, gone, new = sorted(after)

    prices = await undo(importer, report.id, fields=["price"])
    assert (prices.counts.read, prices.counts.updated) == (2, 2)
    assert [row[6] for row in (await known(shop)).values()] == [10, 2, 3, 4, 1]
    await undo(importer, report.id, skus=["A "])
    of_others = await undo(importer, report.id, skus=["c", "Zebra"], products=[10**6])
    assert of_others.counts.read == 0
    assert sorted(await warnings(importer, of_others.id)) == [
        ("not_changed", "Zebra", None),
        ("not_changed", "c", None),
        ("not_changed", "product 1000000", None),
    ]
    assert (await known(shop))[tea] == before[tea]
    await undo(importer, report.id, products=[new])
    assert set(await known(shop)) == {tea, cup, mug, gone}
    assert (await importer.imports.state(report.id)).status is Status.COMPLETED

    rest = await undo(importer, report.id)

    assert await known(shop) == before
    assert (rest.counts.unchanged, rest.state.warnings) == (3, {})
    assert (await importer.imports.state(report.id)).status is Status.UNDONE


async def test_all_products_come_back_after_they_were_deleted(shop):
    await shop.run(BEFORE)
    before = await known(shop)
    importer = await shop.importer()
    deletion = await importer.deletions.request(len(before), actor="user:1")
    await importer.deletions.run(deletion.id)
    assert await known(shop) == {}

    back = await applied(importer, await importer.imports.undo_deletion(deletion.id, actor="user:1"))

    assert (back.created, await known(shop)) == (4, before)
    # The import before the deletion can be undone as if there had been no deletion.
    (first,) = [each for each in await importer.imports.recent() if each.undo is None]
    await undo(importer, first.id)
    assert await known(shop) == {}


async def test_all_is_as_it_was_at_a_moment_though_skus_were_swapped(shop):
    await shop.run(BEFORE)
    before, moment = await known(shop), datetime.now(UTC)
    importer = await shop.importer()
    catalogue = importer.catalogue

    async def rename(product_id, sku):
        product = await catalogue.get(product_id)
        await catalogue.change(product_id, product.version, {"sku": sku}, actor="user:1")

    tea, cup, mug, gone = sorted(before)
    for product_id, sku in ((tea, "X"), (cup, "A"), (tea, "B"), (mug, "Y")):
        await rename(product_id, sku)
    await catalogue.delete_selected([gone], actor="user:1")
    await catalogue.create(ProductDraft(sku="D", name="Other"), actor="user:1")
    await catalogue.create(ProductDraft(sku="C", name="Other"), actor="user:1")
    report = await importer.run(shop.file("sku,name\nD,Changed\n"))

    restored = await applied(importer, await importer.imports.restore(moment, actor="user:1"))

    assert await known(shop) == before
    assert (restored.counts.read, restored.state.undo.to) == (6, moment)
    later = await undo(importer, report.id)
    assert (later.counts.unchanged, await known(shop)) == (1, before)


async def test_what_cannot_be_undone_is_refused(shop):
    importer = await shop.importer()
    report = await importer.run(shop.file("sku,name\nA,Tea\n"))
    same = await importer.run(shop.file("sku,name\nA,Tea\n"))
    with pytest.raises(ConflictError, match="changed no products"):
        await importer.imports.undo(same.id)
    planned = await importer.run(shop.file("sku,name\nB,Cup\n"), ImportOptions(dry_run=True))
    for _ in range(2):
        with pytest.raises(ConflictError, match="changed no products, so"):
            await importer.imports.undo(planned.id)
        await importer.imports.cancel(planned.id)
    with pytest.raises(UsageError, match="field"):
        await importer.imports.undo(report.id, fields=["colour"])
    with pytest.raises(UsageError, match="No products"):
        await importer.imports.undo(report.id, products=[])
    with pytest.raises(UsageError, match="future"):
        await importer.imports.restore(datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(UsageError, match="time zone"):
        await importer.imports.restore(datetime(2026, 1, 1))  # noqa: DTZ001 - that is refused
    await shop.connection.execute("UPDATE change_history SET since = now()")
    for ask in (importer.imports.undo(report.id), importer.imports.restore(report.state.created_at)):
        with pytest.raises(HistoryGone, match="no longer known"):
            await ask


SKUS = st.sampled_from([f"S{n}" for n in range(12)])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Tea", "Cup"]),
        "price": st.integers(0, 3),
        "stock": st.integers(0, 3),
        "description": st.sampled_from([None, "x", "y"]),
        "active": st.booleans(),
    },
)
EDITS = st.lists(st.tuples(SKUS, FIELDS.filter(bool)), max_size=8)
ROWS = st.dictionaries(SKUS, st.tuples(st.sampled_from(["Tea", "Cup"]), st.integers(0, 3)), min_size=1)


def text(rows):
    return "\n".join(["sku,name,price", *(f"{sku},{name},{price}" for sku, (name, price) in rows.items())])


async def edit(importer, shop, edits):
    """Makes the edits of products that exist; returns by id which fields were changed, and to what."""
    changed = {}
    for sku, values in edits:
        found = await shop.connection.fetchval("SELECT id FROM products WHERE sku = $1", sku)
        if found is None:
            continue
        product = await importer.catalogue.get(found)
        really = {name: value for name, value in values.items() if getattr(product, name) != value}
        if really:
            await importer.catalogue.change(found, product.version, really, actor="user:1")
            changed.setdefault(found, {}).update(really)
    return changed


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ROWS, second=ROWS, missing=st.sampled_from(["keep", "deactivate", "delete"]), edits=EDITS)
async def test_an_undo_keeps_exactly_the_later_edits(shop, first, second, missing, edits):
    importer = await shop.importer()
    await shop.connection.execute("TRUNCATE products")
    await importer.run(shop.file(text(first), "first.csv"), ImportOptions(parser="tiny"))
    moment, before = datetime.now(UTC), await known(shop)
    options = ImportOptions(parser="tiny", missing=missing)
    report = await importer.run(shop.file(text(second), "second.csv"), options)
    assert report.status is Status.COMPLETED, report.state.message
    new = set(await known(shop)) - set(before)
    later = await edit(importer, shop, edits)

    if report.created or report.updated or report.removed or report.counts.deactivated:
        await undo(importer, report.id)

    now = await known(shop)
    assert {key: row for key, row in now.items() if key in before} == {
        key: (*row[:3], *(later.get(key, {}).get(*field) for field in zip(NAMES, row[3:], strict=True)))
        for key, row in before.items()
    }
    assert set(now) - set(before) == {key for key in new if key in later}
    await applied(importer, await importer.imports.restore(moment))
    assert await known(shop) == before
