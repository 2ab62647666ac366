"""``POST /api/v1/imports``."""

import asyncio
import io
import json

import aiohttp
import pytest

from product_importer.model import Status

PATH = "/api/v1/imports"
CSV = b"sku,name\nA,Apple\nB,Banana\n"


@pytest.fixture
def stored(shop):
    """The files in the storage."""
    folder = shop.folder / "data" / "imports"
    return lambda: [path for path in folder.rglob("*") if path.is_file()]


async def left(shop):
    """How many uploads and imports there are."""
    return [
        await shop.connection.fetchval(f"SELECT count(*) FROM {table}") for table in ("uploads", "imports")
    ]


def form(*fields, content=CSV, filename="products.csv"):
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields:
        data.add_field(name, value)
    if content is not None:
        data.add_field("file", io.BytesIO(content), filename=filename, content_type="text/csv")
    return data


async def problem(response, status, code):
    told = await response.json(content_type="application/problem+json")
    assert (response.status, told["code"]) == (status, code), told
    return told


async def made(response):
    assert response.status == 202, await response.text()
    shown = await response.json()
    assert response.headers["Location"] == shown["links"]["self"] == f"{PATH}/{shown['id']}"
    return shown


async def test_a_form(client, shop, stored):
    response = await client.post(PATH, data=form(("duplicates", "first"), ("dry_run", "false")))

    shown = await made(response)
    assert (shown["status"], shown["filename"], shown["bytes_total"]) == ("queued", "products.csv", len(CSV))
    assert shown["options"]["duplicates"] == "first"
    importer = await shop.importer()
    assert [number for number, _ in await importer.imports.due()] == [shown["id"]], "left to the workers"
    assert (await importer.imports.start(shown["id"])).created == 2
    assert len(stored()) == 1


async def test_options_may_follow_the_file(client):
    data = form()
    data.add_field("max_errors", "5")
    assert (await made(await client.post(PATH, data=data)))["options"]["max_errors"] == 5


async def test_options_in_the_address_count_whatever_the_body_is(client, shop):
    address = {"on_error": "abort", "map": "Article=sku", "filename": "named.csv"}
    as_form = await made(await client.post(PATH, params=address, data=form(("max_errors", "5"), filename="")))
    assert (as_form["options"]["on_error"], as_form["options"]["max_errors"]) == ("abort", 5)
    assert as_form["options"]["map"] == {"Article": "sku"}

    upload = await (await shop.importer()).uploads.receive("fruit.csv", pieces(CSV))
    sent = {"upload": upload.id, "max_errors": 5}
    twice = await client.post(PATH, params={"max_errors": "4"}, json=sent)
    assert (await problem(twice, 422, "invalid_options"))["errors"][0]["code"] == "given_twice"
    await problem(await client.post(PATH, params={"colour": "red"}, json=sent), 422, "invalid_options")
    as_json = await made(await client.post(PATH, params={"dry_run": "true"}, json=sent))
    assert (as_json["options"]["dry_run"], as_json["options"]["max_errors"]) == (True, 5)


async def test_a_file_as_it_is(client, shop):
    response = await client.post(
        PATH,
        params={"filename": "../fruit.csv", "on_error": "abort"},
        data=CSV,
        headers={"Content-Type": "text/csv"},
    )

    shown = await made(response)
    assert (shown["filename"], shown["options"]["on_error"]) == ("../fruit.csv", "abort")
    assert (await (await shop.importer()).imports.start(shown["id"])).created == 2


async def test_a_body_of_unknown_length(client, shop):
    async def pieces():
        for number in range(0, len(CSV), 5):
            yield CSV[number : number + 5]

    shown = await made(await client.post(PATH, data=pieces()))
    assert (await (await shop.importer()).imports.start(shown["id"])).created == 2


OPTIONS = {
    "dry_run": "true",
    "duplicates": "error",
    "on_error": "abort",
    "on_warning": "abort",
    "questions": "refuse",
    "max_errors": "3",
    "missing": "deactivate",
    "confirm_missing": "7",
    "blank": "clear",
    "extra": "ignore",
    "encoding": "latin-1",
    "delimiter": "tab",
    "decimal": "comma",
    "null": "NULL, N/A",
    "mode": "update",
    "only": "price, active",
    "command_column": "-",
    "shop": "none",
    "sku_from": "Handle+Size",
    "parser": "tiny",
    "max_field": "10",
    "max_row": "20",
    "max_columns": "30",
}


RULES = [("rule", "Price=1=EUR"), ("rule", "qty=point")]
STEPS = [("transform", "Price=1=replace: €"), ("transform", "Price=1=trim")]


