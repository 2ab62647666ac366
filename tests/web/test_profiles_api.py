"""Profiles over HTTP."""

import pytest

from product_importer.support.profile_texts import profile_of_toml

PATH = "/api/v1/profiles"
PROFILE = {"version": 1, "delimiter": "|", "duplicates": "first", "map": {"Nr": "sku", "Title": "name"}}


@pytest.fixture
async def stored(client):
    answer = await client.put(f"{PATH}/Supplier%20A", json={"profile": PROFILE, "header": ["Nr", "Title"]})
    assert answer.status == 200
    return await answer.json()


async def test_a_profile_is_saved_shown_exported_and_deleted(client, stored):
    listed = await (await client.get(PATH)).json()
    shown = await (await client.get(f"{PATH}/Supplier%20A")).json()
    exported = await client.get(f"{PATH}/Supplier%20A/toml")

    assert listed["profiles"] == [shown] == [stored]
    assert shown["profile"].items() >= PROFILE.items()
    assert profile_of_toml(await exported.text()).map == PROFILE["map"]
    assert (await client.delete(f"{PATH}/Supplier%20A")).status == 204
    assert (await client.get(f"{PATH}/Supplier%20A")).status == 404


async def test_an_import_names_a_profile_and_its_own_options_win(client, shop, stored):
    made = await client.post(
        "/api/v1/imports",
        params={"profile": "Supplier A", "duplicates": "last", "map": "Shade=ignore"},
        data=b"Nr|Title|Shade\n1|Tea|red\n1|Cup|red\n",
    )
    shown = await made.json()
    assert made.status == 202, shown
    assert shown["options"]["map"] == {"Nr": "sku", "Title": "name", "Shade": "ignore"}
    assert (shown["options"]["delimiter"], shown["options"]["duplicates"]) == ("|", "last")

    await (await shop.importer()).imports.start(shown["id"])
    assert (await shop.product("1"))["name"] == "Cup"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"profile": {"version": 1, "decimal": "dot"}}, "invalid_profile"),
        ({"profile": {"version": 9}}, "invalid_profile"),
        ({"profile": {"version": 1, "nothing": 1}}, "invalid_profile"),
    ],
)
async def test_what_is_no_profile_is_refused(client, sent, code):
    refused = await client.put(f"{PATH}/x", json=sent)
    assert (refused.status, (await refused.json())["code"]) == (422, code)


async def test_an_unknown_profile_is_refused(client):
    refused = await client.post("/api/v1/imports", params={"profile": "Nobody"}, data=b"sku,name\nA,B\n")
    (fault,) = (await refused.json())["errors"]
    assert (refused.status, fault["field"], fault["code"]) == (422, "profile", "profile_not_found")


async def test_a_new_profile_replaces_none(client, stored):
    new = {"If-None-Match": "*"}
    other = {"profile": {"version": 1, "delimiter": ";"}}
    refused = await client.put(f"{PATH}/Supplier%20A", json=other, headers=new)
    assert (refused.status, (await refused.json())["code"]) == (409, "profile_taken")
    assert await (await client.get(f"{PATH}/Supplier%20A")).json() == stored
    assert (await client.put(f"{PATH}/Supplier%20B", json=other, headers=new)).status == 200
    assert (await client.put(f"{PATH}/Supplier%20A", json=other)).status == 200


async def test_a_slash_in_a_name_is_refused(client):
    refused = await client.put(f"{PATH}/A%2FB", json={"profile": {"version": 1}})
    assert (refused.status, (await refused.json())["code"]) == (422, "invalid_profile")
