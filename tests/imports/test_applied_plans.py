"""A plan lists what an import would change; applying it changes exactly that."""

from contextlib import AsyncExitStack
from decimal import Decimal

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_model import files, text_of

from product_importer.errors import ConflictError, NotConfirmed, UsageError
from product_importer.model import Counts, ImportOptions, Status, ValueChange
from product_importer.product import ProductChange, ProductDraft
from shop import TINY, Plugin, Shop, TinyBatches, as_tuple

BEFORE = """\
sku,name,price,description,Colour,Size
A,Tea,10,Green,green,L
B,Cup,2,White,,
C,Mug,3,,red,
D,Gone,4,x,,
"""
AFTER = "sku,name,price,description,Colour\na,Tea,20,,blue\nB,Cup,2.1,,\nC,Mug,3,,red\nE,New,1,,\n"


async def planned(shop, content=AFTER, **options):
    importer = await shop.importer()
    report = await importer.run(shop.file(content), ImportOptions(dry_run=True, **options))
    assert report.status is Status.PLANNED, report.state.message
    return importer.imports, report.id


async def apply(imports, number, **how):
    await imports.apply(number, **how)
    return await imports.start(number)


async def test_a_plan_says_product_by_product_what_changes(shop):
    await shop.run(BEFORE)
    before = await shop.rows()

    imports, number = await planned(shop, missing="delete", blank="clear")

    page = await imports.plan(number)
    assert await shop.rows() == before
    assert (page.total, page.next) == (4, None)
    tea, cup, new, gone = page.changes
    assert (tea.kind, tea.sku, tea.line, tea.price_moves, tea.stands_out) == ("updated", "A", 2, 1.0, True)
    assert tea.changes == {
        "sku": ValueChange("A", "a"),
        "description": ValueChange("Green", None),
        "price": ValueChange(Decimal(10), Decimal(20)),
        "attributes": ValueChange({"Colour": "green", "Size": "L"}, {"Colour": "blue", "Size": "L"}),
    }
    assert cup.changes["price"] == ValueChange(Decimal(2), Decimal("2.1"))
    assert (new.kind, new.product_id, new.line) == ("created", None, 5)
    assert set(new.changes) == {"sku", "name", "price", "active"}
    assert (gone.kind, gone.sku, gone.line) == ("deleted", "D", None)
    assert gone.changes["description"] == ValueChange("x", None)

    summary = await imports.plan_summary(number)
    assert summary.kinds == {"created": 1, "updated": 2, "deleted": 1}
    assert summary.fields == {"sku": 1, "description": 2, "price": 2, "attributes": 1}
    assert summary.lost == {"description": 2}
    assert summary.notable == {"price_moved": 1, "value_lost": 2, "deleted": 1}


@pytest.mark.parametrize(
    ("wanted", "skus"),
    [
        ({"kind": "created"}, ["E"]),
        ({"field": "price"}, ["A", "B"]),
        ({"field": "name"}, []),
        ({"sku": " b "}, ["B"]),
        ({"notable": "price_moved"}, ["A"]),
        ({"notable": "value_lost", "sku": "b"}, ["B"]),
        ({"sort": "-size"}, ["A", "B", "D", "E"]),
        ({"sort": "sku"}, ["A", "B", "D", "E"]),
        ({"sort": "sku", "limit": 2, "after": 1}, ["B", "D"]),
        ({"sort": "sku", "kind": "created"}, ["E"]),
        ({"sort": "sku", "field": "name"}, []),
        ({"limit": 2}, ["A", "B"]),
        ({"limit": 2, "after": 2}, ["E", "D"]),
        ({"limit": 2, "after": 2, "sort": "-size"}, ["D", "E"]),
        ({"after": 9}, []),
    ],
)
async def test_a_plan_is_filtered_sorted_and_paged(shop, wanted, skus):
    await shop.run(BEFORE)
    imports, number = await planned(shop, missing="delete", blank="clear")

    page = await imports.plan(number, **wanted)

    assert [change.sku for change in page.changes] == skus


async def test_a_plan_of_many_chunks_is_in_the_order_of_the_file(shop):
    skus = [f"N{n * 7 % 40:02}" for n in range(40)]
    imports, number = await planned(
        shop, "sku,name,price\n" + "".join(f"{sku},New,1\n" for sku in skus), parser="tiny"
    )

    page = await imports.plan(number, after=3, limit=20)
    assert [change.sku for change in page.changes] == skus[3:23]
    assert (page.total, page.next) == (40, 23)
    page = await imports.plan(number, sort="sku", after=3, limit=20)
    assert [change.sku for change in page.changes] == sorted(skus)[3:23]
    assert [change.sku async for change in imports.plan_changes(number, sku="n1")] == [
        sku for sku in skus if sku.startswith("N1")
    ]


