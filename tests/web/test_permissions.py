"""Who may ask for what, written down once more and asked over HTTP: a slip in the table is seen here."""

import asyncio
import json
import re

import aiohttp
import pytest
from aiohttp import web

from product_importer.model import Actor, ActorKind
from product_importer_web import app as web_app
from product_importer_web.keys import PRINCIPAL
from product_importer_web.principals import Principal
from product_importer_web.problems import CONTENT_TYPE
from product_importer_web.routes import ROUTES
from product_importer_web.routing import PERMISSIONS, Permission, Role, Route

ID = "{id:[1-9][0-9]{0,17}}"
FORMAT = "{format:[a-z][a-z0-9]{1,19}}"
PROFILE_PAGE = "/profiles/{name:[^/]{1,100}}"
PROFILE = "/api/v1/profiles/{name:[^/]{1,100}}"
UPLOAD = "/api/v1/uploads/{upload:[0-9a-f]{32}}"

EXPECTED = {  # who may, and what
    ("nobody", "viewer", "editor", "owner"): {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/static/{version:[0-9a-f]+}/{name:.+}"),
        ("OPTIONS", "/api/v1/uploads"),
    },
    ("viewer", "editor", "owner"): {
        ("GET", "/metrics"),
        ("GET", "/"),
        ("GET", "/imports"),
        ("GET", f"/imports/{ID}"),
        ("GET", "/products"),
        ("GET", f"/products/{ID}"),
        ("GET", "/dashboard"),
        ("GET", "/schedules"),
        ("GET", f"/schedules/{ID}"),
        ("GET", "/api/v1/schedules"),
        ("GET", f"/api/v1/schedules/{ID}"),
        ("GET", f"/api/v1/schedules/{ID}/runs"),
        ("GET", "/profiles"),
        ("GET", PROFILE_PAGE),
        ("GET", "/api/v1/profiles"),
        ("GET", PROFILE),
        ("GET", f"{PROFILE}/toml"),
        ("GET", "/api/v1/imports"),
        ("GET", f"/api/v1/imports/{ID}"),
        ("GET", f"/api/v1/imports/{ID}/events"),
        ("GET", f"/api/v1/imports/{ID}/file"),
        ("GET", f"/api/v1/imports/{ID}/comparison"),
        ("GET", f"/api/v1/imports/{ID}/rejects"),
        ("GET", f"/api/v1/imports/{ID}/rejects.json"),
        ("GET", f"/api/v1/imports/{ID}/rejects.csv"),
        ("GET", f"/api/v1/imports/{ID}/rejects.{FORMAT}"),
        ("GET", f"/api/v1/imports/{ID}/faults"),
        ("GET", f"/api/v1/imports/{ID}/rejected"),
        ("GET", f"/api/v1/imports/{ID}/warnings"),
        ("GET", f"/api/v1/imports/{ID}/warnings.json"),
        ("GET", f"/api/v1/imports/{ID}/warnings.csv"),
        ("GET", f"/api/v1/products/{ID}/history"),
        ("GET", f"/api/v1/products/{ID}/origins"),
        ("GET", f"/api/v1/products/{ID}/comparison"),
        ("GET", f"/api/v1/imports/{ID}/changes"),
        ("GET", f"/api/v1/imports/{ID}/changes.csv"),
        ("GET", f"/api/v1/imports/{ID}/changes.{FORMAT}"),
        ("GET", "/api/v1/products"),
        ("GET", "/api/v1/products.csv"),
        ("GET", f"/api/v1/products.{FORMAT}"),
        ("GET", f"/api/v1/products/{ID}"),
        ("GET", "/api/v1/deletions"),
        ("GET", f"/api/v1/deletions/{ID}"),
        ("GET", "/api/v1/openapi.json"),
    },
    ("editor", "owner"): {
        ("POST", "/imports"),
        ("POST", "/imports/url"),
        ("POST", "/imports/preview"),
        ("POST", "/imports/preview/{upload:[0-9a-f]{32}}"),
        ("POST", f"/imports/{ID}/cancel"),
        ("POST", f"/imports/{ID}/retry"),
        ("GET", f"/imports/{ID}/fix"),
        ("POST", f"/imports/{ID}/apply"),
        ("GET", f"/imports/{ID}/undo"),
        ("POST", f"/imports/{ID}/undo"),
        ("POST", f"/deletions/{ID}/undo"),
        ("POST", f"/changes/{ID}/undo"),
        ("GET", "/restore"),
        ("POST", "/restore"),
        ("GET", f"/imports/{ID}/again"),
        ("POST", f"/imports/{ID}/again"),
        ("POST", f"/imports/{ID}/answer"),
        ("PATCH", f"/api/v1/imports/{ID}"),
        ("POST", "/profiles"),
        ("POST", PROFILE_PAGE),
        ("POST", f"{PROFILE_PAGE}/delete"),
        ("PUT", PROFILE),
        ("DELETE", PROFILE),
        ("POST", f"/api/v1/imports/{ID}/cancel"),
        ("POST", f"/api/v1/imports/{ID}/retry"),
        ("POST", f"/api/v1/imports/{ID}/again"),
        ("POST", f"/api/v1/imports/{ID}/upload"),
        ("POST", f"/api/v1/imports/{ID}/apply"),
        ("POST", f"/api/v1/imports/{ID}/rejects/check"),
        ("POST", f"/api/v1/imports/{ID}/resubmit"),
        ("POST", f"/api/v1/imports/{ID}/undo"),
        ("POST", f"/api/v1/deletions/{ID}/undo"),
        ("POST", f"/api/v1/changes/{ID}/undo"),
        ("POST", "/api/v1/restore"),
        ("POST", "/api/v1/imports"),
        ("GET", "/schedules/new"),
        ("POST", "/schedules"),
        ("GET", f"/schedules/{ID}/edit"),
        ("POST", f"/schedules/{ID}/edit"),
        ("POST", f"/schedules/{ID}/switch"),
        ("POST", f"/schedules/{ID}/run"),
        ("GET", f"/schedules/{ID}/delete"),
        ("POST", f"/schedules/{ID}/delete"),
        ("POST", "/api/v1/schedules"),
        ("PATCH", f"/api/v1/schedules/{ID}"),
        ("DELETE", f"/api/v1/schedules/{ID}"),
        ("POST", f"/api/v1/schedules/{ID}/run"),
        ("POST", "/api/v1/uploads"),
        ("GET", UPLOAD),
        ("PATCH", UPLOAD),
        ("POST", UPLOAD),
        ("DELETE", UPLOAD),
        ("GET", f"{UPLOAD}/preview"),
        ("POST", f"{UPLOAD}/preview"),
        ("POST", "/api/v1/previews"),
        ("GET", f"{UPLOAD}/inspection"),
        ("POST", f"{UPLOAD}/inspection"),
        ("POST", "/api/v1/inspections"),
        ("POST", "/api/v1/products"),
        ("POST", "/api/v1/products/activate"),
        ("POST", "/api/v1/products/delete"),
        ("PATCH", f"/api/v1/products/{ID}"),
        ("DELETE", f"/api/v1/products/{ID}"),
    },
    ("owner",): {
        ("POST", "/api/v1/products/delete-all"),
        ("GET", "/audit"),
        ("GET", "/api/v1/audit"),
        ("GET", "/api/v1/audit.csv"),
    },
}

