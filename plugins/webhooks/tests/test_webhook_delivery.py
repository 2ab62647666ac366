"""From a change to the receiver."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from receiver import receiving, until

from product_importer.product import ProductDraft
from product_importer.testing import sample_events


def recent():
    """Events that happened just now."""
    return replace(sample_events(), timestamp=datetime.now(UTC))


def catalogue(folder, rows, name="catalogue.csv"):
    path = folder / name
    path.write_text("sku,name\n" + "".join(f"S{n},Name {n}\n" for n in range(rows)))
    return path


async def test_an_import_is_told_in_batches(importer, hooks, receiver, tmp_path):
    endpoint = await hooks.add(receiver)
    await importer.run(catalogue(tmp_path, 1_050))

    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 1_051, "all events came")

    assert all(document["type"] == "batch" for document in receiver.documents)
    assert max(len(document["events"]) for document in receiver.documents) == 100
    assert len(receiver.documents) in (11, 12)
    assert max(len(body) for _, body in receiver.requests) <= 256_000
    assert {event["data"].get("sku") for event in receiver.events} == {None, *(f"S{n}" for n in range(1_050))}
    assert len({event["id"] for event in receiver.events}) == 1_051
    assert len(set(receiver.ids)) == len(receiver.ids)
    assert await hooks.states(endpoint) == {"delivered": len(receiver.ids)}


async def test_without_an_endpoint_nothing_is_kept(importer, hooks, receiver):
    async def kept():
        return (await hooks.execute("SELECT count(*) AS rows FROM outbox"))[0]["rows"]

    await importer.catalogue.create(ProductDraft(sku="A", name="Tea"), actor="user:1")
    assert await kept() == 0

    endpoint = await hooks.add(receiver, enabled=False)
    await importer.catalogue.create(ProductDraft(sku="B", name="Tea"), actor="user:1")
    assert await kept() == 1

    await hooks.endpoints.delete(endpoint.id, actor="user:1")
    await importer.catalogue.create(ProductDraft(sku="C", name="Tea"), actor="user:1")
    assert await kept() == 1


async def test_a_single_change_is_told_one_by_one(importer, hooks, receiver):
    await hooks.add(receiver, mode="single", headers={"Authorization": "Bearer x"})
    async with hooks.relaying():
        product = await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
        await until(lambda: receiver.requests, "it came")

    ((headers, body),) = receiver.requests
    event = json.loads(body)
    assert event["type"] == "product.created"
    assert event["actor"] == "user:1"
    assert event["data"] == {"product_id": product.id, "sku": "T", "import_id": None}
    assert headers["Authorization"] == "Bearer x"
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"].startswith("msg_")


async def test_small_changes_share_a_request(importer, hooks, receiver):
    await hooks.add(receiver)
    for n in range(30):
        await importer.catalogue.create(ProductDraft(sku=f"T{n}", name="Tea"), actor="user:1")

    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 30, "all came")

    assert len(receiver.requests) < 10
    assert [event["data"]["sku"] for event in receiver.events] == [f"T{n}" for n in range(30)]


async def test_only_what_is_wanted_is_sent(importer, hooks, receiver, tmp_path):
    await hooks.add(receiver, events=("product.created", "product.deleted"), sku_prefix="S1")
    async with receiving() as other:
        await hooks.add(other, mode="summary")
        report = await importer.run(catalogue(tmp_path, 30))
        async with hooks.relaying():
            await until(lambda: len(receiver.events) == 11 and other.requests, "all came")

    assert {event["data"]["sku"] for event in receiver.events} == {"S1", *(f"S1{n}" for n in range(10))}
    (summary,) = other.documents
    assert summary["type"] == "import.completed"
    assert summary["data"]["created"] == 30
    assert summary["changes"] == f"/api/v1/webhooks/changes?import_id={report.id}"


async def test_what_imports_change_and_what_others_change_can_be_told_apart(
    importer, hooks, receiver, tmp_path
):
    async with receiving() as other:
        await hooks.add(receiver, source="imports")
        await hooks.add(other, source="edits")
        report = await importer.run(catalogue(tmp_path, 3))
        product = await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
        await importer.catalogue.delete(product.id, product.version, actor="token:2")
        async with hooks.relaying():
            await until(lambda: len(receiver.events) == 4 and len(other.events) == 2, "all came")

    assert {event["actor"] for event in receiver.events} == {f"import:{report.id}"}
    assert [event["type"] for event in receiver.events][-1] == "import.completed"
    assert [(event["type"], event["actor"]) for event in other.events] == [
        ("product.created", "user:1"),
        ("product.deleted", "token:2"),
    ]


async def test_what_was_made_under_other_settings_shares_no_request(importer, hooks, receiver):
    """Small deliveries become one, but only those that were cut from their events in the same way."""
    endpoint = await hooks.add(receiver)
    for number, values in enumerate(({}, {"sku_prefix": "TEA-2"}, {"mode": "single"}, {})):
        await hooks.endpoints.change(endpoint.id, replace(endpoint.draft, **values), actor="user:1")
        await hooks.queue.put(replace(recent(), id=f"batch-{number}"))
    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 7, "all came")

    assert sorted(event["id"] for event in receiver.events) == sorted(
        ["batch-0-0", "batch-0-1", "batch-1-1", "batch-2-0", "batch-2-1", "batch-3-0", "batch-3-1"]
    )
    assert [document["type"] for document in receiver.documents].count("batch") == 3


async def test_a_batch_that_comes_twice_is_sent_once(importer, hooks, receiver, tmp_path):
    endpoint = await hooks.add(receiver)

    batch = recent()
    assert await hooks.queue.put(batch) == 1
    assert await hooks.queue.put(batch) == 0
    assert await hooks.states(endpoint) == {"waiting": 1}


async def test_a_deleted_endpoint_gets_nothing_more(importer, hooks, receiver):
    endpoint = await hooks.add(receiver)
    await hooks.queue.put(recent())
    await hooks.endpoints.delete(endpoint.id, actor="user:1")

    async with receiving() as other:
        await hooks.add(other)
        async with hooks.relaying():
            await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
            await until(lambda: other.requests, "the other got something")

    assert receiver.requests == []
    assert await hooks.states(endpoint) == {"cancelled": 1}
