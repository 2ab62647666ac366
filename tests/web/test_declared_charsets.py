"""The charset that a file's sender declares is used, unless an option names the encoding."""

import base64
import io

import aiohttp
import pytest

PATH = "/api/v1/imports"
NAME = "Žluťoučký kůň"
CSV = f"sku,name\nA,{NAME}\n".encode("cp1250")
DECLARED = "text/csv; charset=windows-1250"


async def encoding_of(response):
    assert response.status == 202, await response.text()
    return (await response.json())["options"]["encoding"]


async def problem(response, status, code):
    told = await response.json(content_type="application/problem+json")
    assert (response.status, told["code"]) == (status, code), told


def form(content_type, *fields):
    data = aiohttp.FormData(default_to_multipart=True)
    data.add_field("file", io.BytesIO(CSV), filename="products.csv", content_type=content_type)
    for name, value in fields:
        data.add_field(name, value)
    return data


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        (DECLARED, "cp1250"),
        ('text/csv; charset="windows-1250"', "cp1250"),
        ("text/csv; charset=iso-8859-1", "cp1252"),
        ("text/csv; charset=utf-8", None),
        ("text/csv; charset=us-ascii", None),
        ("text/csv", None),
    ],
)
async def test_a_file_as_it_is_and_in_a_form(client, declared, used):
    assert await encoding_of(await client.post(PATH, data=CSV, headers={"Content-Type": declared})) == used
    assert await encoding_of(await client.post(PATH, data=form(declared))) == used


async def test_the_option_wins(client):
    headers = {"Content-Type": DECLARED}
    assert (
        await encoding_of(await client.post(f"{PATH}?encoding=cp1252", data=CSV, headers=headers)) == "cp1252"
    )
    assert await encoding_of(await client.post(PATH, data=form(DECLARED, ("encoding", "cp1252")))) == "cp1252"
    assert await encoding_of(await client.post(PATH, data=form(DECLARED, ("encoding", "")))) == "cp1250"


@pytest.mark.parametrize("charset", ["klingon", "punycode", "utf-7", "unicode_escape"])
async def test_charsets_that_files_can_not_be_read_in(client, shop, charset):
    declared = f"text/csv; charset={charset}"
    await problem(
        await client.post(PATH, data=CSV, headers={"Content-Type": declared}), 415, "unknown_charset"
    )
    await problem(await client.post(PATH, data=form(declared)), 415, "unknown_charset")
    assert await shop.connection.fetchval("SELECT count(*) FROM uploads") == 0


async def test_an_upload_says_it_in_its_metadata(client):
    kind = base64.b64encode(DECLARED.encode()).decode()
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(CSV)),
        "Upload-Metadata": f"filetype {kind}",
        "Content-Type": "application/offset+octet-stream",
    }
    created = await client.post("/api/v1/uploads", headers=headers, data=CSV)
    assert created.status == 201, await created.text()
    upload = created.headers["Location"].rsplit("/", 1)[1]

    shown = await (await client.get(f"/api/v1/uploads/{upload}/preview")).json()
    assert shown["encoding"] == "cp1250"
    assert shown["rows"][0]["cells"] == ["A", NAME]
    assert await encoding_of(await client.post(PATH, json={"upload": upload})) == "cp1250"


async def test_previews_use_it(client):
    params = {"complete": "true"}
    response = await client.post(
        "/api/v1/previews", params=params, data=CSV, headers={"Content-Type": DECLARED}
    )
    assert (await response.json())["encoding"] == "cp1250"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("complete", ["true", "false"])
async def test_previews_in_an_encoding_that_does_not_fit(client, encoding, complete):
    params = {"encoding": encoding, "complete": complete}
    response = await client.post("/api/v1/previews", params=params, data=CSV)
    assert response.status == 200, await response.text()
    if complete == "true":
        assert (await response.json())["problem"]["code"] in ("undecodable", "empty")


@pytest.mark.parametrize("encoding", ["punycode", "utf-7", "idna", "unicode_escape"])
async def test_previews_refuse_other_codecs(client, encoding):
    response = await client.post("/api/v1/previews", params={"encoding": encoding}, data=CSV)
    await problem(response, 422, "invalid_options")


async def test_a_preview_tells_what_the_readings_are(client):
    response = await client.post(
        "/api/v1/previews", params={"complete": "true"}, data=b"sku,name\nA,sch\x9an\n"
    )
    shown = (await response.json())["problem"]
    assert (shown["code"], shown["line"]) == ("encoding_unclear", 2)
    assert "A,schön" in shown["message"]


async def test_an_upload_from_before_whose_content_type_can_not_be_read(client, shop):
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(CSV)),
        "Content-Type": "application/offset+octet-stream",
    }
    created = await client.post("/api/v1/uploads", headers=headers, data=CSV)
    kind = base64.b64encode(b"text/csv; charset*=a; charset*0=b").decode()
    await shop.connection.execute("UPDATE uploads SET note = $1", f"filetype {kind}")
    given = {"upload": (await created.json())["id"]}
    await problem(await client.post(PATH, json=given), 415, "bad_content_type")
    assert await encoding_of(await client.post(PATH, json=given | {"encoding": "cp1250"})) == "cp1250"
