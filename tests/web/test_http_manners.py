"""What every request is held to, whatever it asks for."""

import asyncio
import gzip
import io
import logging

import pytest
from aiohttp import web

from product_importer.errors import DatabaseError
from product_importer_web import app as web_app
from product_importer_web.middleware.headers import HEADERS
from product_importer_web.problems import CONTENT_TYPE, Problem
from product_importer_web.routes import ROUTES
from product_importer_web.routing import MAX_BODY, Permission, Route

PAGE = {"Accept": "text/html,application/xhtml+xml"}


async def echo(request):
    return web.Response(body=await request.read())


async def database_gone(_):
    raise DatabaseError("The database refused a statement: FATAL on /var/lib/postgres.")


async def broken(_):
    raise ZeroDivisionError("secret")


async def breaks_off(request):
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"the first half")
    raise ZeroDivisionError("secret")


async def inside(request):
    return web.Response(text=request.path)


EXTRA = tuple(
    Route(method, f"/try/{handler.__name__}", handler, Permission.PUBLIC, f"{method}-{handler.__name__}")
    for method, handler in [
        ("POST", echo),
        ("GET", inside),
        ("GET", database_gone),
        ("GET", broken),
        ("GET", breaks_off),
    ]
)


@pytest.fixture
async def client(make_app, aiohttp_client, monkeypatch):
    """With a few more routes to be tried."""
    monkeypatch.setattr(web_app, "ROUTES", (*ROUTES, *EXTRA))
    return await aiohttp_client(await make_app(read_timeout=0.2))


async def problem(response):
    assert response.content_type == CONTENT_TYPE
    document = await response.json(content_type=CONTENT_TYPE)
    assert document["status"] == response.status
    assert document["request_id"] == response.headers["X-Request-ID"]
    assert document["instance"] == response.url.raw_path
    return document["code"], document["detail"]


async def test_an_unknown_address(client):
    response = await client.get("/nowhere")
    assert response.status == 404
    assert await problem(response) == ("not_found", "There is nothing at this address.")


async def test_people_get_a_page(client):
    response = await client.get("/nowhere", headers=PAGE)
    assert response.status == 404
    assert response.content_type == "text/html"
    text = await response.text()
    assert "There is nothing at this address." in text
    assert response.headers["X-Request-ID"] in text


async def test_the_api_speaks_to_programs_only(client):
    response = await client.get("/api/v1/nowhere", headers=PAGE)
    assert (await problem(response))[0] == "not_found"


async def test_a_wrong_method(client):
    response = await client.delete("/healthz")
    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"
    code, detail = await problem(response)
    assert code == "method_not_allowed"
    assert detail == "This address does not answer to DELETE; it answers to GET, HEAD."


async def test_head(client):
    response = await client.head("/healthz")
    assert response.status == 200
    assert await response.read() == b""


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/try/broken"])
async def test_every_answer_has_the_headers(client, path):
    response = await client.get(path)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert "Server" not in response.headers
    assert "unsafe" not in response.headers["Content-Security-Policy"]


async def test_errors_of_the_library(client, caplog):
    response = await client.get("/try/database_gone")
    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    code, detail = await problem(response)
    assert (code, detail.partition(". ")[0]) == ("database", "The database refused a statement")
    assert "/var/lib/postgres" not in detail
    assert "/var/lib/postgres" in caplog.text


async def test_a_defect_is_logged_and_not_shown(client, caplog):
    response = await client.get("/try/broken")
    assert response.status == 500
    code, detail = await problem(response)
    assert code == "internal_error"
    assert "secret" not in detail
    assert any(
        record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.get_records("call")
    )


async def test_an_answer_that_fails_half_way_does_not_look_complete(client):
    response = await client.get("/try/breaks_off")
    with pytest.raises(Exception, match="payload"):
        await response.read()


async def test_bodies_are_limited(client):
    assert await (await client.post("/try/echo", data=io.BytesIO(b"x" * MAX_BODY))).read() == b"x" * MAX_BODY
    response = await client.post("/try/echo", data=io.BytesIO(b"x" * (MAX_BODY + 1)))
    assert response.status == 413
    assert await problem(response) == (
        "too_large",
        "What was sent is too large; at most 1,048,576 bytes are taken here.",
    )


