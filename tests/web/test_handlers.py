"""Handlers of the API and the pages on the real application, in this process and without Redis.

These are the quick ones among the tests of the web; the others ask the same routes for everything.
"""

from types import SimpleNamespace

import pytest
from aiohttp import FormData, web

from product_importer import errors
from product_importer_web import app as web_app
from product_importer_web.app import create_app
from product_importer_web.principals import Principal, as_owner
from product_importer_web.problems import CONTENT_TYPE
from product_importer_web.routes import ROUTES
from product_importer_web.routing import PERMISSIONS, Permission, Role, Route
from product_importer_web.settings import WebSettings

PAGE = {"Accept": "text/html"}
CSV = "sku,name,price\nA,Apple,1.50\nB,Banana,x\n"
TEA = {"sku": "TEA-1", "name": "Green tea", "price": 4.5}
VIEWER = Principal("somebody", "viewer", PERMISSIONS[Role.VIEWER], None)


class Waking:
    """In the place of the queues: notes of which kinds of work somebody would have been woken."""

    def __init__(self):
        self.woken = []

    def wake_soon(self, importer, *names):
        self.woken += names

    async def check(self):
        pass

    async def depths(self):
        return {}


async def nothing():
    pass


NOBODY_HOME = SimpleNamespace(
    check=nothing, storage=SimpleNamespace(check=nothing), uploads=SimpleNamespace(tidy=nothing)
)
"""An importer for routes that ask for none."""


@pytest.fixture
def queues():
    return Waking()


@pytest.fixture
def talk(queues, aiohttp_client):
    """A client of the application, over this importer."""

    async def talk(importer=NOBODY_HOME, authenticator=as_owner):
        app = create_app(importer, WebSettings(), queues, authenticator=authenticator)
        return await aiohttp_client(app)

    return talk


@pytest.fixture
async def client(shop, talk):
    return await talk(await shop.importer())


async def told(response):
    """The status and the code of a problem document, which tells the address and the request's id, too."""
    assert response.content_type == CONTENT_TYPE
    document = await response.json(content_type=None)
    assert document["status"] == response.status
    assert document["instance"] == response.url.path
    assert document["request_id"] == response.headers["X-Request-ID"]
    assert document["detail"]
    return response.status, document["code"]


async def page(client, path, status=200):
    response = await client.get(path, headers=PAGE)
    text = await response.text()
    assert (response.status, response.content_type) == (status, "text/html"), text
    assert text.startswith("<!doctype html>")
    return text


async def test_a_product_is_made_read_changed_and_deleted(client):
    made = await client.post("/api/v1/products", json=TEA)
    address = made.headers["Location"]
    assert (made.status, made.headers["ETag"]) == (201, f'"{(await made.json())["id"]}-1"')
    assert await told(await client.post("/api/v1/products", json=TEA)) == (409, "sku_taken")

    assert await told(await client.patch(address, json={"name": "Tea"})) == (428, "if_match_required")
    first = {"If-Match": made.headers["ETag"]}
    changed = await client.patch(address, json={"name": "Tea"}, headers=first)
    assert (changed.status, (await changed.json())["name"]) == (200, "Tea")
    assert (await told(await client.patch(address, json={"name": "Cup"}, headers=first)))[0] == 412

    assert "TEA-1" in await page(client, "/products")
    listed = await (await client.get("/api/v1/products", params={"search": "tea"})).json()
    assert [each["sku"] for each in listed["products"]] == ["TEA-1"]
    exported = await client.get("/api/v1/products.csv")
    assert "TEA-1" in await exported.text()

    second = {"If-Match": changed.headers["ETag"]}
    assert (await client.delete(address, headers=second)).status == 204
    assert await told(await client.get(address)) == (404, "product_not_found")


async def test_all_products_are_deleted_in_the_background(client, queues):
    await client.post("/api/v1/products", json=TEA)
    assert (await told(await client.post("/api/v1/products/delete-all", json={"confirm": "7"})))[0] == 409
    assert queues.woken == []
    begun = await client.post("/api/v1/products/delete-all", json={"confirm": "1"})
    assert (begun.status, queues.woken) == (202, ["deletion"])
    (deletion,) = (await (await client.get("/api/v1/deletions")).json())["deletions"]
    assert (await client.get(f"/api/v1/deletions/{deletion['id']}")).status == 200
    assert (await told(await client.get("/api/v1/deletions/999")))[0] == 404


async def test_a_file_is_left_to_the_workers(client, queues):
    form = FormData()
    form.add_field("file", CSV.encode(), filename="a.csv")
    sent = await client.post("/api/v1/imports", data=form)
    address = sent.headers["Location"]
    assert (sent.status, queues.woken) == (202, ["import"])
    waiting = await (await client.get(address)).json()
    assert (waiting["status"], waiting["filename"], waiting["percent"]) == ("queued", "a.csv", 0.0)
    assert "a.csv" in await page(client, "/")
    assert "a.csv" in await page(client, f"/imports/{waiting['id']}")

    assert (await client.post(f"{address}/cancel")).status == 200
    assert (await (await client.get(address)).json())["status"] == "cancelled"
    assert (await client.post(f"{address}/retry")).status in (200, 202)
    assert queues.woken == ["import", "import"]


