"""``/api/v1/imports``: history, rejected rows, cancel and retry."""

import csv
import io
import json

import pytest
from working import ended, working

import product_importer_jsonlines
from product_importer.delimited.rejects_file import rejects_csv
from product_importer.model import ImportOptions, Status
from product_importer_web.keys import IMPORTER

REJECTS = 1_700


@pytest.fixture
def importer(client):
    return client.app[IMPORTER]


async def problem(response):
    return response.status, (await response.json(content_type="application/problem+json"))["code"]


@pytest.fixture
async def with_rejects(shop, importer):
    rows = "".join(f"BAD-{n},Tea {n},1.2.3\n" for n in range(REJECTS))
    return await importer.run(shop.file(f"sku,name,price\nA,Tea,1\n{rows}", "list ü.csv"))


async def test_no_imports_yet(client):
    response = await client.get("/api/v1/imports")
    assert await response.json() == {"imports": [], "next": None}


async def test_history_page_by_page(client, shop, importer):
    numbers = [(await importer.run(shop.file(f"sku,name\n{n},Tea\n"))).id for n in range(5)]
    seen = []
    path = "/api/v1/imports?limit=2"
    while path:
        page = await (await client.get(path)).json()
        seen += [each["id"] for each in page["imports"]]
        path = page["next"]
    assert seen == numbers[::-1]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "before=-1", "page=2", "limit=1&limit=2"]
)
async def test_what_can_not_be_listed(client, query):
    assert await problem(await client.get(f"/api/v1/imports?{query}")) == (400, "usage")


async def test_one_import(client, with_rejects):
    found = await (await client.get(f"/api/v1/imports/{with_rejects.id}")).json()
    assert found["status"] == "completed"
    assert found["percent"] == 100
    sums = ("created", "updated", "unchanged", "duplicate", "invalid", "skipped")
    assert found["read"] == sum(found[name] for name in sums) == REJECTS + 1
    for name in ("self", "rejects", "rejects.csv"):
        assert (await client.get(found["links"][name])).status == 200


@pytest.mark.parametrize("path", ["1", "1/rejects", "1/rejects.csv", "1/events"])
async def test_unknown_imports(client, path):
    assert await problem(await client.get(f"/api/v1/imports/{path}")) == (404, "import_not_found")


@pytest.mark.parametrize("name", ["0", "-1", "x", "9" * 30])
async def test_what_is_no_id_is_no_address(client, name):
    assert await problem(await client.get(f"/api/v1/imports/{name}")) == (404, "not_found")


@pytest.mark.parametrize("path", ["rejects", "rejects.json"])
async def test_rejects_as_json(client, with_rejects, path):
    response = await client.get(f"/api/v1/imports/{with_rejects.id}/{path}")
    assert response.content_type == "application/json"
    rejects = (await response.json())["rejects"]
    assert [row["line"] for row in rejects] == list(range(3, REJECTS + 3))
    assert rejects[0]["cells"] == ["BAD-0", "Tea 0", "1.2.3"]
    assert rejects[0]["code"] == rejects[0]["errors"][0]["code"]


async def test_no_rejects(client, shop, importer):
    report = await importer.run(shop.file("sku,name\nA,Tea\n"))
    response = await client.get(f"/api/v1/imports/{report.id}/rejects")
    assert await response.json() == {"place": "line", "rejects": []}


async def test_rejects_as_csv_are_what_the_command_line_writes(client, importer, with_rejects):
    response = await client.get(f"/api/v1/imports/{with_rejects.id}/rejects.csv")
    assert response.content_type == "text/csv"
    assert "filename*=UTF-8''list%20%C3%BC%20rejected.csv" in response.headers["Content-Disposition"]
    text = await response.text()
    pages = rejects_csv(with_rejects.state, importer.imports.rejects(with_rejects.id))
    assert text == "".join([page async for page in pages])
    assert len(list(csv.reader(io.StringIO(text)))) == REJECTS + 1


async def test_head_of_a_stream(client, with_rejects):
    response = await client.head(f"/api/v1/imports/{with_rejects.id}/rejects.csv")
    assert response.status == 200
    assert await response.read() == b""


async def test_cancel_one_that_waits(client, shop, importer):
    import_id = await shop.stored(importer, "sku,name\nA,Tea\n")
    await importer.imports.hand_over(import_id)
    response = await client.post(f"/api/v1/imports/{import_id}/cancel")
    assert (response.status, (await response.json())["status"]) == (200, "cancelled")


