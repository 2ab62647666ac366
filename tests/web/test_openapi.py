"""``/api/v1/openapi.json`` says of every route in the table what it takes, gives and asks."""

import re

import pytest

from product_importer.fields import NAMES, REQUIRED_FIELDS
from product_importer_web.api.openapi import PATH, described
from product_importer_web.app import create_app
from product_importer_web.declarations import Answer, Body, Header, Query, json_of
from product_importer_web.extensions import WebPlugin, load_web_plugins, routes_with
from product_importer_web.routes import ROUTES
from product_importer_web.routing import Permission, Route
from product_importer_web.settings import WebSettings

TABLE = routes_with(ROUTES, load_web_plugins(()))
DESCRIPTION = described(TABLE)
WITHOUT_BODY = {  # they take an address alone, or what their headers say
    "api-imports-again",
    "api-imports-upload",
    "api-imports-apply",
    "api-imports-cancel",
    "api-imports-retry",
    "api-change-undo",
    "api-deletion-undo",
    "api-webhook-rotate",
    "api-schedule-run",
    "api-webhook-test",
}


def plain(path):
    return re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})+\}", r"{\1}", path)


def operation(route):
    return DESCRIPTION["paths"][plain(route.path)][route.method.lower()]


def references(found):
    if isinstance(found, dict):
        if "$ref" in found:
            yield found["$ref"]
        for each in found.values():
            yield from references(each)
    elif isinstance(found, list):
        for each in found:
            yield from references(each)


def names(operation, where):
    return {each["name"] for each in operation["parameters"] if each["in"] == where}


def test_every_route_is_described_and_nothing_else():
    described_ = {(method.upper(), path) for path, each in DESCRIPTION["paths"].items() for method in each}
    assert described_ == {(route.method, plain(route.path)) for route in TABLE}
    assert any(route.name.startswith("api-webhook") for route in TABLE)


@pytest.mark.parametrize("route", TABLE, ids=lambda route: route.name)
def test_a_route_is_described_in_full(route):
    shown = operation(route)
    assert shown["operationId"] == route.name
    assert shown["x-permission"] == route.permission
    assert shown["summary"]
    assert names(shown, "path") == set(re.findall(r"\{(\w+):", route.path))
    assert names(shown, "query") == {name for each in route.query for name in each.__struct_fields__}
    assert names(shown, "header") == {each.name for each in route.headers}
    sent = shown.get("requestBody", {"content": {}})["content"]
    assert set(sent) == {each.media_type for each in route.body}
    assert {str(int(each.status)) for each in route.answers} <= set(shown["responses"])
    assert {"400", "500", "503"} <= set(shown["responses"])
    assert ("403" in shown["responses"]) == (route.permission is not Permission.PUBLIC)


def test_routes_of_the_api_declare_what_they_take_and_answer():
    api = [route for route in TABLE if route.path.startswith("/api/")]
    assert [route.name for route in api if not route.answers] == []
    taking = {route.name for route in api if route.method in ("POST", "PATCH") and not route.body}
    assert taking == WITHOUT_BODY


def test_every_reference_leads_somewhere():
    found = set(references(DESCRIPTION))
    assert found
    for reference in found:
        place = DESCRIPTION
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_a_product_has_the_fields_that_there_are():
    schemas = DESCRIPTION["components"]["schemas"]
    assert tuple(schemas["ProductFields"]["properties"]) == NAMES
    assert set(NAMES) < set(schemas["ProductShown"]["properties"])
    assert schemas["ProductFields"]["additionalProperties"] is False
    made = DESCRIPTION["paths"]["/api/v1/products"]["post"]["requestBody"]
    assert made["content"]["application/json"]["schema"]["allOf"][1] == {"required": list(REQUIRED_FIELDS)}


async def test_it_can_be_got(client):
    response = await client.get(PATH)
    assert (response.status, response.content_type) == (200, "application/json")
    found = await response.json()
    assert found["openapi"] == "3.1.0"
    assert set(found["paths"]) == {plain(route.path) for route in ROUTES}


class Shelf(Body, frozen=True, kw_only=True):
    """A shelf."""

    name: str
    rows: int = 1


class Shelves(Query, frozen=True):
    """Which shelves."""

    name: str = ""


async def test_a_plugins_routes_are_in_it_as_it_declares_them(shop, queues, aiohttp_client):
    async def nothing(request):
        """Makes a shelf."""

    route = Route(
        "POST", "/api/v1/shelves", nothing, Permission.ADMINISTER, "acme-shelf",
        query=(Shelves,), body=json_of(Shelf), headers=(Header("X-Acme", "Acme's.", pattern="a+"),),
        answers=(Answer(201, Shelf, headers=("Location",)),), problems=(409,),
    )  # fmt: skip
    app = create_app(await shop.open(), WebSettings(), queues, [WebPlugin("acme", (route,))])
    client = await aiohttp_client(app)
    shown = (await (await client.get(PATH)).json())["paths"]["/api/v1/shelves"]["post"]
    assert (shown["summary"], shown["tags"], shown["x-permission"]) == (
        "Makes a shelf.",
        ["shelves"],
        "administer",
    )
    assert shown["parameters"] == [
        {
            "name": "name",
            "in": "query",
            "required": False,
            "allowEmptyValue": True,
            "schema": {"type": "string", "default": ""},
        },
        {
            "name": "X-Acme",
            "in": "header",
            "required": False,
            "description": "Acme's.",
            "schema": {"type": "string", "pattern": "^(?:a+)$"},
        },
    ]
    shelf = {"schema": {"$ref": "#/components/schemas/Shelf"}}
    assert shown["requestBody"]["content"]["application/json"] == shelf
    assert shown["responses"]["201"]["content"] == {"application/json": shelf}
    assert {"409", "422"} <= set(shown["responses"])


def test_a_part_of_a_path_without_a_pattern_is_described():
    async def show(request):
        return None

    paths = described([Route("GET", "/acme/{name}", show, Permission.VIEW, "acme")])["paths"]
    (parameter,) = paths["/acme/{name}"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("name", "path", True)