@pytest.mark.parametrize("wanted", [{"kind": "x"}, {"field": "x"}, {"sort": "x"}, {"notable": "x"}])
async def test_unknown_names_are_refused(shop, wanted):
    imports, number = await planned(shop)
    with pytest.raises(UsageError, match="There is no .* 'x'"):
        await imports.plan(number, **wanted)


@pytest.mark.parametrize("atomic", [True, False])
async def test_applying_a_plan_is_importing_the_file(shop, atomic):
    await shop.run(BEFORE)
    await shop.forget_events()
    options = {"missing": "delete", "blank": "clear"}
    imports, number = await planned(shop, AFTER + "".join(f"n{n},N,1\n" for n in range(3 * TINY)), **options)
    plan = (await imports.state(number)).counts

    report = await apply(imports, number, atomic=atomic)

    assert (report.status, report.state.message, report.counts) == (Status.COMPLETED, "", plan)
    assert report.state.percent == 100
    assert await shop.connection.fetch("SELECT * FROM plan_chunks") == [], "the log has the changes"
    assert (await shop.product("a"))["attributes"] == {"Colour": "blue", "Size": "L"}
    assert (await shop.product("a"))["price"] == 20
    assert "d" not in await shop.products()
    kinds = [event.type for event in await shop.events()]
    assert [kinds.count(f"product.{kind}") for kind in ("created", "updated", "deleted")] == [22, 2, 1]
    assert kinds[-1] == "import.completed"
    assert await shop.changes() == {
        "a": ("sku", "description", "price", "attributes"),
        "B": ("description", "price"),
    }
    again = await shop.run(AFTER, **options | {"missing": "keep"})
    assert (again.updated, again.unchanged) == (0, 4)
    with pytest.raises(ConflictError, match="nothing to apply") as error:
        await imports.apply(number)
    assert error.value.code == "not_planned"


async def edit(shop, key, **values):
    importer = await shop.importer()
    product = (await shop.products())[key]
    change = ProductChange(**values)
    await importer.catalogue.change(product["id"], product["version"], change, actor="cli")


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.parametrize("what", ["changed", "created", "deleted"])
async def test_products_that_were_changed_meanwhile_are_named(shop, what, atomic):
    await shop.run(BEFORE)
    imports, number = await planned(shop, parser="tiny")
    importer = await shop.importer()
    if what == "changed":
        await edit(shop, "b", name="Cup of somebody")
    elif what == "created":
        await importer.catalogue.create(ProductDraft("e", "Somebody's"), actor="cli")
    else:
        product = (await shop.products())["b"]
        await importer.catalogue.delete(product["id"], product["version"], actor="cli")
    before = await shop.rows()

    report = await apply(imports, number, atomic=atomic)

    assert report.status is Status.PLANNED
    assert ("E" if what == "created" else "B") + ". Preview the import again" in report.state.message
    assert await shop.rows() == before
    assert report.state.options.dry_run
    assert report.state.applied_at is None
    assert (await imports.plan(number)).total == 3, "the plan can still be seen"


async def test_a_product_that_the_plan_leaves_alone_may_be_edited(shop):
    await shop.run(BEFORE)
    imports, number = await planned(shop)
    await edit(shop, "c", name="Mug of somebody")

    assert (await apply(imports, number)).status is Status.COMPLETED
    assert (await shop.product("c"))["name"] == "Mug of somebody"


async def test_a_number_to_confirm(shop):
    await shop.run(BEFORE)
    importer = await shop.open(missing_share=5.0)
    report = await importer.run(shop.file("sku,name\nA,Tea\n"), ImportOptions(missing="delete"))
    assert (report.status, report.state.to_confirm) == (Status.PLANNED, 3)
    assert (await importer.imports.plan_summary(report.id)).kinds == {"deleted": 3}

    with pytest.raises(NotConfirmed, match="lacks 3 products"):
        await importer.imports.apply(report.id)
    done = await apply(importer.imports, report.id, confirm_missing=3)

    assert (done.status, done.removed) == (Status.COMPLETED, 3)
    assert set(await shop.products()) == {"a"}


async def test_attributes_get_their_names_when_the_plan_is_applied(shop):
    imports, number = await planned(shop, "sku,name,Colour\nA,Tea,green\n")
    assert await shop.connection.fetch("SELECT * FROM attribute_names") == []
    await shop.run("sku,name,COLOUR\nB,Cup,red\n")

    report = await apply(imports, number)

    assert report.status is Status.PLANNED
    assert "The attribute Colour is called COLOUR by now" in report.state.message
    imports, number = await planned(shop, "sku,name,colour,Size\nA,Tea,green,L\n")
    assert (await apply(imports, number)).status is Status.COMPLETED
    assert (await shop.product("a"))["attributes"] == {"COLOUR": "green", "Size": "L"}


