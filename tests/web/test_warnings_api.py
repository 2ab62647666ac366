"""Warnings over HTTP and on the import's page."""

import csv
import io

import pytest

from product_importer_web.keys import IMPORTER

DAMAGED = "sku,name,size\nA,MÃ¼sli,\n" + "".join(f"S{n},Cup {n},NULL\n" for n in range(20)) + "a,Tea,\n"
COUNTS = {"decoded_twice": 1, "null_word": 20, "duplicate_left_out": 1}


@pytest.fixture
async def report(client, shop):
    return await client.app[IMPORTER].run(shop.file(DAMAGED, "list.csv"))


async def test_an_import_counts_its_warnings(client, report):
    found = await (await client.get(f"/api/v1/imports/{report.id}")).json()

    assert found["warnings"] == COUNTS
    assert found["links"]["warnings"] == f"/api/v1/imports/{report.id}/warnings"


@pytest.mark.parametrize("name", ["warnings", "warnings.json"])
async def test_warnings_page_by_page(client, report, name):
    path, seen, pages = f"/api/v1/imports/{report.id}/{name}?limit=7", [], 0
    while path:
        page = await (await client.get(path)).json()
        assert page["counts"] == COUNTS
        seen += page["warnings"]
        path, pages = page["next"], pages + 1

    assert pages == 4
    assert [warning["number"] for warning in seen] == list(range(1, 23))
    assert (seen[0]["code"], seen[0]["line"], seen[0]["column"], seen[0]["value"]) == (
        "decoded_twice", 2, "name", "MÃ¼sli"
    )  # fmt: skip


async def test_warnings_of_one_code(client, report):
    path = f"/api/v1/imports/{report.id}/warnings?code=null_word&limit=15"
    first = await (await client.get(path)).json()
    rest = await (await client.get(first["next"])).json()

    assert (len(first["warnings"]), len(rest["warnings"]), rest["next"]) == (15, 5, None)
    assert {each["code"] for each in first["warnings"] + rest["warnings"]} == {"null_word"}


async def test_warnings_as_csv(client, report):
    response = await client.get(f"/api/v1/imports/{report.id}/warnings.csv")

    assert response.content_type == "text/csv"
    assert "list%20warnings.csv" in response.headers["Content-Disposition"]
    header, *rows = csv.reader(io.StringIO(await response.text()))
    assert header == ["code", "line", "record", "column", "value", "message"]
    assert len(rows) == 22


async def test_no_formula_stands_in_the_csv(client, shop):
    report = await client.app[IMPORTER].run(shop.file("sku,name\n'=1+1,Tea\n'=1+1,Cup\n"))
    response = await client.get(f"/api/v1/imports/{report.id}/warnings.csv")

    _, row = csv.reader(io.StringIO(await response.text()))
    assert (row[0], row[4]) == ("duplicate_left_out", "'=1+1")


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=0", 400), ("limit=1001", 400), ("after=-1", 400), ("page=2", 400), ("after=99", 200)],
)
async def test_what_can_not_be_asked_for(client, report, query, status):
    assert (await client.get(f"/api/v1/imports/{report.id}/warnings?{query}")).status == status


async def test_warnings_of_no_import(client):
    assert (await client.get("/api/v1/imports/7/warnings")).status == 404
    assert (await client.get("/api/v1/imports/7/warnings.csv")).status == 404


async def test_the_page_groups_them_by_code(client, report):
    page = await (await client.get(f"/imports/{report.id}")).text()

    assert "null word: 20" in page
    assert "<q>MÃ¼sli</q>" in page
    assert f'href="/api/v1/imports/{report.id}/warnings?code=null_word"' in page
    assert "line 23, which has the same SKU" in page


async def test_a_page_without_warnings(client, shop):
    report = await client.app[IMPORTER].run(shop.file("sku,name\nA,Tea\n"))

    assert "warnings-title" not in await (await client.get(f"/imports/{report.id}")).text()


async def test_an_import_over_http_may_be_aborted_for_a_warning(client, shop):
    response = await client.post(
        "/api/v1/imports?on_warning=never", data=DAMAGED, headers={"Content-Type": "text/csv"}
    )
    problem = await response.json(content_type="application/problem+json")

    assert (response.status, problem["errors"][0]["code"]) == (422, "wrong_value")
    assert "keep or abort" in problem["detail"]
