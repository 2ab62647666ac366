"""What a planned import would change, and having that done, over HTTP."""

import csv
import io
import json
import re

import pytest

import product_importer_jsonlines
from product_importer.model import ImportOptions, Profile, Status
from product_importer_web.keys import IMPORTER

BEFORE = "sku,name,price,Colour\nA,Tea,10,green\nB,Cup,2,\n"
AFTER = "sku,name,price,Colour\nA,Tea,20,=1+1\nB,Cup,2.5,\nC,New,1,\n"


@pytest.fixture
async def planned(shop):
    await shop.run(BEFORE)
    return (await shop.run(AFTER, dry_run=True)).id


async def test_the_changes_of_a_plan(client, planned):
    path = f"/api/v1/imports/{planned}/changes"
    shown = await (await client.get(path)).json()

    assert (shown["total"], shown["next"], shown["place"]) == (3, None, "line")
    assert shown["summary"]["kinds"] == {"created": 1, "updated": 2}
    assert shown["summary"]["fields"] == {"price": 2, "attributes": 1}
    assert shown["summary"]["notable"] == {"price_moved": 1}
    assert shown["changes"][0]["changes"] == {
        "price": {"before": "10.00", "after": "20.00"},
        "attributes": {"before": {"Colour": "green"}, "after": {"Colour": "=1+1"}},
    }
    assert (shown["changes"][2]["kind"], shown["changes"][2]["product_id"]) == ("created", None)

    first = await (await client.get(f"{path}?field=price&sort=-size&limit=1")).json()
    assert ([each["sku"] for each in first["changes"]], first["total"]) == (["A"], 2)
    second = await (await client.get(first["next"])).json()
    assert ([each["sku"] for each in second["changes"]], second["next"]) == (["B"], None)


async def test_the_changes_as_a_file(client, planned):
    response = await client.get(f"/api/v1/imports/{planned}/changes.csv?kind=updated")

    assert response.headers["Content-Disposition"].endswith("changes.csv")
    rows = list(csv.reader(io.StringIO(await response.text())))
    assert rows[:2] == [
        ["sku", "kind", "line", "field", "before", "after"],
        ["A", "updated", "2", "price", "10.00", "20.00"],
    ]
    assert [row[0] for row in rows[1:]] == ["A", "A", "B"]


async def test_the_changes_in_the_format_of_a_plugin(make_app, aiohttp_client, planned):
    client = await aiohttp_client(await make_app(product_importer_jsonlines))
    path = f"/api/v1/imports/{planned}/changes"
    response = await client.get(f"{path}.jsonl?kind=updated")

    assert response.headers["Content-Disposition"].endswith("changes.jsonl")
    rows = [json.loads(line) for line in (await response.text()).splitlines()]
    assert rows[0] == {
        "sku": "A", "kind": "updated", "line": 2, "field": "price", "before": "10.00", "after": "20.00"
    }  # fmt: skip
    assert [row["sku"] for row in rows] == ["A", "A", "B"]
    assert rows[1]["after"] == '{"Colour": "=1+1"}'
    assert (await client.get(f"{path}.odt")).status == 404
    page = await (await client.get(f"/imports/{planned}", headers={"Accept": "text/html"})).text()
    assert f'href="{path}.jsonl?"' in page


async def test_losses_are_confirmed_before_a_plan_is_applied(client, shop):
    await shop.run("sku,name,price\n" + "".join(f"A-{n},Tea,1\n" for n in range(12)))
    for content, options, losses in (
        ("sku,name,price\nA-1,Tea,2\n", {}, None),
        ("sku,name,price\nA-1,Tea,\n", {"blank": "clear"}, None),
        (
            "sku,name,price\n" + "".join(f"A-{n},Tea,\n" for n in range(11)),
            {"blank": "clear", "missing": "delete"},
            "1 product is deleted, 11 products lose the value of Price",
        ),
        ("sku,name,active\nA-1,Tea,no\nA-2,Tea,no\n", {}, "2 products are deactivated"),
    ):
        number = (await shop.run(content, dry_run=True, **options)).id
        page = await (await client.get(f"/imports/{number}", headers={"Accept": "text/html"})).text()
        assert ('id="sure" required' in page) is (losses is not None)
        assert losses is None or f"It is right that {losses}" in page


async def test_how_a_file_is_read_is_remembered_when_its_plan_is_applied(client, shop, planned):
    importer = client.app[IMPORTER]
    await importer.profiles.save("Old", Profile(), new=True)
    for name, status, fault in (("Old", 409, "Old"), ("x" * 101, 422, "100")):
        response = await client.post(f"/imports/{planned}/apply", data={"remember": name})
        assert response.status == status
        assert fault in re.search(r'id="fault-remember"[^>]*>([^<]*)', await response.text())[1]
    assert (await importer.imports.state(planned)).status is Status.PLANNED

    response = await client.post(
        f"/imports/{planned}/apply", data={"remember": " Teas "}, allow_redirects=False
    )

    assert response.status == 303
    (stored,) = await importer.profiles.fitting(["sku", "name", "price", "Colour"])
    assert stored.name == "Teas"