ROLES = ("nobody", "viewer", "editor", "owner")
FILLED = {
    "{name:[^/]{1,100}}": "none",
    "{format:[a-z][a-z0-9]{1,19}}": "count",
    ID: "999",
    "{upload:[0-9a-f]{32}}": "0" * 32,
    "{version:[0-9a-f]+}/{name:.+}": "0/none.css",
}
PATIENCE = 10
CSV = b"sku,name\nA,Apple\n"
PAGE = {"Accept": "text/html"}


async def as_the_header_says(request):
    """One of a role that the header ``Role`` names; ``nobody`` may do nothing."""
    name = request.headers["Role"]
    allowed = frozenset() if name == "nobody" else PERMISSIONS[Role(name)]
    return Principal("somebody", name, allowed, Actor(ActorKind.USER, name))


async def reached(request):
    return web.Response(text="reached")


EXTRA = (
    Route("POST", "/try/whole", reached, Permission.EDIT, "only-whole"),
    Route("POST", "/try/streamed", reached, Permission.EDIT, "only-streamed", streams_body=True),
    Route("GET", "/try/unknown", reached, "launch", "only-unknown"),
)


@pytest.fixture
async def client(make_app, aiohttp_client, monkeypatch):
    monkeypatch.setattr(web_app, "ROUTES", (*ROUTES, *EXTRA))
    app = await make_app(authenticator=as_the_header_says, read_timeout=PATIENCE * 10)
    app.router.add_post("/try/forgotten", reached)
    return await aiohttp_client(app)


def filled(path):
    for placeholder, value in FILLED.items():
        path = path.replace(placeholder, value)
    assert not re.search("[{}]", path)
    return path


async def refusal(response):
    """The problem's code, where it was refused for want of a permission."""
    if response.status != 403:
        return None
    return json.loads(await response.read())["code"]


def test_every_route_is_in_the_table_above():
    listed = [route for routes in EXPECTED.values() for route in routes]
    assert sorted(listed) == sorted((route.method, route.path) for route in ROUTES)