async def test_bodies_of_unknown_length_are_limited(client):
    async def pieces():
        for _ in range(3):
            yield b"x" * (MAX_BODY // 2)

    response = await client.post("/try/echo", data=pieces())
    assert response.status == 413
    assert (await problem(response))[0] == "too_large"


async def test_a_packed_body_is_not_unpacked(client):
    bomb = gzip.compress(bytes(MAX_BODY * 10))
    response = await client.post("/try/echo", data=bomb, headers={"Content-Encoding": "gzip"})
    assert response.status == 415
    assert response.headers["Accept-Encoding"] == "identity"
    assert (await problem(response))[0] == "content_encoding"


async def test_a_body_that_does_not_arrive(client):
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"POST /try/echo HTTP/1.1\r\nHost: {client.host}\r\nContent-Length: 10\r\n\r\nhalf".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    writer.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_other_sites_may_not_write(client, headers):
    own = f"http://{client.host}:{client.port}"
    headers = {name: value.format(own=own) for name, value in headers.items()}
    response = await client.post("/try/echo", data=b"x", headers=headers)
    assert response.status == 403
    assert (await problem(response))[0] == "foreign_origin"
    assert (await client.get("/try/inside", headers=headers)).status == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "{own}"}, {"Sec-Fetch-Site": "same-origin"}])
async def test_our_pages_and_programs_may_write(client, headers):
    own = f"http://{client.host}:{client.port}"
    headers = {name: value.format(own=own) for name, value in headers.items()}
    assert (await client.post("/try/echo", data=b"x", headers=headers)).status == 200


async def test_a_foreign_name_for_our_address(client):
    response = await client.get("/healthz", headers={"Host": "rebound.example:80"})
    assert response.status == 421
    code, detail = await problem(response)
    assert code == "unknown_host"
    assert "PRODUCT_IMPORTER_HOSTS" in detail


@pytest.mark.parametrize("name", ["shop.example", "Shop.Example"])
async def test_a_name_that_was_set(make_app, aiohttp_client, name):
    client = await aiohttp_client(await make_app(hosts=frozenset({name})))
    for host in ("shop.example", "SHOP.example:443", "[::1]:80", "localhost"):
        assert (await client.get("/healthz", headers={"Host": host})).status == 200


@pytest.mark.parametrize(("given", "kept"), [("abc-123", True), ("a b", False), ("x" * 200, False)])
async def test_request_ids(client, caplog, given, kept):
    with caplog.at_level(logging.INFO, "product_importer_web.access"):
        response = await client.get("/try/inside", headers={"X-Request-ID": given})
        await client.get("/healthz")  # asked for every few seconds: not worth a line
    assert (response.headers["X-Request-ID"] == given) is kept
    (line,) = [record for record in caplog.records if record.name == "product_importer_web.access"]
    assert (line.method, line.path, line.route, line.status) == ("GET", "/try/inside", "GET-inside", 200)


def test_problems_may_have_members():
    raised = Problem(422, "invalid", "Look at the fields.", errors=[{"field": "sku"}])
    assert raised.members == {"errors": [{"field": "sku"}]}


@pytest.mark.parametrize(
    "host", ["", "evil@localhost", "localhost/evil", "127.0.0.1:abc", "[::1", "localhost:", "a b"]
)
async def test_a_name_that_is_none(client, host):
    response = await client.get("/healthz", headers={"Host": host})
    assert response.status == 421
    assert (await problem(response))[0] == "unknown_host"


async def test_browsers_are_told_to_stay_encrypted_where_a_proxy_encrypts(client):
    name = "Strict-Transport-Security"
    assert (await client.get("/try/inside", headers={"X-Forwarded-Proto": "https"})).headers[name]
    assert name not in (await client.get("/try/inside", headers={"X-Forwarded-Proto": "http"})).headers
    assert name not in (await client.get("/try/inside")).headers


async def test_an_export_is_not_kept(client):
    assert (await client.get("/api/v1/products.csv")).headers["Cache-Control"] == "no-store"