async def test_what_an_import_made_of_its_rows(client, shop):
    report = await shop.run(CSV)
    address = f"/api/v1/imports/{report.id}"
    (rejected,) = (await (await client.get(f"{address}/rejects")).json())["rejects"]
    assert (rejected["line"], rejected["errors"][0]["code"]) == (3, "price_not_a_number")
    assert "B,Banana,x" in await (await client.get(f"{address}/rejects.csv")).text()
    assert (await client.get(f"{address}/warnings")).status == 200
    assert "completed" in (await page(client, f"/imports/{report.id}")).lower()
    assert "A" in await page(client, "/products?search=apple")
    assert (await told(await client.post(f"{address}/retry")))[0] == 409


async def test_an_upload_in_pieces_and_its_preview(client):
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(CSV))}
    begun = await client.post("/api/v1/uploads", headers=tus)
    address = begun.headers["Location"]
    assert begun.status == 201
    piece = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = await client.patch(address, data=CSV.encode(), headers=piece)
    assert (sent.status, sent.headers["Upload-Offset"]) == (204, str(len(CSV)))
    assert (await client.head(address, headers=tus)).headers["Upload-Offset"] == str(len(CSV))
    shown = await (await client.get(f"{address}/preview")).json()
    assert [each["use"] for each in shown["columns"]] == ["sku", "name", "price"]
    assert (await client.delete(address, headers=tus)).status == 204
    assert (await client.head(address, headers=tus)).status == 404


async def test_pages_of_an_empty_catalogue(client):
    for path, status in (
        ("/", 200),
        ("/products", 200),
        ("/dashboard", 200),
        ("/imports/999", 404),
        ("/products/999", 404),
        ("/products?sort=colour", 400),
        ("/nowhere", 404),
    ):
        assert "Traceback" not in await page(client, path, status)


async def test_what_is_wrong_is_told_as_a_problem(client):
    for method, path, body, status in (
        ("POST", "/api/v1/products", b"{", 400),
        ("POST", "/api/v1/products", b"[]", 400),
        ("POST", "/api/v1/products", b'{"sku": "", "name": "Tea"}', 422),
        ("POST", "/api/v1/products", b'{"sku": "A", "name": "Tea", "price": "cheap"}', 422),
        ("GET", "/api/v1/products?page=0", None, 400),
        ("GET", "/api/v1/imports?limit=x", None, 400),
        ("GET", "/api/v1/imports/999", None, 404),
        ("GET", "/api/v1/imports/999/rejects", None, 404),
        ("POST", "/api/v1/imports/999/cancel", None, 404),
        ("DELETE", "/api/v1/imports", None, 405),
    ):
        headers = {} if body is None else {"Content-Type": "application/json"}
        response = await client.request(method, path, data=body, headers=headers)
        assert (await told(response))[0] == status, (method, path, body)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.ImportNotFound("no such import"), 404, "import_not_found"),
        (errors.ImportBusy("it is being run"), 409, "import_busy"),
        (errors.UsageError("the option is unknown"), 400, "usage"),
        (errors.FileError("it is no table", code="no_sku"), 422, "no_sku"),
        (errors.DatabaseError("it is away", code="database_lost"), 503, "database_lost"),
        (errors.StorageError("it is full", code="disk_full"), 507, "disk_full"),
        (RuntimeError("a defect"), 500, "internal_error"),
    ],
)
async def test_every_family_of_errors_has_its_status(talk, monkeypatch, error, status, code):
    async def fail(request):
        raise error

    monkeypatch.setattr(web_app, "ROUTES", (*ROUTES, Route("GET", "/fail", fail, Permission.VIEW, "fail")))
    client = await talk()
    assert await told(await client.get("/fail")) == (status, code)
    assert ("Retry-After" in (await client.get("/fail")).headers) is (status == 503)
    await page(client, "/fail", status)


async def test_the_permission_is_asked_before_the_handler(talk, monkeypatch):
    reached = []

    async def note(request):
        reached.append(request.path)
        return web.Response()

    async def as_viewer(request):
        return VIEWER

    routes = [Route("POST", f"/try/{each}", note, each, f"only-{each}") for each in Permission]
    monkeypatch.setattr(web_app, "ROUTES", (*ROUTES, *routes))
    client = await talk(authenticator=as_viewer)
    for route in routes:
        await client.post(route.path)
    assert reached == [f"/try/{each}" for each in (Permission.PUBLIC, Permission.VIEW)]
    assert await told(await client.post(f"/try/{Permission.EDIT}")) == (403, "forbidden")


async def test_foreign_hosts_and_origins_are_refused(talk):
    client = await talk()
    assert (await client.get("/", headers={"Host": "evil.example"})).status in (400, 403, 421)
    foreign = {"Origin": "http://evil.example"}
    assert (await told(await client.post("/api/v1/products", json=TEA, headers=foreign)))[0] == 403


async def test_every_answer_has_the_headers_that_protect_it(talk):
    for path in ("/healthz", "/readyz", "/nowhere"):
        headers = (await (await talk()).get(path)).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
