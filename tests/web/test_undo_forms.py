"""The pages on which undos are begun, as they are without scripts."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from product_importer.model import Status
from product_importer_web.keys import IMPORTER

BEFORE = "sku,name,price\nA,Tea,10\nB,Cup,2\nD,Old,4\n"
AFTER = "sku,name,price\nA,Tea,20\nB,Pot,2.5\nC,New,1\n"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def importer(client):
    return client.app[IMPORTER]


@pytest.fixture
async def changed(shop):
    """The id of an import that has changed products."""
    await shop.run(BEFORE)
    return (await shop.run(AFTER)).id


async def text(client, path, status=200):
    response = await client.get(path, headers=PAGE)
    assert response.status == status, await response.text()
    return await response.text()


async def sent(client, path, form, status=303):
    """Sends the form; the address that it leads to, or else the page."""
    response = await client.post(path, data=form, headers=PAGE, allow_redirects=False)
    assert response.status == status, await response.text()
    return response.headers["Location"] if status == 303 else await response.text()


async def planned(importer, path):
    return await importer.imports.start(int(path.removeprefix("/imports/")))


async def test_the_form_has_what_the_import_changed(client, changed):
    page = await text(client, f"/imports/{changed}/undo")

    assert "has created 1 product, changed 2 products." in re.sub(r"\s+", " ", page)
    assert re.findall(r'name="field" value="(\w+)"', page) == ["name", "price"]
    assert len(re.findall(r'name="product" value="\d+"', page)) == 3
    assert "Undo…" in await text(client, f"/imports/{changed}")


@pytest.mark.parametrize(
    ("form", "counts"),
    [
        ({"part": "all", "which": "all"}, (3, 2, 1)),
        ({"part": "some", "field": "name", "which": "all"}, (1, 1, 0)),
        ({"part": "all", "which": "some", "skus": " a \r\n\r\nc\r\n"}, (2, 1, 1)),
    ],
)
async def test_what_the_form_says_is_planned(client, importer, changed, form, counts):
    path = await sent(client, f"/imports/{changed}/undo", form)

    report = await planned(importer, path)

    assert report.status is Status.PLANNED
    assert (report.counts.read, report.updated, report.counts.deleted) == counts
    page = await text(client, path)
    assert f'takes back what <a href="/imports/{changed}">' in page
    assert "Apply" in page
    assert "An undo is planned" in await text(client, f"/imports/{changed}")


@pytest.mark.parametrize(
    "form",
    [
        {"part": "some", "which": "all"},
        {"part": "all", "field": "price", "which": "all"},
        {"part": "all", "which": "some", "skus": "\n \n"},
        {"part": "all", "which": "all", "skus": "A"},
        {"part": "all", "which": "all", "product": "1"},
    ],
)
async def test_what_is_not_clear_is_asked(client, importer, changed, form):
    page = await sent(client, f"/imports/{changed}/undo", form, 422)

    assert "clear yet" in page
    for name, value in form.items():
        if name in ("field", "product"):
            assert re.search(rf'name="{name}" value="{value}" checked', page)
    assert len(await importer.imports.recent()) == 2
    await sent(client, f"/imports/{changed}/undo", {"which": "some", "product": "9" * 5_000}, 422)


async def test_an_undone_import_and_its_undo_name_each_other(client, importer, shop, changed):
    product = (await shop.products())["a"]
    await importer.catalogue.change(product["id"], product["version"], {"price": 7}, actor="user:3")
    path = await sent(client, f"/imports/{changed}/undo", {"part": "all", "which": "all"})
    await planned(importer, path)

    page = await text(client, path)
    assert "What stays as it is" in page
    assert "was changed by user 3" in page
    assert "warnings.csv" in page

    await sent(client, f"{path}/apply", {})
    await planned(importer, path)
    again = await sent(client, f"/imports/{changed}/undo", {"part": "some", "which": "all", "field": "name"})
    assert (await planned(importer, again)).counts.unchanged == 1
    assert f'Undone in part by <a href="{path}">' in await text(client, f"/imports/{changed}")


async def test_an_import_is_undone_once(client, importer, changed):
    path = await sent(client, f"/imports/{changed}/undo", {})
    await planned(importer, path)
    await sent(client, f"{path}/apply", {})
    await planned(importer, path)

    page = await text(client, f"/imports/{changed}")
    assert "was taken back" in page
    assert f'Undone by <a href="{path}">' in page
    page = await text(client, f"/imports/{changed}/undo", 409)
    assert "undone already" in page
    assert f'href="{path}"' in page
    await sent(client, f"/imports/{changed}/undo", {}, 409)


async def test_a_deletion_of_all_products_is_undone(client, importer, shop):
    await shop.run(BEFORE)
    before = await shop.catalogue()
    assert "were deleted" not in await text(client, "/products")
    deletion = await importer.deletions.request(3, actor="user:1")
    await importer.deletions.run(deletion.id)
    page = await text(client, "/products")
    assert "3 products were deleted" in page

    path = await sent(client, re.search(r'action="(/deletions/\d+/undo)"', page)[1], {})
    await planned(importer, path)
    assert f'href="{path}"' in await text(client, "/products")
    await sent(client, f"{path}/apply", {})
    await planned(importer, path)

    assert await shop.catalogue() == before
    assert "were deleted" not in await text(client, "/products")


async def test_a_change_by_hand_is_undone(client, importer, shop):
    await shop.run(BEFORE)
    before = await shop.catalogue()
    product = (await shop.products())["a"]
    await importer.catalogue.delete(product["id"], product["version"], actor="user:1")
    history = await importer.changes.history(product["id"])

    path = await sent(client, f"/changes/{history.entries[0].number}/undo", {})
    await planned(importer, path)
    assert "one change by hand" in await text(client, path)
    await sent(client, f"{path}/apply", {})
    await planned(importer, path)

    assert await shop.catalogue() == before


async def test_going_back_to_a_moment(client, importer, shop):
    await shop.run(BEFORE)
    before = await shop.catalogue()
    moment = datetime.now(UTC)
    number = (await shop.run(AFTER)).id
    product = (await shop.products())["d"]
    await importer.catalogue.change(product["id"], product["version"], {"price": 7}, actor="user:3")
    assert 'href="/restore"' in await text(client, "/imports")

    there = (moment + timedelta(hours=9)).replace(tzinfo=None).isoformat()
    page = await text(client, f"/restore?to={there}&zone=Asia/Tokyo")
    assert re.search(rf'href="/imports/{number}".*?<td class="num">3</td>', page, re.DOTALL)
    assert re.search(r'by hand</td><td class="num">1</td>', page)
    to = re.search(r'type="hidden" name="to" value="([^"]+)"', page)[1]
    path = await sent(client, "/restore", {"to": to})
    await planned(importer, path)
    assert "takes all products back to" in await text(client, path)
    await sent(client, f"{path}/apply", {})
    await planned(importer, path)

    assert await shop.catalogue() == before


@pytest.mark.parametrize(
    ("to", "zone", "said"),
    [
        ("2999-01-01T00:00", "UTC", "future"),
        ("2001-01-01T00:00", "UTC", "no longer known"),
        ("yesterday", "UTC", "no moment"),
        ("2026-01-01T00:00", "Mars/Olympus", "no such time zone"),
        ("2026-01-01T00:00", "../../etc/passwd", "no such time zone"),
        ("0001-01-01T00:00", "Asia/Tokyo", "no longer known"),
        ("9999-12-31T23:59:59", "America/New_York", "future"),
        ("2025-10-26T02:30", "Europe/Berlin", "changed then"),
        ("2025-03-30T02:30", "Europe/Berlin", "changed then"),
    ],
)
async def test_a_moment_that_is_none_is_refused(client, to, zone, said):
    for page in (
        await text(client, f"/restore?to={to}&zone={zone}", 422),
        await sent(client, "/restore", {"to": to, "zone": zone}, 422),
    ):
        assert said in page
        assert f'value="{to}"' in page


async def test_a_moment_without_changes_since(client, shop):
    await shop.run(BEFORE)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
    assert "nothing to take back" in await text(client, f"/restore?to={now}")