async def test_an_import_without_a_plan(shop):
    report = await shop.run(BEFORE)
    imports = (await shop.importer()).imports
    with pytest.raises(ConflictError, match="has no plan") as error:
        await imports.plan(report.id)
    assert error.value.code == "no_plan"

    _, number = await planned(shop)
    await shop.connection.execute("DELETE FROM plan_chunks")  # as before there were plans
    with pytest.raises(ConflictError) as error:
        await imports.apply(number)
    assert error.value.code == "no_plan"


async def test_a_cancelled_application_goes_on(shop):
    rows = "".join(f"n{n},N,{n}\n" for n in range(5 * TINY))
    imports, number = await planned(shop, "sku,name,price\n" + rows, parser="tiny")
    await imports.apply(number)
    await imports.cancel(number)
    assert (await imports.start(number)).status is Status.CANCELLED
    assert await shop.products() == {}

    report = await imports.resume(number)

    assert (report.status, report.created) == (Status.COMPLETED, 5 * TINY)
    assert len(await shop.products()) == 5 * TINY


OPTIONS = st.fixed_dictionaries(
    {
        "duplicates": st.sampled_from(("last", "first", "error")),
        "blank": st.sampled_from(("keep", "clear")),
        "missing": st.sampled_from(("keep", "keep", "deactivate", "delete")),
        "extra": st.sampled_from(("attributes", "ignore")),
        "mode": st.sampled_from(("merge", "merge", "update", "create")),
    }
)


class Two(TinyBatches):
    name = "two"


@pytest.fixture
async def two_shops(server, tmp_path):
    """Two equal shops: one imports, the other one plans and applies."""
    async with AsyncExitStack() as stack:
        shops = []
        for _ in range(2):
            url = await stack.enter_async_context(server.database())
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            shop = Shop(url, tmp_path, connection, stack)
            shops.append((shop, await shop.open(Plugin(parsers=[Two(2)]))))
        yield shops


async def assert_the_same(shops, first, second, options, atomic):
    outcomes = []
    for (shop, importer), plans in zip(shops, (False, True), strict=True):
        await shop.connection.execute("TRUNCATE products, imports, outbox, attribute_names CASCADE")
        await importer.run(shop.file(text_of(*first), "one.csv"), ImportOptions(parser="two"))
        await shop.forget_events()
        path = shop.file(text_of(*second), "two.csv")
        report = await importer.run(path, ImportOptions(**options, parser="two", dry_run=plans))
        listed = None
        if report.status is Status.PLANNED:
            summary = await importer.imports.plan_summary(report.id)
            listed = sum(summary.kinds.values())
            await importer.imports.apply(report.id, atomic=atomic)
            report = await importer.imports.start(report.id)
        counts = report.counts
        if listed is not None:
            assert listed == (
                counts.created + counts.updated + counts.deleted + counts.deactivated + counts.removed
            )
        products = await shop.products()
        events = sorted(
            (event.type, event.data.get("sku", ""), tuple(event.data.get("changed") or ()))
            for event in await shop.events()
        )
        outcomes.append(
            (
                report.status,
                counts,
                {key: (*as_tuple(each), each["version"]) for key, each in products.items()},
                events,
                [row.record for row in report.rejected],
            )
        )
    if outcomes[0][0] is Status.COMPLETED:
        assert outcomes[0] == outcomes[1]


relaxed = settings(suppress_health_check=list(HealthCheck))


@settings(relaxed, max_examples=settings.default.max_examples // 5)
@given(first=files(), second=files(), options=OPTIONS, atomic=st.booleans())
async def test_a_plan_that_is_applied_is_an_import(two_shops, first, second, options, atomic):
    await assert_the_same(two_shops, first, second, options, atomic)


async def test_a_discarded_plan_leaves_nothing_and_can_be_made_again(shop):
    await shop.run(BEFORE)
    imports, number = await planned(shop, AFTER + ",Nameless,1\n", blank="clear")
    before = await imports.state(number)
    assert before.counts.invalid == 1

    await imports.cancel(number, actor="user:3")

    state = await imports.state(number)
    assert (state.status, state.counts) == (Status.CANCELLED, Counts())
    assert state.message == "The plan was discarded. Nothing was changed."
    assert await shop.connection.fetchval("SELECT count(*) FROM plan_chunks") == 0
    with pytest.raises(ConflictError, match="isn't planned"):
        await imports.apply(number)
    again = await imports.resume(number)
    assert (again.status, again.counts) == (Status.PLANNED, before.counts)
    assert [row.line for row in again.rejected] == [6]
    await imports.apply(number)
    assert (await imports.start(number)).counts == before.counts


async def test_what_was_applied_is_not_discarded(shop):
    imports, number = await planned(shop)
    await imports.apply(number)
    done = (await imports.start(number)).state

    await imports.cancel(number)

    assert await imports.state(number) == done
