"""A product's history over HTTP, and on its page."""

import pytest

PATH = "/api/v1/products"


@pytest.fixture
async def product(client):
    """A product with a price of 4.50, then 5, and a stock of 0, then 1, 2 and 3."""
    sent = {
        "sku": "TEA-1",
        "name": "Green tea",
        "price": 4.5,
        "stock": 0,
        "attributes": {"Origin": "<Assam>"},
    }
    product = await (await client.post(PATH, json=sent)).json()
    for change in ({"price": 5}, {"stock": 1}, {"stock": 2}, {"stock": 3, "attributes": {}}):
        response = await client.patch(f"{PATH}/{product['id']}", json=change, headers={"If-Match": "*"})
        assert response.status == 200
    return product


async def test_a_history_comes_in_parts(client, product):
    seen, address = [], f"{PATH}/{product['id']}/history?limit=2"
    while address:
        response = await client.get(address)
        page = await response.json()
        assert response.status == 200
        seen += page["entries"]
        address = page["next"]

    assert page["complete"] is True
    assert page["since"] < seen[0]["at"]
    assert [each["kind"] for each in seen] == ["updated"] * 4 + ["created"]
    assert {(each["actor"], each["cause"], each["import_id"]) for each in seen} == {("web", "edit", None)}
    assert seen[0]["changes"] == {
        "stock": {"before": 2, "after": 3},
        "attributes": {"before": {"Origin": "<Assam>"}, "after": {}},
    }
    assert seen[3]["changes"] == {"price": {"before": "4.50", "after": "5.00"}}
    assert seen[4]["changes"]["price"] == {"before": None, "after": "4.50"}


async def test_who_set_the_price(client, product):
    page = await (await client.get(f"{PATH}/{product['id']}/history", params={"field": "price"})).json()

    assert [each["changes"]["price"]["after"] for each in page["entries"]] == ["5.00", "4.50"]
    assert (page["next"], page["complete"]) == (None, True)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("{}/history?field=colour", 400, "There is no field"),
        ("{}/history?limit=0", 400, "limit"),
        ("{}/history?before=-1", 400, "before"),
        ("4711/history", 404, "There is no product 4711"),
        ("4711/origins", 404, "There is no product 4711"),
        ("4711/comparison?earlier=1", 404, "There is no product 4711"),
        ("{}/comparison", 400, "Name the earlier moment"),
        ("{}/comparison?earlier=4711", 400, "has no change 4711"),
        ("{}/comparison?earlier_at=yesterday", 400, "has to be a time"),
    ],
)
async def test_what_can_not_be_shown_is_refused(client, product, path, status, said):
    response = await client.get(f"{PATH}/{path.format(product['id'])}")

    assert response.status == status, await response.text()
    assert said in await response.text()


async def test_the_page_shows_the_history(client, product):
    page = await (await client.get(f"/products/{product['id']}")).text()
    assert "4.50 → 5.00" in page
    assert "Origin: &lt;Assam&gt;" in page
    assert "Earlier changes" not in page

    some = await (await client.get(f"/products/{product['id']}?field=price&limit=1")).text()
    assert "4.50 → 5.00" in some
    assert "field=price&amp;before=" in some
    last = await (await client.get(f"/products/{product['id']}?field=barcode")).text()
    assert "The log has no such change of this product." in last


async def test_two_moments_are_compared(client, product):
    path = f"{PATH}/{product['id']}"
    entries = (await (await client.get(f"{path}/history")).json())["entries"]
    first, last = entries[-1], entries[0]

    found = await (await client.get(f"{path}/comparison?earlier={first['number']}")).json()
    assert found["changes"] == {
        "price": {"before": "4.50", "after": "5.00"},
        "attributes": {"before": {"Origin": "<Assam>"}, "after": {}},
        "stock": {"before": 0, "after": 3},
    }
    assert found["earlier"] == {"number": first["number"], "at": first["at"], "exists": True}
    assert found["later"] == {"number": None, "at": None, "exists": True}
    times = {"earlier_at": entries[2]["at"], "later": last["number"]}
    found = await (await client.get(f"{path}/comparison", params=times)).json()
    assert found["changes"]["stock"] == {"before": 1, "after": 3}

    page = await (await client.get(f"/products/{product['id']}?earlier={first['number']}&later=")).text()
    assert "What differs" in page
    assert "0 → 3" in page
    same = f"earlier={last['number']}&later={last['number']}"
    assert "the product was the same" in await (await client.get(f"/products/{product['id']}?{same}")).text()


async def test_the_page_says_who_set_each_field(client, shop):
    report = await shop.run("sku,name,price\nTEA-2,Tea,1\n")
    product = (await shop.products())["tea-2"]
    changed = await client.patch(f"{PATH}/{product['id']}", json={"price": 2}, headers={"If-Match": "*"})
    assert changed.status == 200

    origins = await (await client.get(f"{PATH}/{product['id']}/origins")).json()
    assert origins["fields"]["price"]["actor"] == "web"
    assert origins["fields"]["name"]["import_id"] == report.id
    page = await (await client.get(f"/products/{product['id']}")).text()
    assert page.count(f'by <a href="/imports/{report.id}">import {report.id}</a>') >= 3
    assert "by hand" in page
    await shop.connection.execute("UPDATE products SET last_change = NULL")
    page = await (await client.get(f"/products/{product['id']}")).text()
    assert "Set before the history began" in page
