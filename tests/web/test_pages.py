"""The pages as the server makes them, without a browser."""

import html
import io
import re
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from product_importer.model import ImportOptions, Status
from product_importer.store.search import listing
from product_importer_web.formats import ago, duration, grouped, size
from product_importer_web.navigation import NAVIGATION
from product_importer_web.pages.products import State
from product_importer_web.rendering import TEMPLATES

HTML = {"Accept": "text/html"}
ROWS = "sku,name,price,Colour\n" + "".join(f"A-{n:03},Thing {n},{n}.50,red\n" for n in range(1, 46))


async def text(client, path, status=200):
    response = await client.get(path, headers=HTML)
    page = await response.text()
    assert response.status == status, page
    assert response.content_type == "text/html"
    return page


def test_no_page_has_script_or_style_of_its_own():
    """The policy that browsers are told forbids both, so that such a page would not work."""
    for template in TEMPLATES.rglob("*.html"):
        source = template.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", source), template


def test_every_page_is_named_once():
    assert (
        len({item.title for item in NAVIGATION}) == len({item.path for item in NAVIGATION}) == len(NAVIGATION)
    )


async def test_without_products(client):
    assert "No products yet" in await text(client, "/products")
    assert "None yet" in await text(client, "/")


async def test_the_list(client, shop):
    await shop.run(ROWS)
    page = await text(client, "/products")
    assert re.findall(r'data-sku="([^"]+)"', page) == [f"A-{n:03}" for n in range(1, 21)]
    assert re.search(r"\b45\s+products\b", page)
    page = await text(client, "/products?search=thing&sort=-price&page=3&page_size=20")
    assert re.findall(r'data-sku="([^"]+)"', page) == [f"A-{n:03}" for n in range(5, 0, -1)]
    assert 'aria-sort="descending"' in page
    assert 'href="/api/v1/products.csv?search=thing"' in page


async def test_a_page_beyond_the_last_leads_to_the_last(client, shop):
    await shop.run(ROWS)
    response = await client.get("/products?page=9&sort=name", headers=HTML)
    assert response.url.path_qs == "/products?sort=name&page=3"
    assert "Thing 9" in await response.text()


async def test_a_page_beyond_a_search_that_is_not_counted_leads_to_its_last(client, shop, monkeypatch):
    monkeypatch.setattr(listing, "FEW", 0)
    monkeypatch.setattr(listing, "COUNTED_FREQUENT", 5)
    monkeypatch.setattr(listing, "COUNTED", 5)
    await shop.run(ROWS)
    await (await shop.importer()).catalogue.index_all()
    for number in (1, 2, 3):
        page = await text(client, f"/products?search=thing&page_size=10&page={number}")
        assert re.search(r"More than 5\s+products found", page)
        assert f'aria-label="Page {number + 1}"' in page
    response = await client.get("/products?search=thing&page_size=10&page=95", headers=HTML)
    assert response.url.path_qs == "/products?search=thing&page=5&page_size=10"
    page = await response.text()
    assert re.search(r"\b45\s+products found", page)
    assert "More than" not in page


@pytest.mark.parametrize(("count", "words"), [(1, "1 change is still"), (2, "2 changes are still")])
async def test_changes_that_are_still_to_be_indexed(client, shop, count, words):
    await shop.run("sku,name\n" + "".join(f"A-{n},Thing\n" for n in range(count)))
    assert f"{words} being indexed; searches may take longer" in await text(client, "/products")


async def test_nothing_found(client, shop):
    await shop.run(ROWS)
    page = await text(client, "/products?sku=zzz")
    assert "Nothing found" in page
    assert 'data-action="delete-all"' not in page


async def test_markup_in_products_is_text(client, shop):
    await shop.run('sku,name\nX,"<script>alert(1)</script>"\n')
    page = await text(client, "/products?search=%22%3E%3Cb%3E")
    assert "<b>" not in page
    page = await text(client, "/products")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_a_product(client, shop):
    await shop.run("sku,name,description,Colour\nX,Cup,A cup,red\n")
    number = (await shop.products())["x"]["id"]
    page = await text(client, f"/products/{number}")
    for expected in ("Cup", "A cup", "Colour", "red", "import 1"):
        assert expected in page


