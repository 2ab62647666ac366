"""The page and the API that list imports; files of imports, and imports that are run again and compared."""

import re
from dataclasses import replace

import pytest

from product_importer.model import ImportOptions, Profile
from product_importer_web.api.given_options import given_options
from product_importer_web.api.options import options_of_json
from product_importer_web.keys import IMPORTER

PATH = "/api/v1/imports"
CSV = "sku,name,price\n" + "".join(f"A-{n},Thing,1\n" for n in range(30))


@pytest.fixture
def importer(client):
    return client.app[IMPORTER]


@pytest.fixture
async def kept(importer):
    """Two imports of one supplier, whose files are kept; the second one lacks a column."""
    for content in (CSV, CSV.replace(",price", "").replace(",1", "")):
        await importer.run(content.encode(), filename="list ü.csv", actor="user:1")


async def text(client, path, status=200):
    response = await client.get(path, headers={"Accept": "text/html"})
    page = await response.text()
    assert response.status == status, page
    return page


def listed(page):
    return [int(number) for number in re.findall(r'<tr data-import="(\d+)"', page)]


async def test_the_list_is_filtered_and_paged(client, shop, importer, kept):
    assert "There are no imports yet" not in await text(client, "/imports")
    options = ImportOptions(profile_name="Supplier A & B", dry_run=True)
    await importer.run(shop.file(CSV, "other.csv"), options, actor="user:2")

    assert listed(await text(client, "/imports")) == [3, 2, 1]
    assert listed(await text(client, "/imports?before=3")) == [2, 1]
    assert listed(await text(client, "/imports?status=planned")) == [3]
    assert listed(await text(client, "/imports?author=user%3A1&filename=LIST")) == [2, 1]
    page = await text(client, "/imports?profile=Supplier+A+%26+B")
    assert listed(page) == [3]
    assert '<option value="Supplier A &amp; B" selected>' in page
    assert "No import is like that" in await text(client, "/imports?author=nobody")
    assert "status" in await text(client, "/imports?status=lost", 400)


async def test_without_imports(client):
    assert "There are no imports yet" in await text(client, "/imports")


async def test_the_api_lists_what_is_asked_for(client, shop, importer, kept):
    await importer.run(shop.file(CSV, "other.csv"), actor="user:2")
    seen, path = [], f"{PATH}?limit=1&author=user:1&filename=list ü"
    while path:
        page = await (await client.get(path)).json()
        seen += [(each["id"], each["file_kept"]) for each in page["imports"]]
        path = page["next"]
    assert seen == [(2, True), (1, True)]


async def test_a_file_is_downloaded_as_it_came(client, importer, kept):
    response = await client.get(f"{PATH}/1/file")
    assert (response.status, response.content_type) == (200, "application/octet-stream")
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''list%20%C3%BC.csv"
    assert await response.text() == CSV
    assert (await client.head(f"{PATH}/1/file")).status == 200
    assert f'href="{PATH}/1/file" download' in await text(client, "/imports/1")


async def test_a_file_that_is_not_kept(client, shop, importer):
    await importer.run(shop.file(CSV, "own.csv"))
    for method, path in (("GET", f"{PATH}/1/file"), ("POST", f"{PATH}/1/again")):
        response = await client.request(method, path)
        problem = await response.json()
        assert (response.status, problem["code"]) == (410, "file_not_kept")
        assert problem["detail"].startswith("The file own.csv of import 1 isn't kept here")
    page = await text(client, "/imports/1")
    assert "Run again" not in page
    assert "Download the file" not in page
    answer = await client.post("/imports/1/again", headers={"Accept": "text/html"})
    assert answer.status == 410
    assert "isn&#39;t kept here, or not any more" in await answer.text()


async def test_an_import_is_run_again(client, importer, kept):
    response = await client.post(f"{PATH}/1/again")
    new = await response.json()
    assert (response.status, response.headers["Location"]) == (202, f"{PATH}/3")
    assert (new["id"], new["status"], new["filename"]) == (3, "queued", "list ü.csv")
    response = await client.post(f"{PATH}/3/again")
    assert (response.status, (await response.json())["code"]) == (409, "not_ended")
    assert (await client.post(f"{PATH}/99/again")).status == 404


