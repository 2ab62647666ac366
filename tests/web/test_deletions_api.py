"""Deleting all products over HTTP."""

import pytest

PATH = "/api/v1/products/delete-all"


@pytest.fixture(autouse=True)
async def three(shop):
    await shop.run("sku,name\nA,A\nB,B\nC,C\n")


async def test_it_is_asked_for_and_watched(client, shop):
    response = await client.post(PATH, json={"confirm": "3"})
    asked = await response.json()

    assert (response.status, asked["status"], asked["total"], asked["percent"]) == (202, "queued", 3, 0)
    assert response.headers["Location"] == asked["links"]["self"] == f"/api/v1/deletions/{asked['id']}"
    await (await shop.importer()).deletions.run(asked["id"])
    done = await (await client.get(asked["links"]["self"])).json()
    assert (done["status"], done["deleted"], done["percent"]) == ("completed", 3, 100)
    assert (await (await client.get("/api/v1/deletions")).json())["deletions"] == [done]
    assert {it.actor for it in await shop.events("product.deleted")} == {"web"}


async def test_the_wrong_number(client):
    response = await client.post(PATH, json={"confirm": "4"})

    told = await response.json()
    assert (response.status, told["code"], told["products"]) == (409, "not_confirmed", 3)


async def test_one_at_a_time(client):
    assert (await client.post(PATH, json={"confirm": 3})).status == 202
    response = await client.post(PATH, json={"confirm": " 3 "})
    assert (response.status, (await response.json())["code"]) == (409, "deletion_busy")


@pytest.mark.parametrize("typed", [None, "", "three", "-3", "³", True, 3.0, [3], "1" * 19])
async def test_what_is_no_number(client, typed):
    response = await client.post(PATH, json={"confirm": typed})
    assert (response.status, (await response.json())["code"]) == (400, "usage")
    assert (await client.post(PATH, json={})).status == 400


async def test_thousands_may_be_set_apart(client):
    for typed in ("1,000", "1.000", "1 000", "1\u202f000"):
        told = await (await client.post(PATH, json={"confirm": typed})).json()
        assert "not 1,000" in told["detail"]


async def test_there_is_no_such_deletion(client):
    response = await client.get("/api/v1/deletions/1")
    assert (response.status, (await response.json())["code"]) == (404, "deletion_not_found")


@pytest.mark.parametrize(
    ("change", "deleted", "gone", "what"),
    [
        ("sku,name\nD,D\n", 4, "4 products were", "came"),
        ("A", 2, "2 products were", "were deleted"),
        ("AB", 1, "1 product was", "were deleted"),
    ],
)
async def test_it_tells_where_others_were_deleted_than_were_confirmed(
    client, shop, change, deleted, gone, what
):
    asked = await (await client.post(PATH, json={"confirm": "3"})).json()
    if change.isalpha():
        await shop.connection.execute("DELETE FROM products WHERE sku = ANY ($1)", list(change))
    else:
        await shop.run(change)
    await (await shop.importer()).deletions.run(asked["id"])

    done = await (await client.get(asked["links"]["self"])).json()

    assert (done["status"], done["total"], done["deleted"], done["percent"]) == ("completed", 3, deleted, 100)
    assert done["message"] == (f"{gone} deleted, and 3 had been confirmed: others {what} before it began.")