async def test_every_option(client, shop):
    maps = [("map", "Article=sku"), ("map", "a=b=name")]
    pairs = [*OPTIONS.items(), *maps, *RULES, *STEPS, ("set", "encoding=iso8859-1")]
    shown = await made(await client.post(PATH, data=form(*pairs)))

    assert shown["options"] == {
        "duplicates": "error",
        "on_error": "abort",
        "on_warning": "abort",
        "questions": "refuse",
        "max_errors": 3,
        "missing": "deactivate",
        "confirm_missing": 7,
        "blank": "clear",
        "extra": "ignore",
        "map": {"Article": "sku", "a=b": "name"},
        "encoding": "iso8859-1",
        "delimiter": "\t",
        "decimal": "comma",
        "rule": {"Price=1": "EUR", "qty": "point"},
        "null": ["NULL", "N/A"],
        "mode": "update",
        "only": ["price", "active"],
        "command_column": "-",
        "transforms": [
            {"kind": "replace", "columns": ["Price=1"], "old": "€", "new": ""},
            {"kind": "trim", "columns": ["Price=1"]},
        ],
        "shop": "none",
        "sku_from": "Handle+Size",
        "parser": "tiny",
        "reading": {},
        "dry_run": True,
        "profile_name": None,
    }
    limits = (await (await shop.importer()).imports.state(shown["id"])).options.limits
    assert (limits.field_chars, limits.row_chars, limits.columns) == (10, 20, 30)


NAMES = [*OPTIONS, "map", "rule", "set", "transform"]


