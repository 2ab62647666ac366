"""Whatever a request holds, it is answered with what is wrong with it: never with a failure of ours."""

import asyncio
import base64
import json
import time
from http import HTTPStatus

import pytest
from aiohttp.test_utils import TestServer
from hostile_requests import BAD_PARAMETERS, PILES

import product_importer_webhooks
from product_importer.testing import temporary_importer
from product_importer_web.app import create_app
from product_importer_web.extensions import load_web_plugins
from product_importer_web.problems import CONTENT_TYPE
from product_importer_web.settings import WebSettings

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TOO_EARLY = "0001-01-01T00:00:00+23:59"
ENDPOINT = '{"url": "http://localhost/", "%s": "%s"}'


def request(method, path, body=b"", **headers):
    """The bytes of a request; the client's own library refuses to make some of these."""
    given = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def sent(path, text, kind=JSON, method="POST", **headers):
    body = text if isinstance(text, bytes) else text.encode()
    return request(method, path, body, Content_Type=kind, **headers)


def multipart(name="file", filename="a.csv", content=b"sku,name\nA,Tea\n"):
    disposition = b'Content-Disposition: form-data; name="%b"; filename="%b"' % (
        name if isinstance(name, bytes) else name.encode(),
        filename if isinstance(filename, bytes) else filename.encode(),
    )
    return b"--b\r\n" + disposition + b"\r\n\r\n" + content + b"\r\n--b--\r\n"


def typed_multipart(content_type):
    return multipart().replace(b"\r\n\r\n", b"\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n", 1)


def cursor(place):
    text = place if isinstance(place, str) else json.dumps(place)
    return "/api/v1/webhooks/changes?after=" + base64.urlsafe_b64encode(text.encode()).decode()


def tus(metadata):
    return request(
        "POST", "/api/v1/uploads", Tus_Resumable="1.0.0", Upload_Length="5", Upload_Metadata=metadata
    )


MULTIPART = "multipart/form-data; boundary=b"
NOW = "2026-03-02T09:30:00+00:00"

CASES = {
    "an origin that is no URL": (sent("/api/v1/products", "{}", Origin="http://["), 403),
    "half a character as a product's key": (sent("/api/v1/products", r'{"\ud800": 1}'), 422),
    "half a character as a webhook's key": (sent("/api/v1/webhooks", r'{"\ud800": 1}'), 422),
    "half a character as an option": (sent("/api/v1/imports", r'{"upload": "x", "\ud800": 1}'), 422),
    "half a character deep inside": (sent("/api/v1/products", r'{"attributes": {"a": ["\ud800"]}}'), 422),
    "half a character in a product's name": (
        sent("/api/v1/products", r'{"sku": "A", "name": "\ud800"}'),
        422,
    ),
    "NUL in a path": (request("GET", "/static/0/%00"), 400),
    "NUL in a parameter's name": (request("GET", "/?%00=1"), 400),
    "a part's name in bytes": (
        sent("/api/v1/imports", multipart(name=b"\xff")[:-7] + multipart(), MULTIPART),
        422,
    ),
    "an exponent that no decimal has": (
        sent("/api/v1/products", '{"sku": "A", "name": "x", "price": 1e9999999999999999999}'),
        422,
    ),
    "an exponent that fills all memory": (
        sent("/api/v1/products", '{"sku": "A", "name": "x", "price": 1e999999999999999999}'),
        422,
    ),
    "NUL in a webhook": (sent("/api/v1/webhooks", ENDPOINT % ("description", r"\u0000")), 422),
    "NUL in a webhook's form": (sent("/webhooks", "url=http://localhost/&description=%00", FORM), 422),
    "half a character in a webhook": (sent("/api/v1/webhooks", ENDPOINT % ("description", r"\ud800")), 422),
    "half a character as prefix": (sent("/api/v1/webhooks", ENDPOINT % ("sku_prefix", r"\ud800")), 422),
    **{
        f"charset {charset} at {path}": (sent(path, "a=b", f"{FORM}; charset={charset}"), 415)
        for path in ("/webhooks", "/webhooks/1/switch", "/webhooks/1/replay")
        for charset in ("nope", "rot13", "utf-16")
    },
    "multipart without boundary": (sent("/webhooks", "a", "multipart/form-data"), 415),
    "a form of texts as multipart": (sent("/webhooks", multipart(name="url"), MULTIPART), 415),
    "multipart with a wrong boundary": (
        sent("/webhooks", multipart(), "multipart/form-data; boundary=c"),
        415,
    ),
    "a cursor beyond all numbers": (request("GET", cursor([NOW, "a", 2**63])), 400),
    "a cursor with NUL": (request("GET", cursor([NOW, "x\0", 1])), 400),
    "a cursor with half a character": (request("GET", cursor([NOW, "\ud800", 1])), 400),
    "a cursor with infinity": (request("GET", cursor([NOW, "a", float("inf")])), 400),
    "a cursor before all time": (request("GET", cursor([TOO_EARLY, "a", 1])), 400),
    "a deep cursor": (request("GET", cursor("[" * 3000)), 400),
    "deliveries before all time": (
        request("GET", f"/api/v1/webhooks/1/deliveries?before={TOO_EARLY.replace('+', '%2B')}_{'0' * 32}"),
        400,
    ),
    "a replay since before all time": (
        sent("/api/v1/webhooks/1/replay", json.dumps({"since": TOO_EARLY})),
        400,
    ),
    "an upload's id with NUL": (sent("/api/v1/imports", r'{"upload": "\u0000"}'), 422),
    "a filename with NUL": (sent("/api/v1/imports?filename=%00.csv", "sku,name\nA,Tea\n", "text/csv"), 400),
    "tus: a filename with NUL": (tus("filename AA=="), 422),
    "tus: bytes that are no ASCII": (tus("filename YQ==,x\xff"), 400),
    "a filename in Latin-1": (sent("/api/v1/imports", multipart(filename=b"\xff.csv"), MULTIPART), 422),
    "figures in an unknown escaping": (
        request("GET", "/metrics", Accept="text/plain;version=x;escaping=nope"),
        200,
    ),
    **{
        f"a preview as {encoding}": (
            sent(f"/api/v1/previews?complete=true&encoding={encoding}", b"sku,name\nA,\xffTea\n", "text/csv"),
            200,
        )
        for encoding in ("utf-16", "utf-32")
    },
}