async def test_cancel_one_that_has_ended(client, with_rejects):
    response = await client.post(f"/api/v1/imports/{with_rejects.id}/cancel")
    assert (response.status, (await response.json())["status"]) == (200, "completed")


async def test_retry_goes_on(client, shop, importer, queues):
    import_id = await shop.stored(importer, "sku,name\nA,Tea\n")
    (path,) = (shop.folder / "data/imports").glob("*/products.csv")
    content = path.read_bytes()
    path.unlink()
    assert (await importer.imports.start(import_id)).status is Status.FAILED
    path.write_bytes(content)

    response = await client.post(f"/api/v1/imports/{import_id}/retry")

    assert (response.status, (await response.json())["status"]) == (202, "queued")
    async with working(importer, queues):
        assert (await ended(importer, import_id)).status is Status.COMPLETED
    assert await problem(await client.post(f"/api/v1/imports/{import_id}/retry")) == (409, "import_ended")


async def test_who_cancels_and_retries_over_http_is_kept(client, shop, importer):
    import_id = await shop.stored(importer, "sku,name\nA,Tea\n")
    for address in ("/api/v1/imports", "/imports"):
        for what in ("cancel", "retry"):
            await client.post(f"{address}/{import_id}/{what}", allow_redirects=False)

    actions = await importer.actions.recent(subject=f"import:{import_id}")
    assert [(each.actor, each.action) for each in actions] == [
        ("web", "import.handed_over"),
        ("web", "import.cancelled"),
    ] * 2


async def test_an_import_of_a_path_is_not_left_to_workers(client, shop, importer):
    """They may be allowed to read files that whoever asks may not."""
    import_id = await importer.imports.create(shop.file("sku,name\nA,Tea\n"))
    await importer.imports.cancel(import_id)
    response = await client.post(f"/api/v1/imports/{import_id}/retry")
    assert await problem(response) == (422, "outside_storage")
    assert (await importer.imports.resume(import_id)).status is Status.COMPLETED


async def test_a_dry_run_can_not_be_retried(client, shop, importer):
    report = await importer.run(shop.file("sku,name\nA,Tea\n"), ImportOptions(dry_run=True))
    assert await problem(await client.post(f"/api/v1/imports/{report.id}/retry")) == (409, "import_ended")


@pytest.mark.parametrize("path", ["cancel", "retry"])
async def test_other_sites_can_do_nothing_about_imports(client, with_rejects, path):
    response = await client.post(
        f"/api/v1/imports/{with_rejects.id}/{path}", headers={"Origin": "https://elsewhere.example"}
    )
    assert await problem(response) == (403, "foreign_origin")


async def test_rejects_in_a_format_that_no_plugin_writes(client, with_rejects):
    response = await client.get(f"/api/v1/imports/{with_rejects.id}/rejects.docx")
    assert await problem(response) == (404, "not_found")


async def test_rejects_come_in_the_format_of_the_file(make_app, aiohttp_client, shop):
    client = await aiohttp_client(await make_app(product_importer_jsonlines))
    file = shop.file('[{"sku": "A", "name": "Tea"}, {"name": "Cup"}]', "list.json")
    report = await client.app[IMPORTER].run(file)
    path = f"/api/v1/imports/{report.id}"

    response = await client.get(f"{path}/rejects.jsonl")
    assert response.content_type == "application/jsonl"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''list%20rejected.jsonl"
    row = json.loads(await response.text())
    assert "sku" not in row, "the record has no such name"
    assert (row["name"], row["item"], row["code"]) == ("Cup", 2, "sku_missing")
    assert (await (await client.get(f"{path}/rejects")).json())["place"] == "item"
    assert (await (await client.get(f"{path}/warnings")).json())["place"] == "item"
    assert (await (await client.get(f"{path}/warnings.csv")).text()).startswith("code,item,record,")

    page = await (await client.get(f"/imports/{report.id}")).text()
    assert page.index("rejects.jsonl") < page.index("rejects.csv")
    assert '<th scope="col" class="num">Item</th>' in page
    assert '<th scope="col">Cells</th>' in page
    products = await (await client.get("/products")).text()
    assert '<option value="jsonl">JSON Lines</option>' in products