async def test_what_is_empty_is_not_given(client):
    shown = await made(await client.post(PATH, data=form(*((name, "") for name in NAMES))))
    assert (shown["options"]["encoding"], shown["options"]["duplicates"]) == (None, "last")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("dryrun", "true", "unknown_option"),
        ("dry_run", "yes", "wrong_value"),
        ("max_errors", "-1", "wrong_value"),
        ("max_errors", "9" * 30, "wrong_value"),
        ("max_field", "0", "wrong_value"),
        ("max_field", "131073", "wrong_value"),
        ("max_row", "9223372036854775807", "wrong_value"),
        ("max_columns", "4097", "wrong_value"),
        ("on_error", "stop", "wrong_value"),
        ("duplicates", "middle", "wrong_value"),
        ("parser", "xml", "wrong_value"),
        ("encoding", "klingon", "unknown_encoding"),
        ("delimiter", "ab", "bad_delimiter"),
        ("decimal", ",", "wrong_value"),
        ("rule", "Price", "wrong_value"),
        ("rule", "Price=dot", "wrong_value"),
        ("transform", "Price", "wrong_value"),
        ("transform", "Price=round: 2", "wrong_value"),
        ("set", "encoding", "wrong_value"),
        ("set", "=utf-8", "wrong_value"),
        ("set", "sheet=One", "wrong_reading_option"),
        ("shop", "myspace", "wrong_value"),
        ("map", "Article", "wrong_value"),
        ("map", "Article=ean", "wrong_value"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
async def test_options_are_read_strictly(client, shop, stored, name, value, code, after):
    data = form((name, value)) if not after else form()
    if after:
        data.add_field(name, value)

    told = await problem(await client.post(PATH, data=data), 422, "invalid_options")

    assert [(each["field"], each["code"]) for each in told["errors"]] == [(name, code)]
    assert name in told["detail"] or value in told["detail"]
    assert stored() == []
    assert await left(shop) == [0, 0]


async def test_every_wrong_option_is_named(client):
    data = form(("blank", "maybe"), ("blank", "keep"), ("colour", "red"))
    told = await problem(await client.post(PATH, data=data), 422, "invalid_options")
    assert sorted((each["field"], each["code"]) for each in told["errors"]) == [
        ("blank", "given_twice"),
        ("blank", "wrong_value"),
        ("colour", "unknown_option"),
    ]


async def test_one_file_a_request(client, shop, stored):
    data = form()
    data.add_field("file", io.BytesIO(CSV), filename="second.csv")
    told = await problem(await client.post(PATH, data=data), 422, "several_files")
    assert told["errors"][0]["field"] == "file"
    await problem(await client.post(PATH, data=form(("blank", "keep"), content=None)), 422, "file_missing")
    assert stored() == []
    assert await left(shop) == [0, 0]


async def test_what_is_no_form(client, shop, stored):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (
        b"nonsense",
        b"",
        b"--x\r\n\r\n",
        CSV,
        b"--x\r\nContent-Disposition: form-data\r\n\r\nA\r\n--x--\r\n",
    ):
        await problem(await client.post(PATH, data=body, headers=headers), 400, "bad_form")
    await problem(
        await client.post(PATH, data=b"x", headers={"Content-Type": "multipart/form-data"}), 400, "bad_form"
    )
    await problem(await client.post(PATH, data={"file": "x"}), 415, "unsupported_media_type")
    assert stored() == []
    assert await left(shop) == [0, 0]


async def test_a_form_that_ends_within_the_file(client, shop, stored):
    """Its length is right and its end is missing: the file may be cut."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + CSV
    response = await client.post(PATH, data=body, headers=headers)

    await problem(response, 400, "bad_form")
    assert stored() == []
    assert await left(shop) == [0, 0]


@pytest.mark.parametrize("header", ["Content-Transfer-Encoding: base64", "Content-Encoding: gzip"])
async def test_encoded_parts_are_refused(client, header):
    disposition = 'Content-Disposition: form-data; name="file"; filename="a.csv"'
    body = f"--x\r\n{disposition}\r\n{header}\r\n\r\nQQ==\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    await problem(await client.post(PATH, data=body.encode(), headers=headers), 415, "content_encoding")


async def test_encoded_bodies_are_refused(client):
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    await problem(await client.post(PATH, data=b"\x1f\x8b", headers=headers), 415, "content_encoding")


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("as_form", [True, False])
async def test_files_are_limited(make_app, aiohttp_client, shop, stored, known, as_form):
    client = await aiohttp_client(await make_app(max_upload=100_000))

    async def sent(size):
        content = b"x" * size
        if not as_form:
            body = content if known else pieces(content)
            return await client.post(PATH, data=body, headers={"Content-Type": "text/csv"})
        body = form(content=content)()
        return await client.post(
            PATH, data=body if known else pieces(await body.as_bytes()), headers=body.headers
        )

    assert (await sent(100_000)).status == 202
    for size in (100_001, 300_000):
        told = await problem(await sent(size), 413, "too_large")
        assert "at most 100,000 bytes" in told["detail"]
    assert await left(shop) == [0, 1]
    assert len(stored()) == 1


async def pieces(content):
    for start in range(0, len(content), 10_000):
        yield content[start : start + 10_000]


async def test_fields_are_limited(client, shop):
    too_long = [
        [("encoding", io.BytesIO(b"x" * 1_100_000))],
        [("map", "y" * 60_000)] * 20,
        [("map", "a=sku")] * 10_500,
    ]
    for fields in too_long:
        told = await problem(await client.post(PATH, data=form(*fields)), 422, "too_long")
        assert told["errors"][0]["field"] == fields[0][0]
    await problem(await client.post(PATH, data=form(("encoding", io.BytesIO(b"\xff")))), 422, "not_utf8")
    assert await left(shop) == [0, 0]


async def test_as_many_columns_as_there_may_be(client):
    fields = [("map", f"The column number {number}=attribute") for number in range(4_096)]
    shown = await made(await client.post(PATH, data=form(*fields)))
    assert len(shown["options"]["map"]) == 4_096


@pytest.mark.parametrize("header", ["X: y\r\n" * 10_000, "X: " + "y" * 100_000 + "\r\n"])
async def test_parts_with_endless_heads(client, header):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    await problem(await client.post(PATH, data=f"--x\r\n{header}\r\n", headers=headers), 400, "bad_form")


async def test_parts_within_parts(client):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body = "--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nA\r\n--y--\r\n--x--\r\n"
    await problem(await client.post(PATH, data=body, headers=headers), 400, "bad_form")


async def test_json_is_limited(client):
    headers = {"Content-Type": "application/json"}
    response = await client.post(PATH, data=io.BytesIO(b" " * 1_100_000), headers=headers)
    assert response.status == 413


async def test_an_upload(client, shop, stored):
    importer = await shop.importer()

    async def blocks():
        yield CSV

    upload = await importer.uploads.receive("fruit.csv", blocks())
    options = {
        "upload": upload.id,
        "map": {"name": "name"},
        "max_errors": 0,
        "dry_run": True,
        "encoding": None,
    }
    shown = await made(await client.post(PATH, json=options))

    assert (shown["filename"], shown["options"]["map"]) == ("fruit.csv", {"name": "name"})
    assert (await importer.imports.start(shown["id"])).status is Status.PLANNED
    shown = await made(await client.post(PATH, json={"upload": upload.id}))
    assert (await importer.imports.start(shown["id"])).created == 2
    await problem(await client.post(PATH, json={"upload": upload.id}), 404, "upload_not_found")


async def test_an_upload_that_is_not_complete(client, shop):
    upload = await (await shop.importer()).uploads.begin("fruit.csv", 10)
    await problem(await client.post(PATH, json={"upload": upload.id}), 409, "upload_incomplete")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "not_json"),
        ("[]", 400, "not_json"),
        ("{}", 422, "upload_missing"),
        ('{"upload": 1}', 422, "upload_missing"),
        ('{"upload": "x", "dry_run": 1}', 422, "invalid_options"),
        ('{"upload": "x", "dry_run": "true"}', 422, "invalid_options"),
        ('{"upload": "x", "max_errors": true}', 422, "invalid_options"),
        ('{"upload": "x", "max_errors": 1.0}', 422, "invalid_options"),
        ('{"upload": "x", "on_error": []}', 422, "invalid_options"),
        ('{"upload": "x", "map": ["a=sku"]}', 422, "invalid_options"),
        ('{"upload": "x", "encoding": 8}', 422, "invalid_options"),
        ('{"upload": "x", "url": "https://host/a.csv"}', 422, "upload_missing"),
        ('{"url": "gopher://host/a.csv"}', 400, "usage"),
        ('{"url": "https://a b/"}', 400, "usage"),
        ('{"upload": "x"}', 404, "upload_not_found"),
    ],
)
async def test_json_is_read_strictly(client, body, status, code):
    headers = {"Content-Type": "application/json"}
    await problem(await client.post(PATH, data=body, headers=headers), status, code)


# --- once


def keyed(key):
    return {"Idempotency-Key": key}


async def test_the_same_request_again(client, shop, stored):
    first = await made(await client.post(PATH, data=form(("blank", "keep")), headers=keyed("one")))
    response = await client.post(PATH, data=form(("blank", "keep")), headers=keyed("one"))

    assert (await made(response))["id"] == first["id"]
    assert response.headers["Idempotency-Replayed"] == "true"
    assert await left(shop) == [0, 1]
    assert len(stored()) == 1
    other = await made(await client.post(PATH, data=form(("blank", "keep")), headers=keyed("two")))
    assert other["id"] != first["id"]


@pytest.mark.parametrize(
    "other",
    [
        lambda: form(content=CSV + b"C,Cherry\n"),
        lambda: form(filename="other.csv"),
        lambda: form(("blank", "clear")),
    ],
)
async def test_another_request_under_the_same_key(client, shop, stored, other):
    first = await made(await client.post(PATH, data=form(), headers=keyed("one")))
    told = await problem(
        await client.post(PATH, data=other(), headers=keyed("one")), 422, "idempotency_conflict"
    )

    assert f"which made import {first['id']}" in told["detail"]
    assert await left(shop) == [0, 1]
    assert len(stored()) == 1


async def test_twice_at_once(client, shop, stored):
    answers = await asyncio.gather(
        *(client.post(PATH, data=form(content=CSV * 50_000), headers=keyed("one")) for _ in range(4))
    )

    assert len({(await made(answer))["id"] for answer in answers}) == 1
    assert await left(shop) == [0, 1]
    assert len(stored()) == 1


async def test_once_for_an_upload(client, shop):
    importer = await shop.importer()

    async def blocks():
        yield CSV

    upload = await importer.uploads.receive("fruit.csv", blocks())
    body = json.dumps({"upload": upload.id})
    headers = keyed("one") | {"Content-Type": "application/json"}
    answers = [await client.post(PATH, data=body, headers=headers) for _ in range(2)]

    assert len({(await made(answer))["id"] for answer in answers}) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_bad_keys(client, key):
    await problem(await client.post(PATH, data=form(), headers=keyed(key)), 400, "bad_idempotency_key")


async def test_an_import_of_a_url(client, shop):
    """It is registered at once; nothing is fetched before a worker takes it."""
    body = {"url": "https://joe:secret@127.0.0.1:1/a/fruit.csv?key=1", "blank": "clear"}
    headers = {"Idempotency-Key": "once"}
    answer = await client.post(PATH, json=body, headers=headers)
    shown = await answer.json()

    assert (answer.status, shown["status"], shown["phase"]) == (202, "queued", "waiting")
    assert (shown["filename"], shown["origin"]) == ("fruit.csv", "https://127.0.0.1:1/a/fruit.csv")
    assert shown["options"]["blank"] == "clear"
    again = await client.post(PATH, json=body, headers=headers)
    assert (again.headers["Idempotency-Replayed"], (await again.json())["id"]) == ("true", shown["id"])
    importer = await shop.importer()
    assert [number for number, _ in await importer.imports.due()] == [shown["id"]]


async def test_the_form_for_a_url(client, shop):
    assert 'action="/imports/url"' in await (await client.get("/")).text()
    begun = await client.post("/imports/url", data={"url": " https://joe:secret@127.0.0.1:1/fruit.csv "})
    text = await begun.text()

    assert (begun.status, begun.url.path.rpartition("/")[0]) == (200, "/imports")
    assert "https://127.0.0.1:1/fruit.csv" in text
    assert "secret" not in text
    assert len(await (await shop.importer()).imports.due()) == 1
    refused = await client.post("/imports/url", data={"url": "gopher://x/"}, headers={"Accept": "text/html"})
    assert refused.status == 400
    assert "No plugin fetches gopher" in await refused.text()