@pytest.fixture
async def site(shop, queues, monkeypatch):
    """The application with the installed plugins."""
    monkeypatch.setenv("SECRET_KEY", "tests only: " + "k" * 40)
    monkeypatch.setenv("DATABASE_URL", shop.url)
    async with temporary_importer(product_importer_webhooks) as importer:
        app = create_app(importer, WebSettings(), queues, load_web_plugins(()))
        async with TestServer(app) as server:
            yield server


async def answer(site, data):
    """Status, headers and body of what is answered to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(data)
    await writer.drain()
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read()
    writer.close()
    first, *lines = head.decode().splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    return int(first.split()[1]), headers, body


@pytest.mark.parametrize(("data", "status"), CASES.values(), ids=CASES)
async def test_what_makes_no_sense_is_refused_by_name(site, data, status):
    found, headers, body = await answer(site, data)
    assert found == status, body
    if status >= HTTPStatus.BAD_REQUEST and headers["content-type"].startswith("application/"):
        assert headers["content-type"].startswith(CONTENT_TYPE)
        document = json.loads(body)
        assert document["status"] == status
        assert document["detail"]


@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "1e-999999999", "1e100000000", "9" * 5000])
@pytest.mark.parametrize("path", ["/api/v1/products", "/api/v1/webhooks"])
async def test_a_number_is_never_written_out_before_it_is_bounded(site, path, number):
    began = time.process_time()
    found, _, body = await answer(site, sent(path, f'{{"price": {number}}}'))
    assert (found, json.loads(body)["code"]) == (422, "number_out_of_range")
    assert time.process_time() - began < 1


QUOTED = {
    "a state of deliveries": ("/api/v1/webhooks/1/replay", lambda pile: {"states": [pile]}),
    "a member of a replay": ("/api/v1/webhooks/1/replay", lambda pile: {pile: 1}),
    "a webhook's member": ("/api/v1/webhooks", lambda pile: {"url": "http://localhost/", pile: 1}),
    "a webhook's mode": ("/api/v1/webhooks", lambda pile: {"url": "http://localhost/", "mode": pile}),
    "a webhook's event": ("/api/v1/webhooks", lambda pile: {"url": "http://localhost/", "events": [pile]}),
    "a product's member": ("/api/v1/products", lambda pile: {"sku": "A", "name": "Tea", pile: 1}),
    "two attributes that are one": (
        "/api/v1/products",
        lambda pile: {"sku": "A", "name": "Tea", "attributes": {pile + "x": "1", pile + "X": "2"}},
    ),
    "an option": ("/api/v1/imports", lambda pile: {"upload": "x", pile: 1}),
    "an option's value": ("/api/v1/imports", lambda pile: {"upload": "x", "duplicates": pile}),
    "an encoding": ("/api/v1/imports", lambda pile: {"upload": "x", "encoding": pile}),
    "a delimiter": ("/api/v1/imports", lambda pile: {"upload": "x", "delimiter": pile}),
}


@pytest.mark.parametrize(("path", "made"), QUOTED.values(), ids=QUOTED)
async def test_a_refusal_quotes_no_more_than_is_needed(site, path, made):
    began = time.process_time()
    found, _, body = await answer(site, sent(path, json.dumps(made(PILES[0]))))
    assert found in (400, 422), body
    document = json.loads(body)
    messages = [document["detail"], *(fault["message"] for fault in document.get("errors", ()))]
    assert max(map(len, messages)) < 1_000
    assert time.process_time() - began < 1


TYPED = {
    "a preview": lambda kind: sent("/api/v1/previews", b"sku,name\nA,Tea\n", kind),
    "a file": lambda kind: sent("/api/v1/imports", b"sku,name\nA,Tea\n", kind),
    "a form's file": lambda kind: sent("/api/v1/imports", typed_multipart(kind), MULTIPART),
    "an upload": lambda kind: tus(f"filetype {base64.b64encode(kind.encode()).decode()}"),
    "a JSON object": lambda kind: sent("/api/v1/products", "{}", kind.replace("text/csv", JSON)),
}


@pytest.mark.parametrize("parameters", BAD_PARAMETERS, ids=lambda text: text[:12])
@pytest.mark.parametrize("made", TYPED.values(), ids=TYPED)
async def test_a_content_type_that_parsers_fail_at_is_refused(site, made, parameters):
    found, _, body = await answer(site, made(f"text/csv; {parameters}"))
    assert found < 500, body
    if len(parameters) > 500 or parameters == BAD_PARAMETERS[0]:
        assert (found, json.loads(body)["status"]) in ((415, 415), (422, 422))