async def test_every_role_may_do_what_is_written_above_and_nothing_else(client):
    allowed = {}
    for route in ROUTES:
        methods = (route.method, "HEAD") if route.method == "GET" else (route.method,)
        for method in methods:
            may = []
            for role in ROLES:
                response = await client.request(method, filled(route.path), headers={"Role": role})
                assert response.status < 500, (method, route.path)
                if response.status != 403:
                    may.append(role)
                elif method != "HEAD":
                    assert await refusal(response) == "forbidden"
            allowed.setdefault(tuple(may), set()).add((route.method, route.path))
    assert allowed == EXPECTED


async def test_a_refusal_says_what_is_missing(client):
    response = await client.post("/api/v1/products/delete-all", headers={"Role": "editor", **PAGE})
    assert (response.status, response.content_type) == (403, CONTENT_TYPE)
    document = json.loads(await response.read())
    assert document["detail"] == (
        "This needs the permission 'administer', which somebody does not have as editor. "
        "Ask the owner of this server for it."
    )
    page = await client.get("/products", headers={"Role": "nobody", **PAGE})
    assert (page.status, page.content_type) == (403, "text/html")
    assert "This needs the permission" in await page.text()


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_not_in_the_table_is_not_there(client, role):
    headers = {"Role": role}
    assert (await client.get("/nowhere", headers=headers)).status == 404
    assert (await client.delete("/products", headers=headers)).status == 405
    forgotten = await client.post("/try/forgotten", headers=headers)
    assert forgotten.status == 404
    assert json.loads(await forgotten.read())["code"] == "not_found"


async def test_a_permission_that_nobody_knows_is_nobodys(client):
    response = await client.get("/try/unknown", headers={"Role": "owner"})
    assert await refusal(response) == "forbidden"


@pytest.mark.parametrize("path", ["/try/whole", "/try/streamed", "/api/v1/imports", "/api/v1/uploads"])
async def test_a_refusal_does_not_wait_for_the_body(client, path):
    """The body never comes; the time limit for it is much longer than this waits."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nRole: viewer\r\nContent-Length: 900000000\r\n\r\n"
        writer.write(head.encode() + b"sku,name\n")
        async with asyncio.timeout(PATIENCE):
            assert b" 403 " in await reader.readline()
    finally:
        writer.close()


async def test_progress_is_for_those_who_may_see_it(client):
    waiting = await client.post(
        "/api/v1/imports", data=CSV, headers={"Role": "editor", "Content-Type": "text/csv"}
    )
    path = f"{(await waiting.json())['links']['self']}/events"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(path, headers={"Role": "nobody"})
    assert refused.value.status == 403
    async with client.ws_connect(path, headers={"Role": "viewer"}) as socket:
        assert (await socket.receive_json())["status"] == "queued"


async def test_public_routes_need_nobody(make_app, aiohttp_client):
    async def nobody_can_be_recognised(_):
        raise web.HTTPServiceUnavailable

    client = await aiohttp_client(await make_app(authenticator=nobody_can_be_recognised))
    assert (await client.get("/healthz")).status == 200
    assert (await client.get("/products")).status == 503


async def test_whoever_comes_is_the_owner(make_app, aiohttp_client, monkeypatch):
    async def whose(request):
        return web.json_response([request[PRINCIPAL].role, sorted(request[PRINCIPAL].permissions)])

    route = Route("GET", "/whose", whose, Permission.ADMINISTER, "whose")
    monkeypatch.setattr(web_app, "ROUTES", (*ROUTES, route))
    client = await aiohttp_client(await make_app())
    assert await (await client.get("/whose")).json() == ["owner", sorted(Permission)]


async def test_imports_are_in_the_name_of_whoever_asks(client):
    editor = {"Role": "editor"}

    def form():
        filled = aiohttp.FormData()
        filled.add_field("file", CSV, filename="a.csv")
        return filled

    raw = await client.post("/api/v1/imports", data=CSV, headers={**editor, "Content-Type": "text/csv"})
    api = await client.post("/api/v1/imports", data=form(), headers=editor)
    page = await client.post("/imports", data=form(), headers=editor, allow_redirects=False)
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(CSV))}
    bytes_sent = {**tus, "Content-Type": "application/offset+octet-stream"}
    upload = await client.post("/api/v1/uploads", data=CSV, headers={**editor, **bytes_sent})
    assert [each.status for each in (raw, api, page, upload)] == [202, 202, 303, 201]
    taken = {"upload": (await upload.json())["id"]}
    assert (await client.post("/api/v1/imports", json=taken, headers={"Role": "owner"})).status == 202

    listed = await (await client.get("/api/v1/imports", headers=editor)).json()
    assert [each["author"] for each in listed["imports"]] == ["user:owner", *["user:editor"] * 3]


async def test_changes_are_in_the_name_of_whoever_asks(client, shop):
    sent = {"sku": "T", "name": "Tea"}
    response = await client.post("/api/v1/products", json=sent, headers={"Role": "editor"})
    assert response.status == 201
    assert [event.actor for event in await shop.events()] == ["user:editor"]