async def test_the_page_asks_before_an_import_is_run_again(client, importer, kept):
    assert 'href="/imports/1/again"' in await text(client, "/imports/1")
    page = await text(client, "/imports/1/again")
    assert "Run the import of list ü.csv again?" in page
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    for _ in range(2):  # the button was pressed twice
        response = await client.post("/imports/1/again", data={"once": once}, allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (303, "/imports/3")
    other = await client.post("/imports/1/again", allow_redirects=False)
    assert other.headers["Location"] == "/imports/4"


async def test_a_file_is_an_upload_again_with_the_options_of_its_import(client, importer):
    given = {
        "mode": "update", "only": ["price"], "max_errors": 3, "null": ["-", "N/A"], "decimal": "comma",
        "map": {"Preis": "price"}, "rule": {"Preis": "EUR"}, "transform": ["Preis=trim"], "max_row": 5000,
        "set": {"header_line": "1"}, "delimiter": ";", "sku_from": "Artikel",
    }  # fmt: skip
    options = await options_of_json(importer, {**given, "dry_run": True, "confirm_missing": 4}, ())
    content = b"Artikel;sku;name;Preis\nA;A-1;Tea;4,50\n"
    number = (await importer.run(content, options, filename="list ü.csv")).id

    response = await client.post(f"{PATH}/{number}/upload")

    upload = await response.json()
    assert (response.status, response.headers["Location"]) == (201, f"/api/v1/uploads/{upload['id']}")
    assert (upload["filename"], upload["complete"]) == ("list ü.csv", True)
    again = await options_of_json(importer, upload["options"], ())
    assert again == replace(options, dry_run=False, confirm_missing=None)
    page = await text(client, f"/imports/{number}/again")
    assert "Its preview is discarded as soon as the next one begins" in page
    response = await client.post(f"{PATH}/99/upload")
    assert response.status == 404


async def test_options_that_a_profile_has_otherwise_are_given(importer):
    profile = Profile(blank="clear", map={"Preis": "price"})
    await importer.profiles.save("Supplier", profile, header=["Preis"], new=True)
    options = await options_of_json(importer, {"profile": "Supplier", "blank": "keep"}, ())
    again = await options_of_json(importer, given_options(options), ())
    assert (again, again.blank, again.profile_name) == (options, "keep", "Supplier")


async def test_an_import_is_compared(client, importer, kept):
    compared = (await (await client.get(f"{PATH}/2/comparison")).json())["comparison"]
    assert (compared["import"], compared["before"], compared["alike"]) == (2, 1, "filename")
    assert compared["columns_gone"] == ["price"]
    assert compared["unusual"]
    assert compared["figures"][0] == {
        "name": "read", "value": 30, "before": 30, "unusual": False, "change": 0.0
    }  # fmt: skip
    assert (await (await client.get(f"{PATH}/1/comparison")).json()) == {"comparison": None}
    assert (await client.get(f"{PATH}/2/comparison?before=99")).status == 404

    page = await text(client, "/imports/2")
    assert "something is unusual" in page
    assert '<a href="/imports/1">Import 1</a>' in page
    assert "Compared with" not in await text(client, "/imports/1")


async def test_the_name_of_the_profile_is_kept_with_the_import(client, importer):
    stored = {"profile": {"version": 1, "map": {"Nr": "sku", "Title": "name"}}}
    assert (await client.put("/api/v1/profiles/Supplier A", json=stored)).status in (200, 201)
    response = await client.post(f"{PATH}?filename=a.csv&profile=Supplier A", data=b"Nr,Title\nA,Tea\n")
    made = await response.json()
    assert made["options"]["profile_name"] == "Supplier A"
    assert listed(await text(client, "/imports?profile=Supplier+A")) == [made["id"]]