async def test_a_form_without_scripts(client, shop):
    """What a browser sends that runs none."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("file", io.BytesIO(b"sku,name\nX,Cup\n"), filename="cups.csv", content_type="text/csv")
    chosen = {"duplicates": "first", "decimal": "comma", "max_errors": "", "parser": "csv"}
    chosen |= {"shop": "shopify", "sku_from": "SKU+Name"}
    for name, value in chosen.items():
        form.add_field(name, value)
    response = await client.post("/imports", data=form, headers=HTML, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/imports/1")
    importer = await shop.importer()
    await importer.imports.start(1)
    page = await text(client, "/imports/1")
    assert "cups.csv" in page
    assert "The first one counts" in page
    assert "Have a decimal comma" in page
    assert "Get one made of SKU + Name" in page


async def test_a_form_without_a_file_is_told_on_a_page(client):
    form = aiohttp.FormData([("blank", "keep")], default_to_multipart=True)
    response = await client.post("/imports", data=form, headers=HTML)
    assert response.status == 422
    assert "The form has no file." in await response.text()


async def test_rejected_rows_a_page_at_a_time(client, shop):
    await shop.run("sku,name,price\n" + "".join(f"A-{n},Thing,-1\n" for n in range(1, 61)))
    page = await text(client, "/imports/1")
    assert page.count("<summary>Cells") == 50
    following = re.search(r'href="(/imports/1\?after=50)#rejects"', page)[1]
    page = await text(client, following)
    assert page.count("<summary>Cells") == 10
    assert "A-60" in page
    assert "after=" not in page


async def test_earlier_imports(client, shop):
    importer = await shop.importer()
    path = shop.file("sku,name\n")
    ids = [await importer.imports.create(path) for _ in range(23)]
    page = await text(client, "/")
    assert re.findall(r'data-import="(\d+)"', page) == [str(number) for number in reversed(ids[13:])]
    assert '<a href="/imports">All imports</a>' in page


async def test_an_import_that_failed_and_is_tried_again(client, shop):
    importer = await shop.importer()
    options = ImportOptions(on_error="abort")
    await importer.imports.start(await shop.stored(importer, "sku,name,price\nA,Thing,x\n", options))
    assert "The import has failed." in await text(client, "/imports/1")
    response = await client.post("/imports/1/retry", headers=HTML, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/imports/1")
    assert 'data-status="queued"' in await text(client, "/imports/1")
    await client.post("/imports/1/cancel", headers=HTML)
    assert 'data-status="cancelled"' in await text(client, "/imports/1")


async def test_what_became_of_an_import_whose_file_no_worker_may_read(client, shop):
    """It is gone on with where it was begun, however it came to a stop."""
    importer = await shop.importer()
    report = await importer.run(shop.file("sku,name,price\nA,Thing,x\n"), ImportOptions(on_error="abort"))
    page = await text(client, f"/imports/{report.id}")
    assert f"product-importer import --resume {report.id}" in page
    assert "/retry" not in page

    await shop.connection.execute(
        "UPDATE imports SET status = 'running', phase = 'saving', finished_at = NULL, "
        "lease_expires_at = now() - interval '1 second'"
    )
    page = await text(client, f"/imports/{report.id}")
    assert 'data-status="running"' in page
    assert f"product-importer import --resume {report.id}" in page
    state = await importer.imports.state(report.id)
    assert (state.interrupted, state.eta_seconds, state.rows_per_second) == (True, None, None)


async def test_products_that_go_are_confirmed_by_typing_their_number(client, shop):
    importer = await shop.open(missing_share=5.0)
    await shop.run("sku,name\nX,Cup\nY,Pot\nZ,Mug\n")
    planned = await shop.stored(importer, "sku,name\nX,Cup\n", ImportOptions(missing="deactivate"))
    report = await importer.imports.start(planned)
    assert (report.status, report.state.to_confirm, report.deactivated) == (Status.PLANNED, 2, 2)
    page = await text(client, f"/imports/{planned}")
    assert "lacks 2 active products" in page
    assert 'name="confirm_missing"' in page
    path = f"/imports/{planned}/apply"
    refused = await client.post(path, data={"confirm_missing": "3"}, headers=HTML)
    assert refused.status == 409
    assert "Confirm this number" in await refused.text()
    response = await client.post(path, data={"confirm_missing": " 2"}, headers=HTML, allow_redirects=False)
    assert response.status == 303, await response.text()
    assert (await importer.imports.start(planned)).status is Status.COMPLETED
    products = await shop.products()
    assert {key for key, product in products.items() if product["active"]} == {"x"}


async def test_the_page_of_a_plan_is_filtered(client, shop):
    await shop.run("sku,name,price,Colour\nX,Cup,2,red\nY,Pot,3,\n")
    rows = "".join(f"N{n},New,1,\n" for n in range(60))
    planned = (await shop.run(f"sku,name,price,Colour\nX,Cup,9,<b>\nY,Pot,3.1,\n{rows}", dry_run=True)).id
    page = await text(client, f"/imports/{planned}")
    assert page.index(">X<") < page.index(">Y<") < page.index(">N0<")
    assert "+350 %, more than half" in page
    assert "&lt;b&gt;" in page
    following = html.unescape(re.search(r'href="([^"]*)" rel="next"', page)[1])
    assert ">N59<" in await text(client, following)
    assert ">N0<" not in await text(client, f"/imports/{planned}?kind=updated")
    assert "No change is like that" in await text(client, f"/imports/{planned}?sku=none&field=price")
    assert (await client.get(f"/imports/{planned}?field=none", headers=HTML)).status == 400
    await shop.connection.execute("DELETE FROM plan_chunks")  # as a dry run of an earlier version left it
    assert "Choose the file again" in await text(client, f"/imports/{planned}")


async def test_apply_a_preview_once(client, shop):
    importer = await shop.importer()
    planned = await shop.stored(importer, "sku,name\nX,Cup\n", ImportOptions(dry_run=True))
    await importer.imports.start(planned)
    assert f'action="/imports/{planned}/apply"' in await text(client, f"/imports/{planned}")
    for _ in range(2):
        response = await client.post(f"/imports/{planned}/apply", headers=HTML, allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (303, f"/imports/{planned}")
    assert (await importer.imports.start(planned)).created == 1
    done = await shop.run("sku,name\nX,Cup\n")
    response = await client.post(f"/imports/{done.id}/apply", headers=HTML)
    assert response.status == 409
    assert "nothing to apply" in await response.text()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "There is nothing at this address."),
        ("/imports/999", 404, "There is no import 999"),
        ("/products/999", 404, "There is no product 999"),
        ("/products?colour=red", 400, "There is no parameter &#39;colour&#39;"),
        ("/products?sort=colour", 400, "The parameter &#39;sort&#39; is &#39;colour&#39;"),
    ],
)
async def test_what_is_not_there_is_told_on_a_page(client, path, status, words):
    page = await text(client, path, status)
    assert words in page
    assert "Back to the start" in page


def test_addresses_leave_out_what_is_usual():
    state = State({"search": "a b", "sort": "name", "page": "4"})
    assert state.address(page=1) == "/products?search=a+b&sort=name"
    assert state.sorted_by("name") == "/products?search=a+b&sort=-name"
    assert State({"sort": "-name"}).sorted_by("name") == "/products?sort=name"
    assert State({}).sorted_by("sku") == "/products?sort=-sku"
    assert State({"active": "false"}).export() == "/api/v1/products.csv?active=false"


def test_how_numbers_look():
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert [ago(now - timedelta(seconds=s), now) for s in (-5, 59, 60, 7_200, 86_400 * 400)] == [
        "just now",
        "just now",
        "1 minute ago",
        "2 hours ago",
        "1 year ago",
    ]
    assert [size(n) for n in (0, 999, 1_000, 84_460_000, 1_500_000_000)] == [
        "0 bytes", "999 bytes", "1.0 kB", "84.5 MB", "1.5 GB",
    ]  # fmt: skip
    assert [duration(s) for s in (0.4, 59.4, 125, 7_260)] == ["0 s", "59 s", "2 min 5 s", "2 h 1 min"]
    assert grouped(1234567) == "1,234,567"
