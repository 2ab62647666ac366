"""The pages of profiles, without scripts."""

import re

import pytest

TOML = 'version = 1\ndelimiter = "|"\n\n[map]\nNr = "sku"\nTitle = "name"\n'


@pytest.fixture
async def added(client):
    answer = await client.post("/profiles", data={"name": "Supplier A", "toml": TOML}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/profiles/Supplier%20A")
    return "/profiles/Supplier%20A"


async def test_profiles_are_listed_edited_exported_and_deleted(client, shop, added):
    assert "Supplier A" in await (await client.get("/profiles")).text()
    page = await (await client.get(added)).text()
    assert "/api/v1/profiles/Supplier%20A/toml" in page
    changed = await client.post(added, data={"toml": TOML.replace("|", "~")}, allow_redirects=False)
    assert changed.status == 303
    stored = await (await shop.importer()).profiles.get("Supplier A")
    assert stored.profile.delimiter == "~"
    assert (await client.post(f"{added}/delete", allow_redirects=False)).status == 303
    assert (await client.get(added)).status == 404


@pytest.mark.parametrize("page", ["/profiles", "/profiles/Supplier%20A"])
async def test_what_is_no_profile_is_shown_again_with_the_reason(client, added, page):
    refused = await client.post(page, data={"name": "B", "toml": "version = 1\ndecimal = 'dot'"})
    text = await refused.text()
    assert refused.status == 422
    assert "has to be point or comma" in text
    assert "decimal = &#39;dot&#39;" in text


@pytest.mark.parametrize(("name", "status"), [("Supplier A", 409), ("..", 422)])
async def test_a_name_that_is_taken_or_unfit_is_said_at_its_field(client, shop, added, name, status):
    other = TOML.replace("|", "~")
    refused = await client.post("/profiles", data={"name": name, "toml": other}, allow_redirects=False)
    text = await refused.text()

    assert refused.status == status
    assert re.search(r'id="fault-name">(There is a profile|A profile can)', text)
    assert 'id="fault-toml"></div>' in text
    (stored,) = await (await shop.importer()).profiles.list()
    assert stored.profile.delimiter == "|"


@pytest.mark.parametrize(("name", "status"), [("Supplier A", 409), ("..", 422)])
async def test_answers_are_not_remembered_under_a_name_of_another(client, shop, added, name, status):
    importer = await shop.importer()
    report = await importer.run(shop.file("sku,name,price\nA,Tea,1.299\n"))
    answer = {"answer0": "comma", "remember": name}
    refused = await client.post(f"/imports/{report.id}/answer", data=answer, allow_redirects=False)
    text = await refused.text()

    assert refused.status == status
    assert re.search(r'id="fault-remember"[^>]*>(There is a profile|A profile can)', text)
    assert 'value="comma" required checked' in text
    assert (await importer.imports.state(report.id)).status == "waiting"
    (stored,) = await importer.profiles.list()
    assert stored.profile.delimiter == "|"


async def test_remembered_answers_are_chosen_in_the_form(client, shop):
    importer = await shop.importer()
    path = shop.file("sku,name,price\nA,Tea,1.299\n")
    report = await importer.run(path)
    assert [question.option for question in report.state.questions] == ["decimal"]
    page = f"/imports/{report.id}"
    assert " checked" not in await (await client.get(page)).text()

    answer = {"answer0": "comma", "remember": "Comma"}
    await client.post(f"{page}/answer", data=answer, allow_redirects=False)
    again = await importer.run(path)
    text = await (await client.get(f"/imports/{again.id}")).text()
    assert 'value="comma" required checked' in text
    assert "/profiles/Comma" in text
