"""What a planned import would change, and having that done, over HTTP."""

import csv
import io

import pytest

from product_importer.model import ImportOptions, Status

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
    gone = await client.get(f"{path}/changes")
    assert (gone.status, (await gone.json())["code"]) == (409, "no_plan")


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
