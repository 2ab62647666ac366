"""Endpoints that ask for it get the values of products, each as it asked."""

import json
from functools import partial

import pytest
from receiver import receiving, until

from product_importer.product import ProductDraft
from product_importer_webhooks.detail import MOST_BYTES

ME = "user:1"


def told(receiver, kind):
    return [event["data"] for event in receiver.events if event["type"] == f"product.{kind}"]


async def test_each_endpoint_gets_what_it_asked_for(importer, hooks):
    async with receiving() as plain, receiving() as changed, receiving() as full:
        receivers = {"none": plain, "changed": changed, "full": full}
        endpoints = [await hooks.add(each, values=values) for values, each in receivers.items()]
        tea = await importer.catalogue.create(
            ProductDraft("T", "Tea", price="4.50", attributes={"origin": "Assam"}), actor=ME
        )
        await importer.catalogue.change(tea.id, tea.version, {"price": "4.95"}, actor=ME)
        await importer.catalogue.delete_selected([tea.id], actor=ME)

        async with hooks.relaying():
            for endpoint, receiver in zip(endpoints, receivers.values(), strict=True):
                await until(lambda one=receiver: len(one.events) == 3, "all came")
                await until(partial(hooks.all_delivered, endpoint), "it is noted")

    plain_update = {"product_id": tea.id, "sku": "T", "import_id": None, "changed": ["price"]}
    update = plain_update | {"values": {"price": {"before": "4.50", "after": "4.95"}}}
    first = {
        "sku": "T", "name": "Tea", "description": None, "price": "4.50", "active": True,
        "attributes": {"origin": "Assam"}, "barcode": None, "stock": None,
    }  # fmt: skip
    second = first | {"price": "4.95"}
    bare = {"product_id": tea.id, "sku": "T", "import_id": None}
    assert told(plain, "updated") == [plain_update]
    assert told(changed, "updated") == [update]
    assert told(full, "updated") == [update | {"product": second}]
    assert told(plain, "created") == told(changed, "created") == [bare]
    assert told(full, "created") == [bare | {"product": first}]
    assert told(changed, "deleted") == [bare]
    assert told(full, "deleted") == [bare | {"product": second}]


async def test_bodies_stay_below_the_limit_however_large_the_values(importer, hooks, receiver, tmp_path):
    endpoint = await hooks.add(receiver, values="full", concurrency=1)
    path = tmp_path / "large.csv"
    # 30 descriptions of 20 kB fit a dozen a request; the last one, in 3 bytes a letter, fits none.
    rows = [f"S{n:03},Tea,{chr(97 + n % 26) * 20_000}" for n in range(30)]
    path.write_text("\n".join(["sku,name,description", *rows, f"LARGE,Tea,{'茶' * 60_000}"]))
    await importer.run(path)
    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 32, "all came")
        await until(partial(hooks.all_delivered, endpoint), "it is noted")

    assert max(len(body) for _, body in receiver.requests) <= MOST_BYTES
    assert len(receiver.requests) <= 6
    products = {data["sku"]: data["product"] for data in told(receiver, "created")}
    assert products.pop("LARGE") is None
    assert {len(product["description"]) for product in products.values()} == {20_000}
    assert len({event["id"] for event in receiver.events}) == 32


async def test_small_deliveries_share_a_request_only_while_it_stays_small(importer, hooks, receiver):
    await hooks.add(receiver, values="full")
    for n in range(6):
        await importer.catalogue.create(ProductDraft(f"S{n}", "Tea", description="x" * 90_000), actor=ME)
    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 6, "all came")

    assert max(len(body) for _, body in receiver.requests) <= MOST_BYTES
    assert {len(data["product"]["description"]) for data in told(receiver, "created")} == {90_000}


async def test_a_delivery_keeps_its_body_when_the_setting_changes(importer, hooks, receiver, client):
    endpoint = await hooks.add(receiver, values="changed", enabled=False)
    tea = await importer.catalogue.create(ProductDraft("T", "Tea", price="1"), actor=ME)
    await importer.catalogue.change(tea.id, tea.version, {"price": "2"}, actor=ME)
    await importer.sinks.relay_once()

    changed = await client.patch(f"/api/v1/webhooks/{endpoint.id}", json={"values": "none", "enabled": True})
    assert (await changed.json())["values"] == "none"
    tea = await importer.catalogue.get(tea.id)
    await importer.catalogue.change(tea.id, tea.version, {"price": "3"}, actor=ME)
    async with hooks.relaying():
        await until(lambda: receiver.events, "the later one came")
        await client.post(f"/api/v1/webhooks/{endpoint.id}/replay", json={"states": ["held"]})
        await until(lambda: len(receiver.events) == 3, "all came")

    by_price = [data.get("values") for data in told(receiver, "updated")]
    assert by_price == [None, {"price": {"before": "1.00", "after": "2.00"}}]


async def test_changes_of_an_import_have_the_values_that_are_asked_for(
    importer, hooks, receiver, client, tmp_path
):
    await hooks.add(receiver, mode="summary", values="changed")
    for price in (1, 2):
        path = tmp_path / "tea.csv"
        path.write_text(f"sku,name,price\nT,Tea,{price}\n")
        await importer.run(path)
    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 2, "both came")

    async def changes(address):
        return (await (await client.get(address)).json())["events"]

    address = receiver.documents[-1]["changes"]
    assert address.endswith("&values=changed")
    (event,), (bare,) = await changes(address), await changes(address.removesuffix("&values=changed"))
    assert event["data"]["values"] == {"price": {"before": "1.00", "after": "2.00"}}
    assert "values" not in bare["data"]


@pytest.mark.parametrize("values", ["all", "", "Full"])
async def test_other_words_are_refused(client, receiver, values):
    refused = await client.post("/api/v1/webhooks", json={"url": receiver.url, "values": values})
    assert refused.status == 422
    assert json.loads(await refused.text())["errors"][0]["code"] == "webhook_values"


async def test_the_form_offers_the_choice(client, receiver):
    sent = {"url": receiver.url, "mode": "batch", "source": "any", "values": "full"}
    sent |= {"timeout_seconds": "15", "concurrency": "4", "rate_limit": ""}
    page = await client.post("/webhooks", data=sent)
    assert page.status == 200
    assert "Changed fields, and the whole product" in await page.text()
    form = await (await client.get(f"{page.url.path}/edit")).text()
    assert '<option value="full" selected>' in form
