"""What a file's card shows of the file, as the server renders it."""

import html
import json
import re

import pytest

from books import Books, book
from product_importer.model import Profile
from shop import Plugin

PATH = "/imports/preview"
UNCLEAR = b"sku,name,price\nA,sch\x9an,1.299\n"


async def shown(client, content, **params):
    response = await client.post(PATH, params={"complete": "true", **params}, data=content)
    assert response.status == 200, await response.text()
    return await response.text()


def checked(page):
    return re.findall(r'value="([^"]*)" checked', page)


async def test_questions_with_their_answers(client):
    page = await shown(client, UNCLEAR, card="3")

    assert "Questions about the file" in page
    assert 'data-option="encoding"' in page
    assert 'data-option="decimal"' in page
    assert 'name="card-3-answer1"' in page
    assert "sch" + chr(246) + "n" in page
    assert checked(page) == []


async def test_what_was_answered_is_checked_and_can_be_remembered(client):
    page = await shown(client, UNCLEAR, answers='{"encoding": "mac-roman", "decimal": "comma"}')

    assert checked(page) == ["mac-roman", "comma"]
    profile = json.loads(html.unescape(re.search(r'data-profile="([^"]*)"', page)[1]))
    assert (profile["encoding"], profile["decimal"]) == ("mac-roman", "comma")
    assert json.loads(html.unescape(re.search(r'data-header="([^"]*)"', page)[1])) == ["sku", "name", "price"]


async def test_a_profile_for_these_columns_is_proposed_but_not_used(client, shop):
    importer = await shop.importer()
    header = ("sku", "name", "price")
    await importer.profiles.save("Tea & more", Profile(encoding="mac-roman", decimal="comma"), header=header)

    page = await shown(client, UNCLEAR)
    assert 'data-use-profile="Tea &amp; more"' in page
    assert checked(page) == []

    used = await shown(client, UNCLEAR, profile="Tea & more")
    assert "question" not in used
    assert '<option value="Tea &amp; more" selected>' in used
    assert "data-use-profile" not in used
    assert "Remember this" not in used

    assert "data-use-profile" not in await shown(client, UNCLEAR, declined="true")


async def test_the_line_of_the_header_can_be_changed(client):
    page = await shown(client, b"Prices;;\n;;\nArtikelnummer;Bezeichnung;Preis\nA;Tee;4,50\n")
    assert "Column names in line" in page
    assert re.search(r'type="number"[^>]* data-choice="header_line"[^>]* value="3"', page)


async def test_a_table_and_the_options_of_a_parser_can_be_chosen(make_app, aiohttp_client):
    client = await aiohttp_client(await make_app(Plugin(parsers=[Books()])))
    content = book(Products=[["SKU", "Name"], ["A", "Tea"]], Notes=[["Nothing here"]])
    page = await shown(client, content)

    assert '<option value="Products" selected>Products (1 row)</option>' in page
    assert '<option value="Notes">Notes (0 rows)</option>' in page
    assert re.search(r'<input[^>]* type="number"[^>]* data-choice="skip" data-of-parser', page)
    assert 'data-choice="case"' in page
    assert "Encoding" not in page
    assert '<option value="upper" selected>' in await shown(client, content, set="case=upper")


async def test_warnings_are_told(client):
    page = await shown(client, "sku,name\nA,T\ufffdea\n".encode())
    assert "One warning" in page
    assert "Line 2" in page


@pytest.mark.parametrize("answers", ["{", "[]", '{"colour": "red"}', '{"encoding": "nonsense"}'])
async def test_wrong_answers_are_refused(client, answers):
    response = await client.post(PATH, params={"answers": answers}, data=UNCLEAR)
    assert response.status in (400, 422)


async def test_a_file_of_which_nothing_can_be_read_offers_no_choices(client):
    page = await shown(client, b"PK\x03\x04" + b"broken" * 100, filename="products.xlsx")
    assert "<select" not in page
    assert "<input" not in page


async def test_home_lists_the_kinds_of_files(client):
    page = await (await client.get("/")).text()
    accepted = re.search(r'accept="([^"]*)"', page)[1].split(",")
    assert {".csv", ".tsv", ".gz", ".zip"} <= set(accepted)
