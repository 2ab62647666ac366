"""Undoing an import, a deletion or a change, and going back to a moment, over HTTP."""

from datetime import UTC, datetime

from product_importer.model import Status

BEFORE = "sku,name,price\nA,Tea,10\nB,Cup,2\n"
AFTER = "sku,name,price\nA,Tea,20\nB,Pot,2.5\nC,New,1\n"


async def test_an_undo_is_planned_and_applied(client, shop):
    await shop.run(BEFORE)
    before = await shop.catalogue()
    number = (await shop.run(AFTER)).id
    importer = await shop.importer()

    response = await client.post(f"/api/v1/imports/{number}/undo", json={"fields": ["price"]})
    shown = await response.json()
    assert (response.status, shown["status"]) == (202, "queued")
    assert response.headers["Location"] == f"/api/v1/imports/{shown['id']}"
    assert (await importer.imports.start(shown["id"])).status is Status.PLANNED
    changes = await (await client.get(f"/api/v1/imports/{shown['id']}/changes")).json()
    assert [each["changes"] for each in changes["changes"]] == [
        {"price": {"before": "20.00", "after": "10.00"}},
        {"price": {"before": "2.50", "after": "2.00"}},
    ]

    whole = await (await client.post(f"/api/v1/imports/{number}/undo", json={})).json()
    await importer.imports.start(whole["id"])
    await client.post(f"/api/v1/imports/{whole['id']}/apply")
    await importer.imports.start(whole["id"])

    assert await shop.catalogue() == before
    again = await client.post(f"/api/v1/imports/{number}/undo", json={})
    assert (again.status, (await again.json())["code"]) == (409, "already_undone")


async def test_the_way_back_to_a_moment_is_planned(client, shop):
    await shop.run(BEFORE)
    moment = datetime.now(UTC)
    await shop.run(AFTER)

    response = await client.post("/api/v1/restore", json={"to": moment.isoformat()})

    assert response.status == 202
    report = await (await shop.importer()).imports.start((await response.json())["id"])
    assert (report.status, report.updated, report.counts.deleted) == (Status.PLANNED, 2, 1)


async def test_what_does_not_fit_is_refused(client, shop):
    number = (await shop.run(BEFORE)).id
    for body in ({"fields": ["colour"]}, {"products": [1 << 70]}, {"skus": ["a\0"]}, {"products": []}):
        response = await client.post(f"/api/v1/imports/{number}/undo", json=body)
        assert (response.status, (await response.json())["type"]) >= (400, ""), body
        assert response.status < 500, body
    for moment in ("2999-01-01T00:00:00Z", "yesterday", "2026-01-01T00:00:00", 7):
        assert (await client.post("/api/v1/restore", json={"to": moment})).status in {400, 422}
    old = await client.post("/api/v1/restore", json={"to": "2000-01-01T00:00:00Z"})
    assert (old.status, (await old.json())["code"]) == (409, "history_gone")
    assert (await client.post("/api/v1/imports/999/undo", json={})).status == 404


async def test_deletions_are_undone(client, shop):
    await shop.run(BEFORE)
    before = await shop.catalogue()
    importer = await shop.importer()
    products = await shop.products()
    await client.post("/api/v1/products/delete", json={"ids": [products["a"]["id"]]})
    history = await (await client.get(f"/api/v1/products/{products['a']['id']}/history")).json()
    number = history["entries"][0]["number"]
    deletion = await importer.deletions.request(1, actor="user:1")
    early = await client.post(f"/api/v1/deletions/{deletion.id}/undo")
    assert (early.status, (await early.json())["code"]) == (409, "not_ended")
    await importer.deletions.run(deletion.id)

    for path in (f"/api/v1/changes/{number}/undo", f"/api/v1/deletions/{deletion.id}/undo"):
        response = await client.post(path)
        undo = await response.json()
        assert (response.status, undo["kind"]) == (202, "undo")
        await importer.imports.start(undo["id"])
        await client.post(f"/api/v1/imports/{undo['id']}/apply")
        await importer.imports.start(undo["id"])

    assert await shop.catalogue() == before
    assert (await client.post("/api/v1/deletions/999/undo")).status == 404
    unknown = await client.post("/api/v1/changes/999999/undo")
    assert (unknown.status, (await unknown.json())["code"]) == (409, "history_gone")