async def test_a_plan_is_applied(client, shop, planned):
    path = f"/api/v1/imports/{planned}"
    response = await client.post(f"{path}/apply?atomic=true")
    assert response.status == 202
    shown = await response.json()
    assert (shown["status"], shown["options"]["dry_run"]) == ("queued", False)
    assert shown["applied_at"] is not None
    importer = await shop.importer()
    assert (await importer.imports.start(planned)).status is Status.COMPLETED
    assert [action.action for action in await importer.actions.recent()][:1] == ["import.applied"]

    again = await client.post(f"{path}/apply")
    assert (again.status, (await again.json())["code"]) == (409, "not_planned")


async def test_the_changes_of_an_import_that_has_ended(client, shop, planned):
    path = f"/api/v1/imports/{planned}/changes"
    plan = await (await client.get(path)).json()
    importer = await shop.importer()
    await importer.imports.apply(planned, hand_over=True)
    running = await client.get(path)
    assert (running.status, (await running.json())["code"]) == (409, "not_ended")
    await importer.imports.start(planned)

    shown = await (await client.get(f"{path}?sort=sku")).json()

    assert (shown["summary"], shown["total"]) == (plan["summary"], 3)
    assert [each["changes"] for each in shown["changes"]] == [each["changes"] for each in plan["changes"]]
    assert {each["line"] for each in shown["changes"]} == {None}
    assert {each["after_known"] for each in shown["changes"]} == {True}
    first = await (await client.get(f"{path}?field=price&sort=-size&limit=1")).json()
    assert ([each["sku"] for each in first["changes"]], first["total"]) == (["A"], 2)
    second = await (await client.get(first["next"])).json()
    assert ([each["sku"] for each in second["changes"]], second["next"]) == (["B"], None)
    file = await (await client.get(f"{path}.csv?sku=a")).text()
    assert list(csv.reader(io.StringIO(file)))[1:] == [
        ["A", "updated", "", "price", "10.00", "20.00"],
        ["A", "updated", "", "attributes", '{"Colour": "green"}', '{"Colour": "=1+1"}'],
    ]


async def test_what_the_log_does_not_know_is_told(client, shop, planned):
    importer = await shop.importer()
    await importer.imports.apply(planned)
    await importer.imports.start(planned)
    path = f"/api/v1/imports/{planned}/changes"
    await shop.connection.execute("DELETE FROM products")  # by another program

    shown = await (await client.get(path)).json()
    assert {each["after_known"] for each in shown["changes"]} == {False}
    file = list(csv.reader(io.StringIO(await (await client.get(f"{path}.csv")).text())))
    assert ["B", "updated", "", "price", "2.00", "(not known)"] in file
    assert ["C", "created", "", "", "", "(not known)"] in file
    assert "another program has deleted the product" in await (await client.get(f"/imports/{planned}")).text()

    await shop.connection.execute("UPDATE change_history SET since = now()")
    for address in (path, f"{path}.csv"):
        gone = await client.get(address)
        assert (gone.status, (await gone.json())["code"]) == (409, "history_gone")
    page = await (await client.get(f"/imports/{planned}")).text()
    assert f"are no longer known, so neither are those of import {planned}" in page


async def test_the_page_of_an_import_links_its_counts_to_its_products(client, shop):
    await shop.run(BEFORE)
    report = await shop.run(AFTER, missing="delete")

    page = await (await client.get(f"/imports/{report.id}")).text()

    assert "What has changed" in page
    assert f'<a href="/imports/{report.id}?kind=created#plan">1</a>' in page
    assert f'<a href="/imports/{report.id}?kind=updated#plan">2</a>' in page
    assert "+100 %, more than half" in page
    some = await (await client.get(f"/imports/{report.id}?kind=created")).text()
    product = (await shop.products())["c"]["id"]
    assert f'href="/products/{product}">C</a>' in some
    assert ">A</a>" not in some
    same = await shop.run(AFTER, missing="delete")
    assert "What has changed" not in await (await client.get(f"/imports/{same.id}")).text()


async def test_what_does_not_fit_is_refused(client, shop, planned):
    path = f"/api/v1/imports/{planned}"
    for query in ("kind=x", "sort=x", "limit=0", "limit=501", "after=-1", "notable=x", "other=1"):
        assert (await client.get(f"{path}/changes?{query}")).status == 400, query
    unknown = await client.get(f"{path}/changes?field=colour")
    assert (unknown.status, (await unknown.json())["code"]) == (400, "usage")
    assert (await client.get(f"{path}/changes.csv?field=colour")).status == 400
    assert (await client.post(f"{path}/apply?atomic=x")).status == 400
    assert (await client.get("/api/v1/imports/999/changes")).status == 404
    assert (await client.post("/api/v1/imports/999/apply")).status == 404


async def test_a_number_has_to_be_confirmed(client, shop):
    importer = await shop.open(missing_share=5.0)
    await shop.run(BEFORE)
    report = await importer.run(shop.file("sku,name\nA,Tea\n"), ImportOptions(missing="delete"))
    path = f"/api/v1/imports/{report.id}/apply"

    refused = await client.post(path)
    assert (refused.status, (await refused.json())["code"]) == (409, "not_confirmed")
    assert (await client.post(f"{path}?confirm_missing=1")).status == 202
