"""The page and the API of the audit log."""

import re

import pytest

from product_importer_web.keys import IMPORTER

PATH = "/api/v1/audit"


@pytest.fixture
def importer(client):
    return client.app[IMPORTER]


@pytest.fixture
async def acts(importer):
    await importer.run(b"sku,name\nA,Apple\nB,Banana\n", filename="a.csv", actor="user:1")
    await importer.run(b"sku,name\nA,Apple\n", filename="b.csv", actor="=user:2")


async def test_the_api(client, acts):
    whole = await (await client.get(PATH)).json()
    assert [(each["actor"], each["action"], each["products"]) for each in whole["entries"]] == [
        ("=user:2", "import.begun", None),
        ("import:1", "products.created", 2),
        ("user:1", "import.begun", None),
    ]
    assert [each["author"] for each in whole["entries"]] == [None, "user:1", None]
    assert whole["next"] is None
    seen, path = [], f"{PATH}?limit=1&action=import.begun&since=2020-01-01T00:00:00Z"
    while path:
        page = await (await client.get(path)).json()
        seen += [each["subject"] for each in page["entries"]]
        path = page["next"]
    assert seen == ["import:2", "import:1"]


@pytest.mark.parametrize(
    "query", ["before=1", "since=yesterday", "limit=0", "who=1", "since=2020-01-01T00:00:00"]
)
async def test_what_can_not_be_asked(client, query):
    response = await client.get(f"{PATH}?{query}")
    assert (response.status, (await response.json())["code"]) == (400, "usage")


async def test_the_file(client, acts):
    response = await client.get(f"{PATH}.csv?subject=import:1")
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''audit.csv"
    lines = (await response.text()).splitlines()
    assert lines[0] == "at,actor,action,subject,products,author"
    assert [line.split(",", 1)[1] for line in lines[1:]] == [
        "import:1,products.created,import:1,2,user:1", "user:1,import.begun,import:1,,"
    ]  # fmt: skip
    marked = (await (await client.get(f"{PATH}.csv?subject=import:2")).text()).splitlines()[1]
    assert ",'=user:2," in marked, "a spreadsheet takes it for no formula"


async def text(client, path, status=200):
    response = await client.get(path, headers={"Accept": "text/html"})
    assert response.status == status
    return await response.text()


async def test_the_page(client, acts):
    page = await text(client, "/audit")
    assert re.findall(r"<span class=\"text-nowrap\">((?:import|products)\.\w+)</span>", page) == [
        "import.begun", "products.created", "import.begun"
    ]  # fmt: skip
    assert '<a href="/imports/1">import 1</a>, begun by user 1' in page
    page = await text(client, "/audit?action=products.created&first=2020-01-01&last=9999-12-31")
    assert page.count(">products.created</span>") == 1
    assert "/api/v1/audit.csv?action=products.created&amp;since=2020-01-01T00%3A00%3A00%2B00%3A00" in page
    assert "Nothing is like that" in await text(client, "/audit?last=2020-01-01")
    await text(client, "/audit?first=today", 400)


async def test_nothing_yet(client):
    assert "Nothing has happened yet" in await text(client, "/audit")
